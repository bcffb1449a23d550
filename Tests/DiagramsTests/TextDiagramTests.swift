import Diagrams
import Testing
import Values

@Suite("Diagrams in text")
struct TextDiagramTests {
  @Test("show messages, losses, crashes and operations")
  func small() {
    #expect(
      TextDiagram(.small).text == """
        a picture
        ms    c0    n1    n2
         0    ├────▶│     │     write 1
         1    ┃     ├────▶│     append term 1
         3    ┃     │✗────┤     ✗ n1 is down: done
         4  ══╪═════╪═════╪═══  kill n1
              ┃     ✗     │     n1 is killed
         5    ┃     ○     │     n1 starts
         6    ┃◀────┤     │     written ⇒ ok

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
    let total = rows.reduce(0, +)
    #expect(total < 450)
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
        beats
          s    n1    n2
          0    ├────▶│     beat 1
          2    │◀────┤     yes
         10    ⋮     ⋮     ⋮ as above: 9 × beat, 9 × yes
        100    ├────…│     … still on its way: beat 2

        """)
  }

  @Test("of long runs keep the end, and as many rows as they may have")
  func long() {
    var diagram = SpaceTimeDiagram(
      "ring", unit: "", columns: ["a", "b", "c"].map { .init($0, .node) })
    for number in 0..<500 {
      let sent = diagram.addMoment(Int64(2 * number), "\(2 * number)")
      let received = diagram.addMoment(Int64(2 * number + 1), "\(2 * number + 1)")
      diagram.arrows.append(
        .init(
          from: number % 3, to: (number + 1) % 3, sent: sent, end: .received(at: received),
          label: "token", text: "number \(number) " + String(repeating: "and more ", count: 20)))
    }
    let lines = TextDiagram(diagram, mostRows: 60).text.split(separator: "\n")
    #expect(lines.count == 63)
    #expect(lines[2].hasSuffix("⋮ left out: 440 × token"))
    #expect(lines[62].contains("number 499"))
    #expect(lines[2...].allSatisfy { $0.count <= 120 })
    #expect(lines[62].count == 120)
  }
}
