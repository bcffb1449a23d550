/// A diagram as lines of text: a column for each party, time downwards, what is said beside it.
///
/// An arrow leads from its sender's column to its receiver's; one that ends in a cross was lost. Messages
/// that can't have had an influence are left out, as is what comes when all is over.
public struct TextDiagram {
  private let diagram: SpaceTimeDiagram
  private let width: Int
  private let rows: [TextRow]
  private let canvas: TextCanvas
  /// How many characters the moments' labels take.
  private let labelWidth: Int

  /// - Parameters:
  ///   - width: How many characters a line has at most; what is said of a message is cut off there.
  ///   - mostRows: How many rows there are, but for operations: the earliest are left out.
  public init(_ diagram: SpaceTimeDiagram, width: Int = 120, mostRows: Int = 120) {
    let used = diagram.withUsedColumns
    self.diagram = used
    var rows = TextRows(used)
    rows.foldRepetitions()
    rows.shorten(to: mostRows)
    self.rows = rows.rows
    labelWidth = max(
      used.unit.count, rows.rows.map { used.moments[$0.moment].label.count }.max() ?? 0)
    canvas = TextCanvas(used.columns.map(\.name))
    self.width = max(width, labelWidth + 2 + canvas.width + 20)
  }

  /// The diagram; each line ends with a line feed.
  public var text: String {
    var lines = [diagram.title]
    lines.append(padded(diagram.unit) + "  " + canvas.header)
    let states = ColumnStates(diagram)
    var label = ""
    for row in rows {
      let moment = diagram.moments[row.moment].label
      lines.append(line(padded(moment == label ? "" : moment), row, states))
      label = moment
    }
    let omitted = diagram.irrelevantCount
    if omitted > 0 {
      lines.append("Left out: \(omitted) messages that can't have led to it.")
    }
    return lines.map { $0.trimmingEnd + "\n" }.joined()
  }

  private func padded(_ label: String) -> String {
    String(repeating: " ", count: max(0, labelWidth - label.count)) + label
  }

  private func line(_ label: String, _ row: TextRow, _ states: ColumnStates) -> String {
    var cells = canvas.lifelines(states.lifelines(at: row.moment))
    var words = row.cause.isEmpty ? "" : row.cause + ": "
    switch row.content {
    case .sending(let departures):
      draw(departures, in: &cells)
      words += text(of: departures, begun: row.begun.map { diagram.bars[$0] })
    case .arrival(let place, let number):
      let arrow = diagram.arrows[place]
      canvas.drawArrival(from: arrow.source, to: arrow.destination, in: &cells)
      words += "#\(number) \(arrow.label) from \(name(arrow.source))"
    case .note(let place):
      let note = diagram.notes[place]
      if let column = note.column {
        canvas.put(note.kind.glyph, at: column, in: &cells)
        words += name(column) + " "
      } else {
        canvas.drawAcross(in: &cells)
      }
      words += note.sentence
    case .start(let place):
      canvas.put("┯", at: diagram.bars[place].column, in: &cells)
      words += diagram.bars[place].label
    case .end(let place):
      let bar = diagram.bars[place]
      canvas.put("┷", at: bar.column, in: &cells)
      words += "\(bar.label) ⇒ \(bar.outcome)"
    case .gap(let gap):
      cells = canvas.gap
      words += "⋮ " + gap.text
    }
    let outcome = row.ended.map { " ⇒ " + cut(diagram.bars[$0].outcome, to: 40) } ?? ""
    let room = width - labelWidth - canvas.width - 4
    return label + "  " + String(cells) + "  " + cut(words, to: room - outcome.count) + outcome
  }

  private func name(_ column: Int) -> String { diagram.columns[column].name }

  /// Cuts off what is said where there is no more room.
  private func cut(_ words: String, to room: Int) -> String {
    let words = words.trimmingEnd
    guard words.count > room else { return words }
    return words.prefix(max(8, room - 1)) + "…"
  }

  private func draw(_ departures: [TextRow.Departure], in cells: inout [Character]) {
    // Stubs first: a shaft in the same direction covers them.
    for departure in departures where departure.number != nil {
      let arrow = diagram.arrows[departure.arrow]
      canvas.drawDeparture(from: arrow.source, to: arrow.destination, in: &cells)
    }
    for departure in departures where departure.number == nil {
      let arrow = diagram.arrows[departure.arrow]
      let head: Character? =
        switch arrow.end {
        case .received: nil
        case .lost: "✗"
        case .open: "…"
        }
      canvas.drawArrow(from: arrow.source, to: arrow.destination, head: head, in: &cells)
    }
  }

  /// What is sent, whereto it goes where no arrow shows that, and what became of what never arrives.
  private func text(
    of departures: [TextRow.Departure], begun: SpaceTimeDiagram.Bar?
  ) -> String {
    let arrows = departures.map { diagram.arrows[$0.arrow] }
    var parts: [String] = []
    // First, for the line's end may be cut off.
    let apart = departures.compactMap { departure in
      departure.number.map { "#\($0) to \(name(diagram.arrows[departure.arrow].destination))" }
    }
    if !apart.isEmpty { parts.append(apart.joined(separator: ", ")) }
    for reason in Set(arrows.map(\.fate)).sorted() where !reason.isEmpty {
      let whom = arrows.filter { $0.fate == reason }.map { name($0.destination) }
      let glyph = arrows.contains { $0.fate == reason && $0.end == .open } ? "… " : "✗ "
      parts.append(glyph + reason + (arrows.count > 1 ? " (\(whom.joined(separator: ", ")))" : ""))
    }
    if let begun { parts.append(begun.label) }
    // A request says what its operation does.
    if begun?.label.hasPrefix(arrows[0].label) != true {
      parts.append(arrows[0].label + " " + arrows[0].text)
    }
    return parts.joined(separator: ": ")
  }
}

extension SpaceTimeDiagram.Note {
  /// What it says, and more of it.
  fileprivate var sentence: String {
    if text.isEmpty { return label }
    return text.hasPrefix(label) ? text : "\(label): \(text)"
  }
}

extension SpaceTimeDiagram.Note.Kind {
  fileprivate var glyph: Character {
    switch self {
    case .cause, .event, .fault: "•"
    case .crash: "✗"
    case .start: "○"
    case .pause: "‖"
    case .resume: "▷"
    case .role: "★"
    case .violation: "!"
    }
  }
}

extension String {
  /// Without spaces at its end.
  fileprivate var trimmingEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
