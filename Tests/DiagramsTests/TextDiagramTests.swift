import Diagrams
import Testing
import Values

@Suite("Diagrams in text")
struct TextDiagramTests {
  @Test("show messages, losses, crashes and operations")
  func small() {
    #expect(
      TextDiagram(.small).text == """
        """)
  }

  @Test("leave out what can't have had an influence, and say so")
  func past() {
    var diagram = SpaceTimeDiagram.small
    diagram.keepPast(of: [.init(1, 2)])
    let text = TextDiagram(diagram).text
    #expect(text.contains("write 1"))
    #expect(!text.contains("append") && !text.contains("kill"))
    #expect(text.hasSuffix("Left out: 3 messages that can't have led to it.\n"))
  }

  @Test("show each column's events in their order", arguments: 0..<100 as Range<UInt64>)
  func order(seed: UInt64) throws {
    let diagram = SpaceTimeDiagram.random(seed)
    var events: [(column: Int, moment: Int, row: Int)] = []
    for (row, content) in TextRows(diagram).rows.map(\.content).enumerated() {
      switch content {
      case .sending(let departures):
        for departure in departures {
          let arrow = diagram.arrows[departure.arrow]
          events.append((arrow.source, arrow.sent, row))
          if departure.number == nil, case .received(let moment) = arrow.end {
            events.append((arrow.destination, moment, row))
          }
        }
      case .arrival(let place, _):
        guard case .received(let moment) = diagram.arrows[place].end else { break }
        events.append((diagram.arrows[place].destination, moment, row))
      default: Issue.record("seed \(seed): \(content)")
      }
    }
    let arrivals = diagram.arrows.count { if case .received = $0.end { true } else { false } }
    #expect(events.count == diagram.arrows.count + arrivals, "seed \(seed)")
    for column in diagram.columns.indices {
      let own = events.filter { $0.column == column }.sorted { $0.moment < $1.moment }
      for (event, next) in zip(own, own.dropFirst()) {
        #expect(event.row <= next.row, "seed \(seed), column \(column), moment \(next.moment)")
      }
    }
  }

  @Test("draw most messages in one row")
  func compact() {
    let rows = (0..<20 as Range<UInt64>).map { TextRows(.random($0, messages: 15)).rows.count }
    #expect(rows.reduce(0, +) < 20 * 15 * 3 / 2)
  }

  @Test("fold what is said again and again")
  func folds() {
    var diagram = SpaceTimeDiagram(
      "beats", unit: "s", columns: [.init("n1", .node), .init("n2", .node)])
    for round in 0..<10 {
      let time = Int64(round) * 10
      let moments = (0..<4).map { diagram.addMoment(time + $0, "\(time + $0)") }
      diagram.arrows.append(
        .init(
          from: 0, to: 1, sent: moments[0], end: .received(at: moments[1]), label: "beat", text: "1"
        ))
      diagram.arrows.append(
        .init(
          from: 1, to: 0, sent: moments[2], end: .received(at: moments[3]), label: "yes", text: ""))
    }
    let last = diagram.addMoment(100, "100")
    diagram.arrows.append(
      .init(from: 0, to: 1, sent: last, end: .open, label: "beat", text: "2"))
    #expect(
      TextDiagram(diagram).text == """
        """)
  }

  @Test("of long runs keep the end, and as many rows as they may have")
  func long() {
    var diagram = SpaceTimeDiagram.random(7, messages: 2_000)
    for place in diagram.arrows.indices { diagram.arrows[place].text = "number \(place)" }
    let text = TextDiagram(diagram, mostRows: 60).text
    let lines = text.split(separator: "\n")
    #expect((40...75).contains(lines.count), "\(lines.count)")
    #expect(lines.contains { $0.contains("left out: ") })
    #expect(lines.suffix(15).contains { $0.contains("number 19") })
    #expect(lines.allSatisfy { $0.count <= 120 })
  }
}
