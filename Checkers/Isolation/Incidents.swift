import Values
import Verdicts

/// What the passes find: how often each phenomenon occurs, and the first few occurrences.
struct Incidents {
  /// One occurrence: the transactions of it, called T1, T2, …, and what they did to each other.
  struct Incident {
    var transactions: [Int]
    var reasons: [String]
    var witness = Witness()
  }

  private static let shownMax = 3
  private var counts: [Phenomenon: Int] = [:]
  private var shown: [Phenomenon: [Incident]] = [:]

  /// Counts an occurrence, and tells whether it should be shown: only the first few are.
  mutating func note(_ phenomenon: Phenomenon) -> Bool {
    counts[phenomenon, default: 0] += 1
    return count(of: phenomenon) <= Incidents.shownMax
  }

  /// Keeps an occurrence that was noted as evidence.
  mutating func show(
    _ phenomenon: Phenomenon, _ transactions: [Int], _ reason: String,
    _ witness: Witness = Witness()
  ) {
    shown[phenomenon, default: []].append(
      Incident(transactions: transactions, reasons: [reason], witness: witness))
  }

  mutating func show(_ phenomenon: Phenomenon, _ incident: Incident) {
    shown[phenomenon, default: []].append(incident)
  }

  /// Adds others, of other phenomena.
  mutating func add(_ others: Incidents) {
    counts.merge(others.counts) { $0 + $1 }
    shown.merge(others.shown) { $0 + $1 }
  }

  /// Tells of what was found under another name.
  mutating func rename(_ phenomenon: Phenomenon, _ other: Phenomenon) {
    guard let count = counts.removeValue(forKey: phenomenon) else { return }
    counts[other, default: 0] += count
    let both = (shown.removeValue(forKey: phenomenon) ?? []) + (shown[other] ?? [])
    shown[other] = Array(both.prefix(Incidents.shownMax))
  }

  /// Takes over what was found of a phenomenon elsewhere.
  mutating func take(_ phenomenon: Phenomenon, from others: Incidents) {
    counts[phenomenon] = others.counts[phenomenon]
    shown[phenomenon] = others.shown[phenomenon]
  }

  func count(of phenomenon: Phenomenon) -> Int { counts[phenomenon] ?? 0 }

  /// What was found, the worst first.
  var phenomena: [Phenomenon] { Phenomenon.allCases.filter { count(of: $0) > 0 } }

  /// A phenomenon with its evidence.
  func anomaly(_ phenomenon: Phenomenon, in transactions: Transactions) -> Anomaly {
    let incidents = shown[phenomenon] ?? []
    var lines = [transactions.operations == nil ? phenomenon.meaning : phenomenon.meaningOfSingle]
    for incident in incidents {
      lines.append("Let:")
      for (place, transaction) in incident.transactions.enumerated() {
        lines.append("  T\(place + 1) = \(transactions.text(of: transaction))")
      }
      if transactions.operations != nil, incident.transactions.count > 1 {
        lines += HappensBefore(incident.transactions, in: transactions).lines.map { "  \($0)" }
      }
      lines.append("Then:")
      lines += incident.reasons.map { "  - \($0)" }
    }
    let more = count(of: phenomenon) - incidents.count
    if more > 0 { lines.append("and \(more) more") }
    let operations = incidents.flatMap(\.transactions).flatMap { transactions.indices(of: $0) }
    return Anomaly(
      phenomenon.rawValue, count: count(of: phenomenon), operations: Set(operations).sorted(),
      explanation: lines.joined(separator: "\n"),
      window: .map(
        ValueMap(facts: ["witnesses": .list(incidents.map { transactions.value(of: $0) })])))
  }
}
