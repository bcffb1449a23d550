public import Generators
public import Histories
import Invariants
import Nodes
public import Values
public import Verdicts

/// A counter whose every node comes to the sum of all that was added.
public protocol CounterWorkload: Workload {
  var options: WorkloadOptions { get }

  /// Whether nothing negative is added.
  static var isGrowOnly: Bool { get }
}

/// A counter that only grows.
public struct GCounterWorkload: CounterWorkload {
  public static let name = "g-counter"
  public static let summary =
    "A grow-only counter: every node eventually reads the sum of all adds."
  public static let operations = ["add d → d, from 0 to 4", "read null → n"]
  public static let isGrowOnly = true

  public let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }
}

/// A counter that rises and falls.
public struct PNCounterWorkload: CounterWorkload {
  public static let name = "pn-counter"
  public static let summary =
    "A counter that rises and falls: every node eventually reads the sum of all adds."
  public static let operations = ["add d → d, from -5 to 4", "read null → n"]
  public static let isGrowOnly = false

  public let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }
}

extension CounterWorkload {
  public func makeClient() -> any Client {
    let isCompatible = options.isCompatible
    return SingleRequestClient { f, value in
      f == "add" ? .addDelta(value.integer ?? 0) : .readAll
    } completion: { f, _, reply in
      let completion = Self.completion(of: f, reply)
      return isCompatible ? completion.withoutDefiniteErrors : completion
    }
  }

  private static func completion(of f: String, _ reply: Reply) -> Completion {
    switch (f, reply) {
    case ("add", .added): .ok()
    case ("read", .value(.integer(let value))): .ok(.integer(value))
    case ("add", _): .mismatched(reply, expected: "add_ok")
    default: .mismatched(reply, expected: "read_ok with an integer as \"value\"")
    }
  }

  /// Adds and reads in turn by chance; a negative add is left out of a counter that only grows.
  public func makeGenerator() -> any Generator {
    Generate(seed: options.seed) { draws, context in
      while true {
        guard draws.below(2) == 0 else { return Invocation(f: "read", in: context) }
        let delta = draws.below(10) - 5
        if delta >= 0 || !Self.isGrowOnly {
          return Invocation(f: "add", value: .integer(delta), in: context)
        }
      }
    }
  }

  public var finalPhase: FinalOperations {
    options.isCompatible ? .maelstromReads : .reads(f: "read")
  }

  public func accepts(finalReads: [Value], after history: [Operation]) -> Bool {
    CounterChecker.accepts(finalReads, after: history)
  }

  public var checkers: [any Checker] {
    [CounterChecker(judging: .final, isCompatible: options.isCompatible)]
  }
}
