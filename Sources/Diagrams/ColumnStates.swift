/// How each column stands as time passes, for its lifeline.
struct ColumnStates {
  private let diagram: SpaceTimeDiagram

  init(_ diagram: SpaceTimeDiagram) { self.diagram = diagram }

  /// The characters of the lifelines: a node that is down has none, a client that waits a thick one.
  func lifelines(at moment: Int) -> [Character] {
    var characters: [Character] = diagram.columns.map { $0.kind == .client ? "·" : "│" }
    for span in diagram.spans where span.start < moment && moment < span.end ?? .max {
      if span.kind == .down { characters[span.column] = " " }
      if span.kind == .paused && characters[span.column] != " " { characters[span.column] = "┊" }
    }
    for bar in diagram.bars where bar.start <= moment && moment <= bar.end ?? .max {
      characters[bar.column] = "┃"
    }
    return characters
  }
}
