import Diagrams
import Values

extension SpaceTimeDiagram {
  /// A client and two nodes: a write that is forwarded, a heartbeat that is lost, a crash.
  static var small: SpaceTimeDiagram {
    var diagram = SpaceTimeDiagram(
      "a picture", unit: "ms",
      columns: [.init("c0", .client), .init("n1", .node), .init("n2", .node)])
    for position in [0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 6, 7, 7] as [Int64] {
      _ = diagram.addMoment(position, "\(position)")
    }
    diagram.bars = [.init(0, start: 0, end: 12, label: "write 1", outcome: "ok", isCentral: true)]
    diagram.arrows = [
      .init(from: 0, to: 1, sent: 1, end: .received(at: 2), label: "write", text: "key 1"),
      .init(from: 1, to: 2, sent: 3, end: .received(at: 4), label: "append", text: "term 1"),
      .init(
        from: 2, to: 1, sent: 5, end: .lost(at: 6, reason: "n1 is down"), label: "done", text: ""),
      .init(from: 1, to: 0, sent: 10, end: .received(at: 11), label: "written", text: ""),
    ]
    diagram.notes = [
      .init(nil, at: 7, .fault, "kill n1"), .init(1, at: 8, .crash, "is killed"),
      .init(1, at: 9, .start, "starts"),
    ]
    diagram.spans = [.init(1, from: 8, to: 9, .down)]
    return diagram
  }

  /// Messages between columns that take some while; each event has a moment of its own.
  static func random(_ seed: UInt64, columns: Int = 4, messages: Int = 40) -> SpaceTimeDiagram {
    var draws = Draws(seed: seed)
    var ends: [(time: Int64, message: Int, isArrival: Bool)] = []
    for message in 0..<messages {
      let time = draws.within(0...300)
      ends.append((time, message, false))
      ends.append((time + draws.within(0...60), message, true))
    }
    // A message arrives after it was sent, be it at once.
    ends.sort {
      ($0.time, $0.message, $0.isArrival ? 1 : 0) < ($1.time, $1.message, $1.isArrival ? 1 : 0)
    }
    var diagram = SpaceTimeDiagram(
      "random", unit: "", columns: (0..<columns).map { .init("n\($0)", .node) })
    var places: [Int: Int] = [:]
    for end in ends {
      let moment = diagram.addMoment(end.time, "\(end.time)")
      if let place = places[end.message] {
        let isLost = draws.chance(0.2)
        diagram.arrows[place].end =
          isLost ? .lost(at: moment, reason: "cut") : .received(at: moment)
      } else {
        places[end.message] = diagram.arrows.count
        diagram.arrows.append(
          .init(
            from: draws.below(columns), to: draws.below(columns), sent: moment, end: .open,
            label: draws.element(of: ["ask", "answer"]), text: ""))
      }
    }
    return diagram
  }
}
