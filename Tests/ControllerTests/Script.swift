import Generators
import Histories
import Nodes
import Values
import Verdicts
import Workloads

/// Operations `ask 0`, `ask 1`, … at given times.
struct Script: Generator {
  private let times: [Nanoseconds]
  private var position = 0

  init(_ times: [Nanoseconds]) { self.times = times }

  /// One every so often, from 0 on.
  init(every spacing: Nanoseconds, count: Int) {
    times = (0..<count).map { Nanoseconds($0) * spacing }
  }

  mutating func next(_ context: GeneratorContext) -> Offer {
    guard position < times.count else { return .exhausted }
    guard context.hasFreeThread else { return .pending }
    var invocation = Invocation(f: "ask", value: .integer(position), in: context)
    invocation.time = times[position]
    position += 1
    return .invocation(invocation)
  }
}

/// `ask v` is answered by a custom reply, `read` by messages.
struct ToyWorkload: Workload {
  static let name = "toy"
  static let summary = "Answers what the test says."
  static let operations = ["ask v → v", "read null → [e, …]"]

  var setup: [Request] = []
  var finalPhase = FinalOperations.none
  var demandsReplies = false

  init(_ options: WorkloadOptions) {}

  init(
    setup: [Request] = [], finalPhase: FinalOperations = .none, demandsReplies: Bool = false
  ) {
    self.setup = setup
    self.finalPhase = finalPhase
    self.demandsReplies = demandsReplies
  }

  func makeClient() -> any Client {
    SingleRequestClient { f, value in
      f == "read" ? .readAll : .custom(value)
    } completion: { f, _, reply in
      switch reply {
      case .custom(let value): .ok(value)
      case .messages(let messages): .ok(.list(messages))
      default: .mismatched(reply, expected: "\(f)_ok")
      }
    }
  }

  func makeGenerator() -> any Generator { Script([]) }
  var checkers: [any Checker] { [] }
}
