import Values

/// A diagram as an image in one file: no scripts, no fonts, nothing that is elsewhere.
///
/// An arrow leads from when a message was sent to when it arrived; what the message carried is shown
/// where the pointer rests on it. What can't have had an influence is faint.
public struct SVGDiagram {
  /// The width of a column, and where the first is.
  private static let pitch = 170
  private static let left = 150
  private static let top = 70
  /// How many messages are drawn at most.
  private static let mostArrows = 3_000

  private let diagram: SpaceTimeDiagram
  private let scale: SVGScale
  /// The moments that are drawn.
  private let window: ClosedRange<Int>
  private var omittedCount = 0

  public init(_ diagram: SpaceTimeDiagram) {
    self.diagram = diagram.withUsedColumns
    var first = 0
    var last = max(0, diagram.moments.count - 1)
    if diagram.arrows.count > Self.mostArrows {
      // What is nearest to where the picture's subject ends.
      let horizon = diagram.horizon ?? last
      let before = diagram.arrows.filter { $0.sent <= horizon }
      let after = diagram.arrows.dropFirst(before.count)
      first = before.suffix(Self.mostArrows * 5 / 6).first?.sent ?? 0
      last = after.prefix(Self.mostArrows / 6).last?.lastMoment ?? last
      omittedCount = diagram.arrows.count { $0.sent < first || $0.sent > last }
    }
    window = first...max(first, last)
    scale = SVGScale(diagram.moments, window, top: Self.top)
  }

