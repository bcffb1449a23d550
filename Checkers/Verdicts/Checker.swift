public import Histories
public import Values

/// Judges histories: a pure function that does no I/O.
public protocol Checker: Sendable {
  /// The name that people choose it by and find its result under.
  var name: String { get }

  func check(_ history: History) -> Finding
}

/// A checker that judges histories as columns, without a value for each line.
public protocol ColumnChecker: Checker {
  /// Whether it looks at times, and at keys of lines that only it knows; files are read without those
  /// for a checker that does not.
  var needsRemarks: Bool { get }

  func check(_ history: HistoryColumns) -> Finding
}

extension ColumnChecker {
  public var needsRemarks: Bool { false }

  public func check(_ history: History) -> Finding { check(HistoryColumns(history)) }
}

/// What one checker found.
public struct Finding: Hashable, Sendable {
  /// The checker's name.
  public var checker: String
  public var verdict: Verdict
  /// Why the verdict is unknown, in one line why it is invalid, or what a valid one rests on.
  public var reason: String?
  public var anomalies: [Anomaly]
  /// Counts, latencies and whatever else the checker measured, for machines and for people.
  public var facts: ValueMap

  public init(
    _ checker: String, _ verdict: Verdict, reason: String? = nil, anomalies: [Anomaly] = [],
    facts: ValueMap = ValueMap()
  ) {
    self.checker = checker
    self.verdict = verdict
    self.reason = reason
    self.anomalies = anomalies
    self.facts = facts
  }
}

/// One kind of violation in a history, with the smallest evidence that shows it.
public struct Anomaly: Hashable, Sendable {
  /// The kind: `nonlinearizable`, `lost`, `duplicated`.
  public var type: String
  /// How many times it occurs.
  public var count: Int
  /// The `index` of each line that is evidence, in ascending order.
  public var operations: [Int]
  /// The evidence for a person to follow: several lines of text.
  public var explanation: String
  /// The evidence for machines: operations, the orders that were tried, and why they fail.
  public var window: Value?

  public init(
    _ type: String, count: Int = 1, operations: [Int], explanation: String, window: Value? = nil
  ) {
    self.type = type
    self.count = count
    self.operations = operations
    self.explanation = explanation
    self.window = window
  }
}
