extension TextRows {
  /// Makes one row of messages that only say again what others said since something else happened:
  /// heartbeats and their answers, and what is sent again and again to who does not answer.
  mutating func foldRepetitions() {
    var seen: Set<Signature> = []
    var folded: [TextRow] = []
    var repetitions: [TextRow] = []
    func fold() {
      if repetitions.count > 1 {
        folded.append(gap(repetitions) { "as above: \($0)" })
      } else {
        folded += repetitions
      }
      repetitions = []
    }
    for row in rows {
      if row.isPlainMessage || isTimed(row) {
        if !seen.insert(signature(of: row)).inserted {
          repetitions.append(row)
          continue
        }
      } else {
        seen = []
      }
      fold()
      folded.append(row)
    }
    fold()
    rows = folded
  }

  /// Leaves out the earliest messages, then the earliest of the rest, until so many rows are left;
  /// operations stay with the messages that begin and end them.
  mutating func shorten(to limit: Int) {
    guard rows.count > limit else { return }
    let order =
      rows.indices.filter { rows[$0].isPlainMessage || isTimed(rows[$0]) }
      + rows.indices.filter { isMinor(rows[$0]) }
    var hidden = Set(order.prefix(rows.count - limit))
    // A message whose other row is hidden would come from nowhere.
    var numbers: Set<Int> = []
    for place in hidden { if let number = number(of: rows[place]) { numbers.insert(number) } }
    for place in rows.indices {
      if let number = number(of: rows[place]), numbers.contains(number) { hidden.insert(place) }
    }
    var kept: [TextRow] = []
    var run: [TextRow] = []
    for place in rows.indices {
      if hidden.contains(place) {
        run.append(rows[place])
        continue
      }
      if !run.isEmpty { kept.append(gap(run) { "left out: \($0)" }) }
      run = []
      kept.append(rows[place])
    }
    if !run.isEmpty { kept.append(gap(run) { "left out: \($0)" }) }
    rows = kept
  }

  private func number(of row: TextRow) -> Int? {
    switch row.content {
    case .departure(_, let number), .arrival(_, let number): number
    case .arrows, .note, .start, .end, .gap: nil
    }
  }

  /// Whether it is a message that a timer sends.
  private func isTimed(_ row: TextRow) -> Bool {
    guard row.suffix.isEmpty, case .arrows(let arrows) = row.content else { return false }
    return diagram.columns[diagram.arrows[arrows[0]].source].kind != .client
  }

  /// Whether a picture that is too long can do without it.
  private func isMinor(_ row: TextRow) -> Bool {
    switch row.content {
    case .note(let place): diagram.notes[place].kind != .violation
    case .start(let place), .end(let place): !diagram.bars[place].isCentral
    case .arrows, .departure, .arrival, .gap: false
    }
  }

  /// What makes two rows say the same.
  private struct Signature: Hashable {
    var source: Int
    var destinations: [Int]
    var fates: [String]
    var text: String
  }

  private func signature(of row: TextRow) -> Signature {
    let places = messages(of: row)
    let arrows = places.map { diagram.arrows[$0] }
    return Signature(
      source: arrows.first?.source ?? -1, destinations: arrows.map(\.destination).sorted(),
      fates: arrows.map(\.fate).sorted(),
      text: row.prefix + (arrows.first.map { $0.label + " " + $0.text } ?? ""))
  }

  private func messages(of row: TextRow) -> [Int] {
    switch row.content {
    case .arrows(let places): places
    case .departure(let place, _): [place]
    case .arrival, .note, .start, .end, .gap: []
    }
  }

  private func gap(_ rows: [TextRow], _ text: (String) -> String) -> TextRow {
    var labels: [String] = []
    var counts: [String: Int] = [:]
    var others = 0
    for row in rows {
      if !row.isPlainMessage && !isTimed(row) { others += 1 }
      for place in messages(of: row) {
        let arrow = diagram.arrows[place]
        let label = arrow.label + (arrow.fate.isEmpty ? "" : " ✗")
        if counts.updateValue((counts[label] ?? 0) + 1, forKey: label) == nil {
          labels.append(label)
        }
      }
    }
    var parts = labels.map { "\(counts[$0] ?? 0) × \($0)" }
    if others > 0 { parts.append("\(others) events") }
    return TextRow(
      moment: rows[0].moment, content: .gap("⋮ " + text(parts.joined(separator: ", "))))
  }
}

extension SpaceTimeDiagram.Arrow {
  /// What became of it where it did not arrive.
  var fate: String {
    switch end {
    case .received: ""
    case .lost(_, let reason): reason
    case .open: "still on its way"
    }
  }
}
