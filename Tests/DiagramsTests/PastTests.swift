import Diagrams
import Testing
import Values

@Suite("The causal past in a diagram")
struct PastTests {
  /// Which messages have led to a point, by the definition: paths along columns and messages.
  private func past(of point: SpaceTimeDiagram.Point, in diagram: SpaceTimeDiagram) -> [Bool] {
    // Each moment's column, and what a moment's message comes from.
    var columns: [Int: Int] = [point.moment: point.column]
    var origins: [Int: Int] = [:]
    for arrow in diagram.arrows {
      columns[arrow.sent] = arrow.source
      guard case .received(let moment) = arrow.end else { continue }
      columns[moment] = arrow.destination
      origins[moment] = arrow.sent
    }
    var reached: Set<Int> = []
    var open = [point.moment]
    while let moment = open.popLast() {
      guard reached.insert(moment).inserted else { continue }
      open += columns.filter { $0.key < moment && $0.value == columns[moment] }.map(\.key)
      if let origin = origins[moment] { open.append(origin) }
    }
    return diagram.arrows.map { arrow in
      if case .received(let moment) = arrow.end { return reached.contains(moment) }
      return reached.contains(arrow.sent)
    }
  }

  @Test("is what the definition says", arguments: 0..<60 as Range<UInt64>)
  func definition(seed: UInt64) throws {
    var diagram = SpaceTimeDiagram.random(seed)
    let arrow = diagram.arrows[diagram.arrows.count * 2 / 3]
    let point = SpaceTimeDiagram.Point(arrow.source, arrow.sent)
    let expected = past(of: point, in: diagram)
    diagram.keepPast(of: [point])
    #expect(diagram.arrows.map(\.isRelevant) == expected, "seed \(seed)")
    #expect(diagram.horizon == arrow.sent)
    #expect(diagram.irrelevantCount == expected.count { !$0 })
  }

  @Test("leaves some messages in and some out")
  func both() {
    let counts = (0..<60 as Range<UInt64>).map { seed in
      var diagram = SpaceTimeDiagram.random(seed)
      let arrow = diagram.arrows[diagram.arrows.count / 2]
      diagram.keepPast(of: [.init(arrow.source, arrow.sent)])
      return diagram.irrelevantCount
    }
    #expect(counts.contains { $0 > 10 && $0 < 35 })
  }

  @Test("of nothing is everything")
  func nothing() {
    var diagram = SpaceTimeDiagram.random(1)
    diagram.keepPast(of: [])
    #expect(diagram.irrelevantCount == 0)
    #expect(diagram.horizon == nil)
  }
}