  /// The image's text.
  public var text: String {
    let width = Self.left + Self.pitch * diagram.columns.count + 170
    let height = scale.bottom + 60
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" \
      width="\(width)" height="\(height)" role="img">
      """,
      element("title", diagram.title), Self.style, Self.markers,
      #"<rect class="ground" width="\#(width)" height="\#(height)"/>"#,
      label(x: 16, y: 24, "heading", diagram.title),
    ]
    if let summary { parts.append(label(x: 16, y: 42, "minor", summary)) }
    parts += names(y: Self.top - 12) + spans + lifelines + axis + notesAcross
    // Faint ones first, so that they cover nothing.
    parts += diagram.arrows.filter { !$0.isRelevant }.map(arrow)
    parts += bars
    var shown: Set<String> = []
    for arrow in diagram.arrows where arrow.isRelevant {
      parts.append(self.arrow(arrow))
      // Once is enough where the same is said again and again.
      if shown.insert("\(arrow.source) \(arrow.destination) \(arrow.label) \(arrow.text)").inserted
      {
        parts.append(arrowLabel(arrow))
      }
    }
    parts += notes + names(y: scale.bottom + 34)
    parts.append("</svg>")
    return parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  private var summary: String? {
    var parts: [String] = []
    if diagram.irrelevantCount > 0 {
      parts.append("faint: \(diagram.irrelevantCount) messages that can't have had a part in it")
    }
    if omittedCount > 0 { parts.append("left out: \(omittedCount) messages long before or after") }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  private func x(_ column: Int) -> Int { Self.left + Self.pitch * column + Self.pitch / 2 }

  private func y(_ moment: Int) -> Int { scale.y(moment) }

  private func isShown(_ first: Int, _ last: Int) -> Bool {
    first <= window.upperBound && last >= window.lowerBound
  }
}

// MARK: - What is drawn

extension SVGDiagram {
  private func names(y: Int) -> [String] {
    diagram.columns.indices.map { label(x: x($0), y: y, "name", diagram.columns[$0].name) }
  }

  private var lifelines: [String] {
    diagram.columns.indices.map { column in
      let kind = diagram.columns[column].kind == .client ? "life client" : "life"
      return line(kind, x(column), Self.top, x(column), scale.bottom)
    }
  }

  private var axis: [String] {
    scale.ticks.map { moment in
      label(x: Self.left - 20, y: y(moment) + 4, "time", diagram.moments[moment].label)
        + line("tick", Self.left - 14, y(moment), Self.left - 6, y(moment))
    } + [label(x: Self.left - 20, y: Self.top - 12, "time", diagram.unit)]
  }

  private var spans: [String] {
    diagram.spans.filter { isShown($0.start, $0.end ?? .max) }.map { span in
      let (first, last) = (y(span.start), span.end.map(y) ?? scale.bottom)
      let name = diagram.columns[span.column].name
      let (kind, text) = span.kind == .down ? ("down", "is down") : ("paused", "is paused")
      return """
        <g><title>\(escaped("\(name) \(text)"))</title><rect class="\(kind)" x="\(x(span.column) - 14)" \
        y="\(first)" width="28" height="\(max(2, last - first))"/></g>
        """
    }
  }

  private var bars: [String] {
    diagram.bars.filter { isShown($0.start, $0.end ?? .max) }.map { bar in
      let (first, last) = (y(bar.start), bar.end.map(y) ?? scale.bottom)
      let kind = bar.isCentral ? "bar central" : "bar"
      let name = diagram.columns[bar.column].name
      return """
        <g>\(element("title", "\(name): \(bar.label) ⇒ \(bar.outcome)"))<rect class="\(kind)" \
        x="\(x(bar.column) - 5)" y="\(first)" width="10" height="\(max(4, last - first))" rx="3"/></g>
        """ + labelAmidst(x: x(bar.column) - 10, y: first + 4, "operation", bar.label)
          + (bar.outcome.isEmpty
            ? ""
            : labelAmidst(
              x: x(bar.column) - 10, y: max(last, first + 11) + 4, "operation", bar.outcome))
    }
  }

  private var notesAcross: [String] {
    diagram.notes.filter { $0.column == nil && isShown($0.moment, $0.moment) }.map { note in
      let right = x(diagram.columns.count - 1) + 60
      return "<g>" + element("title", [note.label, note.text].joined(separator: " "))
        + line("fault", Self.left, y(note.moment), right, y(note.moment)) + "</g>"
        + label(
          x: right + 6, y: y(note.moment) + 4,
          note.kind == .violation ? "wrong side" : "fault side", note.label)
    }
  }

  private var notes: [String] {
    diagram.notes.compactMap { note in
      guard let column = note.column, isShown(note.moment, note.moment) else { return nil }
      let (x, y) = (x(column), y(note.moment))
      let title = element(
        "title", "\(diagram.moments[note.moment].label) \(note.label) \(note.text)")
      switch note.kind {
      case .cause, .event:
        return #"<g>\#(title)<circle class="dot" cx="\#(x)" cy="\#(y)" r="2.5"/></g>"#
      case .crash, .violation:
        return "<g>\(title)" + cross(x, y, 6, "wrong") + "</g>"
          + labelAmidst(x: x + 12, y: y + 4, "wrong side", note.label)
      case .start, .pause, .resume, .role, .fault:
        return #"<g>\#(title)<circle class="event" cx="\#(x)" cy="\#(y)" r="4.5"/></g>"#
          + labelAmidst(x: x + 12, y: y + 4, "side", note.label)
      }
    }
  }

  private func arrow(_ arrow: SpaceTimeDiagram.Arrow) -> String {
    guard isShown(arrow.sent, arrow.lastMoment) else { return "" }
    let (x1, y1) = (x(arrow.source), y(arrow.sent))
    var (x2, y2) = (x(arrow.destination), y(arrow.lastMoment))
    var kind = arrow.isRelevant ? "message" : "message faint"
    var end = ""
    switch arrow.end {
    case .received: kind += " arrives"
    case .lost(let moment, _):
      // As far as it came: half of the way, where it was lost at once.
      let (part, whole) = moment == arrow.sent ? (1, 2) : (9, 10)
      x2 = x1 + (x2 - x1) * part / whole
      y2 = max(y1 + 6, y1 + (y2 - y1) * part / whole)
      kind += " lost"
      end = cross(x2, y2, 4, arrow.isRelevant ? "wrong" : "wrong faint")
    case .open:
      x2 = x1 + (x2 - x1) / 3
      y2 = y1 + 8
      kind += " open"
    }
    let names = "\(diagram.columns[arrow.source].name) → \(diagram.columns[arrow.destination].name)"
    let (began, ended) = (
      diagram.moments[arrow.sent].label, diagram.moments[arrow.lastMoment].label
    )
    let times = began == ended ? began : "\(began)–\(ended)"
    let fate = arrow.fate.isEmpty ? "" : " (\(arrow.fate))"
    return "<g>" + element("title", "\(times) \(names)\(fate): \(arrow.label) \(arrow.text)")
      + line("hit", x1, y1, x2, y2) + line(kind, x1, y1, x2, y2) + end + "</g>"
  }

  /// An arrow's word, above its shaft near to where it begins.
  private func arrowLabel(_ arrow: SpaceTimeDiagram.Arrow) -> String {
    guard isShown(arrow.sent, arrow.sent), arrow.source != arrow.destination else { return "" }
    let (x1, y1) = (x(arrow.source), y(arrow.sent))
    let (x2, y2) = (x(arrow.destination), y(arrow.lastMoment))
    let offset = min(abs(x2 - x1), Self.pitch) / 2
    let place = x2 > x1 ? x1 + offset : x1 - offset
    let height = y1 + (y2 - y1) * offset / max(1, abs(x2 - x1))
    return labelAmidst(x: place, y: height - 3, "word", arrow.label)
  }
}

// MARK: - Elements

extension SVGDiagram {
  private func element(_ name: String, _ text: String) -> String {
    "<\(name)>\(escaped(text))</\(name)>"
  }

  private func label(x: Int, y: Int, _ kind: String, _ text: String) -> String {
    #"<text class="\#(kind)" x="\#(x)" y="\#(y)">\#(escaped(text))</text>"#
  }

  /// A text on one line, as XML has it.
  private func escaped(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }).xmlText
  }

  /// A label in the midst of lines, which it hides where they would cross it.
  private func labelAmidst(x: Int, y: Int, _ kind: String, _ text: String) -> String {
    label(x: x, y: y, "\(kind) halo", text) + label(x: x, y: y, kind, text)
  }

  private func line(_ kind: String, _ x1: Int, _ y1: Int, _ x2: Int, _ y2: Int) -> String {
    #"<line class="\#(kind)" x1="\#(x1)" y1="\#(y1)" x2="\#(x2)" y2="\#(y2)"/>"#
  }

  private func cross(_ x: Int, _ y: Int, _ size: Int, _ kind: String) -> String {
    #"<path class="\#(kind)" d="M\#(x - size) \#(y - size)l\#(2 * size) \#(2 * size)m0 \#(-2 * size)"#
      + #"l\#(-2 * size) \#(2 * size)"/>"#
  }

  /// How things look on paper, and on dark screens; colours are named twice, for not every viewer
  /// knows variables.
  private static let style = """
    <style>
    svg{color-scheme:light dark}
    text{font:11px system-ui,sans-serif;fill:#1d2430}
    .ground{fill:#fff}
    .heading{font-size:14px;font-weight:600}
    .minor,.time{fill:#6b7480}
    .time,.operation{text-anchor:end}
    .time{font-family:ui-monospace,monospace;font-size:10px}
    .name{text-anchor:middle;font-size:13px;font-weight:600}
    .word{text-anchor:middle;font-size:10px}
    .halo{stroke:#fff;stroke-width:3px;stroke-linejoin:round}
    text.wrong,text.fault{fill:#c0261c}
    .life{stroke:#c3c9d1;stroke-width:1.5}
    .client{stroke-dasharray:2 4}
    .tick{stroke:#c3c9d1}
    .down{fill:#d9dce1}
    .paused{fill:#f3e3b3}
    .bar{fill:#3d7d46}
    .bar.central{fill:#c0261c}
    .message{stroke:#3566a8;stroke-width:1.2}
    .head{fill:#3566a8}
    .arrives{marker-end:url(#head)}
    .lost,.open{stroke-dasharray:5 3}
    .faint{opacity:.25}
    .hit{stroke:#000;stroke-opacity:0;stroke-width:9}
    line.fault{stroke:#c0261c;stroke-dasharray:7 4}
    path.wrong{stroke:#c0261c;stroke-width:2;fill:none}
    .dot{fill:#6b7480}
    .event{fill:#fff;stroke:#1d2430;stroke-width:1.5}
    @media(prefers-color-scheme:dark){
    text{fill:#e4e8ee}
    .ground{fill:#15181d}
    .minor,.time,.dot{fill:#949eac}
    .halo{stroke:#15181d}
    text.wrong,text.fault{fill:#ff7b6e}
    .life,.tick{stroke:#3d4552}
    .down{fill:#353b46}
    .paused{fill:#5b4c1c}
    .bar{fill:#7fc98a}
    .bar.central{fill:#ff7b6e}
    .message{stroke:#82b1f0}
    .head{fill:#82b1f0}
    line.fault,path.wrong{stroke:#ff7b6e}
    .event{fill:#15181d;stroke:#e4e8ee}
    }
    </style>
    """

  private static let markers = """
    <defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" \
    orient="auto-start-reverse"><path class="head" d="M0 0.5L8 4L0 7.5z"/></marker></defs>
    """
}
