public import Values
public import Verdicts

/// The machine-readable verdict: what `--json` prints and `verdict.json` holds.
public struct VerdictDocument: Hashable, Sendable {
  private var fields: [(String, Value)] = []

  public init(_ verdict: Verdict, _ findings: [Finding] = []) {
    fields.append(("verdict", .string(verdict.rawValue)))
    if !findings.isEmpty { fields.append(("checkers", .list(findings.map(\.value)))) }
  }

  public static func == (left: VerdictDocument, right: VerdictDocument) -> Bool {
    left.value == right.value
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(value) }

  /// Adds a field where there is something to say.
  public mutating func add(_ field: String, _ value: Value?) {
    if let value { fields.append((field, value)) }
  }

  public var value: Value {
    .map(ValueMap(fields.map { .init(key: .string($0.0), value: $0.1) }))
  }
}

extension Finding {
  /// The finding as an element of `checkers`.
  public var value: Value {
    var fields: [ValueMap.Entry] = [
      .init(key: "name", value: .string(checker)),
      .init(key: "verdict", value: .string(verdict.rawValue)),
    ]
    if let reason { fields.append(.init(key: "reason", value: .string(reason))) }
    if !anomalies.isEmpty {
      fields.append(.init(key: "anomalies", value: .list(anomalies.map(\.value))))
    }
    if !facts.isEmpty { fields.append(.init(key: "facts", value: .map(facts))) }
    return .map(ValueMap(fields))
  }
}

extension Anomaly {
  fileprivate var value: Value {
    var fields: ValueMap = ValueMap(facts: [
      "type": .string(type), "count": .integer(count),
      "operations": .list(operations.map { .integer($0) }), "explanation": .string(explanation),
    ])
    if let window { fields[fact: "window"] = window }
    return .map(fields)
  }
}
