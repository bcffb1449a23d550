/// Rows of a diagram in text that are left out, in numbers.
package struct TextGap: Hashable {
  /// Kinds that are named at most.
  private static let mostKinds = 4

  /// Whether all of them say again what is said above.
  var isRepetition: Bool
  /// How many messages of each kind.
  private var counts: [String: Int] = [:]
  /// What is no message.
  private var others = 0

  init(_ rows: [TextRow], of diagram: SpaceTimeDiagram, isRepetition: Bool) {
    self.isRepetition = isRepetition
    for row in rows {
      if case .gap(let gap) = row.content {
        counts.merge(gap.counts, uniquingKeysWith: +)
        others += gap.others
        continue
      }
      if !row.isPlainMessage { others += 1 }
      for place in row.sent {
        let arrow = diagram.arrows[place]
        counts[arrow.label + (arrow.fate.isEmpty ? "" : " ✗"), default: 0] += 1
      }
    }
  }

  /// The numbers, the largest first.
  var text: String {
    let kinds = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    var parts = kinds.prefix(Self.mostKinds).map { "\($0.value) × \($0.key)" }
    let rest = kinds.dropFirst(Self.mostKinds).reduce(0) { $0 + $1.value }
    if rest > 0 { parts.append("\(rest) other messages") }
    if others > 0 { parts.append("\(others) events") }
    return (isRepetition ? "as above: " : "left out: ") + parts.joined(separator: ", ")
  }
}
