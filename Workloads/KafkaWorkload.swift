public import Generators
import Histories
import Isolation
import Nodes
import Values
public import Verdicts

/// Logs of messages with offsets, as Kafka's clients know them.
public struct KafkaWorkload: Workload {
  public static let name = "kafka"
  public static let summary =
    "Messages that are sent to a log keep their offset, and are polled in order, each once."
  public static let operations = [
    "send [k, v] → [k, [offset, v]]",
    "poll null → {k: [[offset, v], …]} of the assigned keys, from where the client stands; then the "
      + "highest offsets are committed, and the completion has them as \"committed\": {k: offset}",
    "assign [k, …] → the same; the completion has where each key begins, \"offsets\": {k: offset}, "
      + "and what was found committed, \"committed\": {k: offset}; with \"seek-to-beginning\": true "
      + "all begin at 0, and nothing is asked",
    "crash null → info; the client and its assignment are lost",
  ]

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client { KafkaClient(isCompatible: options.isCompatible) }

  public func makeGenerator() -> any Generator {
    let draws = Draws(seed: options.seed, stream: 1)
    let crashes = Once("crash").repeated().staggered(
      by: .seconds(30) / Nanoseconds(max(1, options.concurrency)), draws)
    let operations = KafkaOperations(
      seed: options.seed, keyCount: options.keyCount ?? 10,
      writesPerKey: options.maxWritesPerKey ?? 16, assignsFirst: !options.isCompatible)
    return AnyOf(crashes, operations)
  }

  public var finalPhase: FinalOperations {
    let isCompatible = options.isCompatible
    return .generator(
      recovery: .seconds(isCompatible ? 10 : 1), timeLimit: .seconds(isCompatible ? 10 : 30)
    ) { history in
      KafkaFinalPolls(history: history, endsAtRest: !isCompatible).eachThread()
    }
  }

  public func failsOnTimeout(_ f: String) -> Bool { options.isCompatible && f == "assign" }

  public var checkers: [any Checker] { [KafkaChecker(isCompatible: options.isCompatible)] }
}
