public import Histories
public import Values

/// An operation of one child, then one of the other, and so on until either is exhausted.
///
/// A child that is pending keeps its turn. Updates are ignored.
public struct FlipFlop: Generator {
  private var children: [any Generator]
  private var turn = 0

  public init(_ first: any Generator, _ second: any Generator) { children = [first, second] }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let offer = children[turn].next(context)
    if case .invocation = offer { turn = 1 - turn }
    return offer
  }
}

/// Its children by turns, each for a span of time, from the first again after the last.
///
/// A child goes on where it was when its next window opens. All is over once a child is exhausted
/// in its window. Updates go to all children.
public struct CycleTimes: Generator {
  private var children: [any Generator]
  private let spans: [Nanoseconds]
  private let period: Nanoseconds
  private var start: Nanoseconds?

  /// - Precondition: There are windows, and their durations are above 0.
  public init(_ windows: [(duration: Nanoseconds, generator: any Generator)]) {
    precondition(
      !windows.isEmpty && windows.allSatisfy { $0.duration > 0 },
      "windows need a duration, not \(windows.map(\.duration))")
    children = windows.map(\.generator)
    spans = windows.map(\.duration)
    period = spans.reduce(0, +)
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let start = start ?? context.time
    self.start = start
    var (place, opens) = window(at: context.time, start)
    var view = context
    for _ in 0..<fruitlessAttemptsMax {
      let closes = opens + spans[place]
      // A later child is asked what it would do once its window opens.
      view.time = max(context.time, opens)
      var child = children[place]
      let offer = child.next(view)
      guard case .invocation(let invocation) = offer, invocation.time >= closes else {
        children[place] = child
        return offer
      }
      place = (place + 1) % children.count
      opens = closes
    }
    preconditionFailure("no operation fits into any of \(fruitlessAttemptsMax) windows")
  }

  /// The window that is open at a time, and since when.
  private func window(
    at time: Nanoseconds, _ start: Nanoseconds
  ) -> (place: Int, opens: Nanoseconds) {
    var opens = time - (time - start) % period
    for place in spans.indices {
      if time < opens + spans[place] { return (place, opens) }
      opens += spans[place]
    }
    preconditionFailure("time \(time) is in no window of a period of \(period) ns")
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    for place in children.indices { children[place].update(event, thread: thread, context) }
  }
}
