public import Histories
internal import Values
public import Verdicts

/// Measures which share of the operations succeeded, and judges it where a share is demanded.
public struct AvailabilityChecker: Checker {
  /// The share of operations that must be `ok`.
  public enum Demand: Hashable, Sendable {
    /// The share is measured only.
    case none
    /// Every operation.
    case total
    /// At least this share, 0 to 1.
    case share(Double)

    /// Reads `total` or a number from 0 to 1.
    public init?(_ text: String) {
      if text == "total" {
        self = .total
      } else if let share = Double(text), (0...1).contains(share) {
        self = .share(share)
      } else {
        return nil
      }
    }
  }

  public var name: String { "availability" }
  public let demand: Demand
  /// Whether operations count that can't succeed by design, such as `crash`; for Maelstrom they do.
  public let countsAll: Bool
  /// Where it is known, what each side of a partition answered is measured, too.
  public let placement: ClientPlacement?

  public init(
    demand: Demand = .none, countsAll: Bool = false, placement: ClientPlacement? = nil
  ) {
    self.demand = demand
    self.countsAll = countsAll
    self.placement = placement
  }

  /// - Complexity: O(*n*).
  public func check(_ history: History) -> Finding {
    var succeeded = 0
    var others: [(index: Int, text: String)] = []
    var sides = placement.map { PartitionSides($0) }
    var failovers = Failovers()
    for (position, line) in history.operations.enumerated() {
      guard let process = line.process.number else {
        sides?.note(line)
        failovers.note(fault: line, at: position)
        continue
      }
      guard line.type == .invoke else {
        let invocation = Int(history.partners[position])
        if line.type == .ok, invocation >= 0 {
          failovers.note(success: line, invokedAt: invocation)
        }
        continue
      }
      guard countsAll || !OperationStatistics.withoutSuccess.contains(line.f) else { continue }
      let partner = Int(history.partners[position])
      let outcome = partner < 0 ? Operation.Kind.info : history.operations[partner].type
      if line.extra[fact: "final"] != true { sides?.note(process: process, isOK: outcome == .ok) }
      if outcome == .ok {
        succeeded += 1
      } else {
        let error = partner < 0 ? nil : history.operations[partner].error
        others.append(
          (
            line.index,
            "op \(line.index): \(line.f) of process \(line.process): "
              + (partner < 0 ? "no answer" : outcome.rawValue)
              + (error.map { ", \($0.text(limit: 40))" } ?? "")
          ))
      }
    }
    let count = succeeded + others.count
    guard count > 0 else {
      return Finding(name, .unknown, reason: "the history has no operations to judge")
    }
    let share = Double(succeeded) / Double(count)
    var facts = ValueMap(facts: [
      "ok-count": .integer(succeeded), "count": .integer(count), "ok-fraction": .double(share),
    ])
    if let sides, sides.majority.count + sides.minority.count > 0 {
      facts[fact: "during-partitions"] = [
        "majority": sides.majority.fact, "minority": sides.minority.fact,
      ]
    }
    if let fact = failovers.fact { facts[fact: "failover-ms"] = fact }
    let isMet =
      switch demand {
      case .none: true
      case .total: others.isEmpty
      case .share(let demanded): share >= demanded
      }
    guard !isMet else { return Finding(name, .valid, facts: facts) }
    let demanded = if case .share(let share) = demand { "a share of \(share)" } else { "all" }
    let summary = "\(succeeded) of \(count) operations succeeded, where \(demanded) should"
    let shown = others.prefix(8)
    var text = ["\(summary). The first that did not:"] + shown.map { "  \($0.text)" }
    if others.count > shown.count { text.append("  and \(others.count - shown.count) more") }
    return Finding(
      name, .invalid, reason: summary,
      anomalies: [
        Anomaly(
          "unavailable", count: others.count, operations: shown.map(\.index),
          explanation: text.joined(separator: "\n"))
      ], facts: facts)
  }
}
