public import Generators
public import Histories
import Nodes
public import Values

/// Threads that acquire a lock, keep it for a while by refreshing it, and release it.
///
/// Each thread's times come from draws of its own. A thread whose acquire failed tries again after a
/// pause; one that learns that it lost the lock, by a refresh that fails as `"not-held"`, releases
/// it at once; one whose operation ended indeterminately begins anew.
public struct LockOperations: Generator {
  /// How long things last.
  public struct Times: Hashable, Sendable {
    /// From the acquire to the release.
    public var held: ClosedRange<Nanoseconds>
    /// Between refreshes.
    public var refresh: ClosedRange<Nanoseconds>
    /// From a release, or an acquire that failed, to the next acquire.
    public var rest: ClosedRange<Nanoseconds>

    public init(
      held: ClosedRange<Nanoseconds> = .seconds(3) ... .seconds(9),
      refresh: ClosedRange<Nanoseconds> = .milliseconds(200) ... .milliseconds(500),
      rest: ClosedRange<Nanoseconds> = .milliseconds(100) ... .milliseconds(400)
    ) {
      self.held = held
      self.refresh = refresh
      self.rest = rest
    }
  }

  /// What a thread does next, and from when on.
  private struct Thread: Sendable {
    var draws: Draws
    var due: Nanoseconds = 0
    /// Until when it holds the lock, where it does.
    var heldUntil: Nanoseconds?

    mutating func draw(_ range: ClosedRange<Nanoseconds>) -> Nanoseconds { draws.within(range) }

    var f: String {
      guard let heldUntil else { return "acquire" }
      return due >= heldUntil ? "release" : "refresh"
    }
  }

  private let times: Times
  private let seed: UInt64
  private var threads: [Int: Thread] = [:]

  public init(seed: UInt64, _ times: Times = Times()) {
    self.seed = seed
    self.times = times
  }

  private func thread(_ number: Int) -> Thread {
    threads[number] ?? Thread(draws: Draws(seed: seed, stream: UInt64(number)))
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard context.hasFreeThread else { return .pending }
    let free = context.free.elements.map { (number: $0, thread: thread($0)) }
    let due = free.filter { $0.thread.due <= context.time }
    let chosen: (number: Int, thread: Thread)?
    if due.isEmpty {
      chosen = free.min { ($0.thread.due, $0.number) < ($1.thread.due, $1.number) }
    } else {
      let number = context.restricted(to: ThreadSet(due.map(\.number))).chosenThread
      chosen = due.first { $0.number == number }
    }
    guard let chosen else { return .pending }
    return .invocation(
      Invocation(
        time: max(context.time, chosen.thread.due), thread: chosen.number,
        process: context.process(of: chosen.number), f: chosen.thread.f, value: .null,
        extra: ValueMap()))
  }

  public mutating func update(_ event: Operation, thread number: Int, _ context: GeneratorContext) {
    guard event.type != .invoke, ["acquire", "refresh", "release"].contains(event.f) else { return }
    var thread = thread(number)
    // Always the same number of draws, so that what happened shifts none of those to come.
    let held = thread.draw(times.held)
    let refresh = thread.draw(times.refresh)
    let rest = thread.draw(times.rest)
    switch (event.f, event.type) {
    case ("acquire", .ok):
      thread.heldUntil = context.time + held
      thread.due = context.time + refresh
    case ("refresh", .ok), ("refresh", .fail):
      guard (event.error?.elements?.first ?? event.error)?.name != "not-held" else {
        thread.heldUntil = context.time
        thread.due = context.time
        break
      }
      thread.due = context.time + refresh
      // It releases when its time is over, not only after another pause.
      if let until = thread.heldUntil { thread.due = min(thread.due, max(until, context.time)) }
    default:
      thread.heldUntil = nil
      thread.due = context.time + rest
    }
    threads[number] = thread
  }
}
