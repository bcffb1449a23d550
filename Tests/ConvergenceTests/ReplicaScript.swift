import Convergence
import Histories
import Testing
import Values
import Verdicts

/// A history of replicas, written down step by step.
struct ReplicaScript {
  var operations: [Operation] = []
  private(set) var counts: [Int] = []
  var type: DataType

  init(_ type: DataType, replicas: Int = 2) {
    self.type = type
    counts = Array(repeating: 0, count: replicas)
  }

  private mutating func add(
    _ kind: Operation.Kind, _ replica: Int, _ f: String, _ value: Value,
    _ extra: ValueMap = ValueMap()
  ) {
    operations.append(
      Operation(
        index: operations.count, time: Nanoseconds(operations.count) * 1_000_000, type: kind,
        process: .client(replica), f: f, value: value, extra: extra))
  }

  private static func vector(_ context: [Int]) -> Value { .list(context.map { .integer($0) }) }

  /// An update at a replica, with what is visible after it; its own count may be left out.
  @discardableResult
  mutating func update(
    _ replica: Int, _ f: String, _ value: Value = .null, context: [Int], result: Value? = nil,
    stamp: Int? = nil, number: Int? = nil
  ) -> Int {
    counts[replica] = number ?? counts[replica] + 1
    add(.invoke, replica, f, value)
    var extra = ValueMap(facts: [
      "update": [.integer(replica), .integer(counts[replica])],
      "context": ReplicaScript.vector(context), "replica": .integer(replica),
    ])
    if let stamp { extra[.string("stamp")] = [.integer(stamp), .integer(replica)] }
    add(.ok, replica, f, result ?? value, extra)
    return counts[replica]
  }

  /// An update of which no answer came.
  mutating func silentUpdate(_ replica: Int, _ f: String, _ value: Value = .null) {
    add(.invoke, replica, f, value)
    add(.info, replica, f, value)
  }

  /// A read of a replica; without a context where there is none.
  mutating func read(
    _ replica: Int, _ answer: Value, context: [Int]?, isFinal: Bool = false, own: Value? = nil
  ) {
    var fields = ValueMap()
    if isFinal {
      fields[.string("final")] = true
      fields[.string("node")] = .string("n\(replica + 1)")
    }
    add(.invoke, replica, "read", .null, fields)
    if let context {
      fields[.string("context")] = ReplicaScript.vector(context)
      fields[.string("replica")] = .integer(replica)
    }
    if let own { fields[.string("own")] = own }
    add(.ok, replica, "read", answer, fields)
  }

  var finding: Finding {
    get throws { ConvergenceChecker(type).check(HistoryColumns(try History(operations))) }
  }

  /// The types of the anomalies that are found.
  var anomalies: [String] { get throws { try finding.anomalies.map(\.type) } }
}
