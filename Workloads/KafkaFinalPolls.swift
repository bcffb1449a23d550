import Generators
import Histories
import Isolation
import Values

/// One thread's last look at all logs: it loses its client, assigns itself every key from the
/// beginning, and polls until it has passed the highest offset that was ever seen of each.
///
/// A thread whose polls are answered but bring nothing more for long enough has seen all that it
/// will see, and ends too. Where its client is lost it begins again. All lines are marked
/// `"final":true` and carry the thread's number, so that a checker can tell how far each one came.
struct KafkaFinalPolls: Generator {
  private enum Step: Sendable {
    case crash
    case assign
    case poll
    case wait
  }

  /// How long answers that bring nothing new must go on to be taken for the last word.
  static let rest = KafkaChecker.rest
  /// From a poll that brought nothing to the next.
  static let pause: Nanoseconds = .milliseconds(200)

  /// The highest offset of each key that was not passed yet.
  private var targets: [String: Int]
  private let keys: Value
  /// Whether answers that bring nothing new end it.
  private let endsAtRest: Bool
  private var step = Step.crash
  private var earliest: Nanoseconds = 0
  /// When a poll brought something last, or polling began.
  private var progressed: Nanoseconds = 0
  private var isOver: Bool

  init(history: [Operation], endsAtRest: Bool) {
    var targets: [String: Int] = [:]
    for operation in history where operation.type == .ok {
      for (key, offset) in operation.highestOffsets {
        targets[key] = max(targets[key] ?? offset, offset)
      }
    }
    self.targets = targets
    self.endsAtRest = endsAtRest
    keys = .list(
      targets.keys.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }.map { .string($0) })
    isOver = targets.isEmpty
  }

  mutating func next(_ context: GeneratorContext) -> Offer {
    guard !isOver else { return .exhausted }
    guard context.hasFreeThread else { return .pending }
    var invocation: Invocation
    switch step {
    case .crash: invocation = Invocation(f: "crash", in: context)
    case .assign:
      invocation = Invocation(f: "assign", value: keys, in: context)
      invocation.extra[.string("seek-to-beginning")] = true
    case .poll: invocation = Invocation(f: "poll", in: context)
    case .wait: return .pending
    }
    invocation.extra[.string("final")] = true
    invocation.extra[.string("thread")] = .integer(invocation.thread)
    invocation.time = max(context.time, earliest)
    step = .wait
    return .invocation(invocation)
  }

  mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    switch (event.f, event.type) {
    case (_, .invoke): break
    case ("assign", .ok):
      progressed = context.time
      step = .poll
    case ("poll", .ok):
      step = .poll
      polled(event, context.time)
    case ("poll", .fail):
      step = .poll
      earliest = context.time + KafkaFinalPolls.pause
    case ("crash", _): step = .assign
    default:
      // The client is a new one, or has no assignment.
      step = .assign
      earliest = context.time + KafkaFinalPolls.pause
    }
  }

  private mutating func polled(_ event: Operation, _ time: Nanoseconds) {
    let offsets = event.highestOffsets
    if offsets.isEmpty {
      earliest = time + KafkaFinalPolls.pause
      if endsAtRest && time - progressed >= KafkaFinalPolls.rest + KafkaFinalPolls.pause {
        isOver = true
      }
      return
    }
    progressed = time
    for (key, offset) in offsets where offset >= targets[key] ?? .max { targets[key] = nil }
    isOver = targets.isEmpty
  }
}
