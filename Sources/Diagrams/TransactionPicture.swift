import Values

/// Transactions and their dependencies as an image in one file, one witness below the other: no
/// scripts, no fonts, nothing that is elsewhere.
///
/// A dependency of a transaction on the one below it leads straight down, any other one goes round
/// on the right: so nothing crosses a box, however long a cycle is.
public struct TransactionPicture {
  private let diagrams: [TransactionDiagram]

  public init(_ diagrams: [TransactionDiagram]) { self.diagrams = diagrams }

  /// The image's text.
  public var text: String {
    var (y, width) = (Figure.margin, 0)
    var parts: [String] = []
    for diagram in diagrams {
      let figure = Figure(diagram, top: y)
      parts += figure.parts
      y = figure.bottom + 2 * Figure.margin
      width = max(width, figure.width)
    }
    let head = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(y)" width="\(width)" \
      height="\(y)" role="img">
      """,
      "<title>\(diagrams.map(\.heading).joined(separator: ", ").xmlText)</title>", Self.style,
      Self.markers, #"<rect class="ground" width="\#(width)" height="\#(y)"/>"#,
    ]
    return (head + parts + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  /// The sorts of dependencies, each with a colour for light and one for dark screens; told apart by
  /// people who see few colours.
  private static let colours = [
    ("ww", "#b3400e", "#f0955f"), ("wr", "#007a5a", "#3fd6a8"), ("rw", "#0060a8", "#6cb8f5"),
    ("process", "#6b7480", "#a8b2bf"), ("realtime", "#a8327a", "#f08cc6"),
  ]

  private static func rules(_ colours: [(kind: String, colour: String)]) -> String {
    colours.map {
      ".\($0.kind){stroke:\($0.colour)}text.\($0.kind),.head-\($0.kind){fill:\($0.colour);stroke:none}"
    }
    .joined(separator: "\n")
  }

  private static let style = """
    <style>
    svg{color-scheme:light dark}
    text{font:12px ui-monospace,monospace;fill:#1d2430}
    .ground{fill:#fff}
    .heading{font-size:14px;font-weight:600}
    .reason{fill:#6b7480;font-size:11px}
    .name{font-weight:600}
    .origin{fill:#6b7480;font-size:10px}
    .cell{text-anchor:middle}
    .kind{font-weight:600;text-anchor:middle}
    .halo{stroke:#fff;stroke-width:4px;stroke-linejoin:round}
    .box{fill:#eef3f9;stroke:#8b95a3}
    .info{fill:#fdf3dc}
    .fail{fill:#fbe3e0}
    .part{stroke:#8b95a3}
    .edge{fill:none;stroke-width:1.8}
    \(rules(colours.map { ($0.0, $0.1) }))
    @media(prefers-color-scheme:dark){
    text{fill:#e4e8ee}
    .ground{fill:#15181d}
    .reason,.origin{fill:#949eac}
    .halo{stroke:#15181d}
    .box{fill:#222a35}
    .info{fill:#4a3d1a}
    .fail{fill:#4f2622}
    \(rules(colours.map { ($0.0, $0.2) }))
    }
    </style>
    """

  private static let markers =
    "<defs>\n"
    + colours.map { kind, _, _ in
      """
      <marker id="to-\(kind)" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" \
      orient="auto"><path class="head-\(kind)" d="M0 0.5L8 4L0 7.5z"/></marker>
      """
    }.joined(separator: "\n") + "\n</defs>"
}

/// One witness, laid out.
private struct Figure {
  static let margin = 16
  private static let boxHeight = 40
  private static let gap = 54
  /// The distance between two ways that go round.
  private static let lane = 26
  /// The room on the right of the boxes for half of a word on the first of them.
  private static let firstLane = 44
  private static let lineHeight = 16
  /// The width of a character: of monospaced fonts few have wider ones.
  private static let character = 7.4

  private let diagram: TransactionDiagram
  private let top: Int
  /// Where the cells of each row begin, the name's first, and where the last ends.
  private let edges: [[Int]]
  /// The arrows that go round.
  private let detours: [TransactionDiagram.Arrow]
  /// The lines of text beneath.
  private let lines: [String]

  init(_ diagram: TransactionDiagram, top: Int) {
    self.diagram = diagram
    self.top = top
    edges = diagram.rows.map { row in
      var edges = [Figure.margin]
      for text in [[row.name, row.origin].max { $0.count < $1.count } ?? ""] + row.cells.map(\.text)
      {
        edges.append(edges[edges.count - 1] + Figure.width(of: text) + 20)
      }
      return edges
    }
    detours = diagram.arrows.filter { $0.to != $0.from + 1 }
    lines = diagram.lines.flatMap { Figure.wrapped($0, at: 110) }
  }

  private static func width(of text: String) -> Int { Int(Double(text.count) * character) }

  private static func wrapped(_ text: String, at width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append((lines.isEmpty ? "" : "    ") + word)
      }
    }
    return lines
  }

  // MARK: Places

  private var right: Int { edges.compactMap(\.last).max() ?? 0 }
  /// Room above the first row for what comes in from the right.
  private var rowsTop: Int { top + 24 + (detours.isEmpty ? 0 : Figure.lane * detours.count + 10) }
  private func y(_ row: Int) -> Int { rowsTop + row * (Figure.boxHeight + gap) }
  /// Room between rows: enough for all that goes round there.
  private var gap: Int {
    guard !diagram.arrows.isEmpty else { return Figure.margin }
    return max(Figure.gap, Figure.lane * (detours.count + 1))
  }
  private var rowsBottom: Int {
    y(diagram.rows.count - 1) + Figure.boxHeight
      + (detours.isEmpty ? 0 : Figure.lane * detours.count + 10)
  }
  private var linesTop: Int { rowsBottom + 22 }
  var bottom: Int { linesTop + Figure.lineHeight * max(0, lines.count - 1) }
  var width: Int {
    let lanes = detours.isEmpty ? 0 : 2 * Figure.firstLane + Figure.lane * (detours.count - 1)
    let text = (lines + [diagram.heading]).map(Figure.width).max() ?? 0
    return max(right + lanes, Figure.margin + text) + Figure.margin
  }

  /// The middle of a cell, or of the row's name.
  private func x(_ row: Int, _ cell: Int?) -> Int {
    let place = cell.map { $0 + 1 } ?? 0
    let edges = edges[row]
    guard edges.indices.contains(place + 1) else { return (edges[0] + edges[1]) / 2 }
    return (edges[place] + edges[place + 1]) / 2
  }

  // MARK: Parts

  var parts: [String] {
    [label(Figure.margin, top + 12, "heading", diagram.heading)]
      + diagram.rows.indices.flatMap(box)
      + diagram.arrows.map(arrow)
      + lines.enumerated().map { place, line in
        label(Figure.margin, linesTop + Figure.lineHeight * place, "reason", line)
      }
  }

  private func box(_ place: Int) -> [String] {
    let (row, edges, y) = (diagram.rows[place], edges[place], y(place))
    let kind = row.outcome == "ok" ? "box" : "box \(row.outcome)"
    var parts = [
      """
      <rect class="\(kind)" x="\(edges[0])" y="\(y)" width="\(edges[edges.count - 1] - edges[0])" \
      height="\(Figure.boxHeight)" rx="4"/>
      """,
      label(edges[0] + 10, y + 17, "name", name(of: row)),
      label(edges[0] + 10, y + 32, "origin", row.origin),
    ]
    for (cell, operation) in row.cells.enumerated() {
      let x = edges[cell + 1]
      parts.append(
        #"<line class="part" x1="\#(x)" y1="\#(y)" x2="\#(x)" y2="\#(y + Figure.boxHeight)"/>"#)
      parts.append(
        "<g><title>\(operation.full.xmlText)</title>"
          + label(self.x(place, cell), y + 25, "cell", operation.text) + "</g>")
    }
    return parts
  }

  private func name(of row: TransactionDiagram.Row) -> String {
    switch row.outcome {
    case "info": "\(row.name) ?"
    case "fail": "\(row.name) ✗"
    default: row.name
    }
  }

  private func arrow(_ arrow: TransactionDiagram.Arrow) -> String {
    let (x1, x2) = (x(arrow.from, arrow.fromCell), x(arrow.to, arrow.toCell))
    let (y1, y2) = (y(arrow.from) + Figure.boxHeight, y(arrow.to) - 1)
    let path: String
    let middle: (x: Int, y: Int)
    if let lane = detours.firstIndex(of: arrow) {
      let below = y1 + Figure.lane * (lane + 1) - 8
      let above = y2 - Figure.lane * (lane + 1) + 8
      let side = right + Figure.firstLane + Figure.lane * lane
      path = "M\(x1) \(y1)V\(below)H\(side)V\(above)H\(x2)V\(y2)"
      middle = (side, (below + above) / 2)
    } else {
      let bend = (y2 - y1) / 2
      path = "M\(x1) \(y1)C\(x1) \(y1 + bend) \(x2) \(y2 - bend) \(x2) \(y2)"
      middle = ((x1 + x2) / 2, (y1 + y2) / 2 + 4)
    }
    let title = "\(diagram.rows[arrow.from].name) → \(diagram.rows[arrow.to].name): \(arrow.reason)"
    return "<g><title>\(title.xmlText)</title>"
      + #"<path class="edge \#(arrow.kind)" d="\#(path)" marker-end="url(#to-\#(arrow.kind))"/></g>"#
      + label(middle.x, middle.y, "kind halo", arrow.kind)
      + label(middle.x, middle.y, "kind \(arrow.kind)", arrow.kind)
  }

  private func label(_ x: Int, _ y: Int, _ kind: String, _ text: String) -> String {
    #"<text class="\#(kind)" x="\#(x)" y="\#(y)" xml:space="preserve">\#(text.xmlText)</text>"#
  }
}
