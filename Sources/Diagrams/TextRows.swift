/// Lays a diagram out in rows, so that each column's events are in their order.
///
/// A message takes one row where that is true to both of its columns: the row of its sending, if nothing
/// happens to the receiver before it arrives, or that of its arrival, if the sender does nothing
/// meanwhile. Any other takes two rows, and messages that cross do cross.
struct TextRows {
  let diagram: SpaceTimeDiagram
  var rows: [TextRow] = []
  /// The moments of each column's events as they are laid out, ascending.
  private var events: [[Int]]
  private var shown: [Int] = []

  init(_ diagram: SpaceTimeDiagram) {
    self.diagram = diagram
    events = Array(repeating: [], count: diagram.columns.count)
    shown = diagram.arrows.indices.filter { diagram.arrows[$0].isRelevant }
    collectEvents()
    layOutArrows()
    addNotes()
    addBars()
    rows.sort { $0.moment < $1.moment }
    mergeBroadcasts()
  }

  /// Whether something is before all is over that matters.
  private func matters(_ moment: Int) -> Bool { moment <= diagram.horizon ?? .max }

  private mutating func collectEvents() {
    for place in shown {
      let arrow = diagram.arrows[place]
      events[arrow.source].append(arrow.sent)
      if case .received(let moment) = arrow.end { events[arrow.destination].append(moment) }
    }
    for note in diagram.notes where matters(note.moment) && note.kind != .cause {
      if let column = note.column {
        events[column].append(note.moment)
      } else {
        for column in events.indices { events[column].append(note.moment) }
      }
    }
    for bar in diagram.bars where matters(bar.start) {
      events[bar.column].append(bar.start)
      if let end = bar.end, matters(end) { events[bar.column].append(end) }
    }
    for column in events.indices { events[column].sort() }
  }

  /// Whether nothing happens in a column between two moments.
  private func isQuiet(_ column: Int, after first: Int, before last: Int) -> Bool {
    let place = events[column].partitioningIndex { $0 > first }
    return place == events[column].count || events[column][place] >= last
  }

  private mutating func move(_ column: Int, _ moment: Int, to other: Int) {
    let old = events[column].partitioningIndex { $0 >= moment }
    events[column].remove(at: old)
    events[column].insert(other, at: events[column].partitioningIndex { $0 >= other })
  }

  private mutating func layOutArrows() {
    var number = 0
    for place in shown {
      let arrow = diagram.arrows[place]
      guard case .received(let arrived) = arrow.end else {
        rows.append(TextRow(moment: arrow.sent, content: .arrows([place])))
        continue
      }
      if arrow.source != arrow.destination {
        if isQuiet(arrow.destination, after: arrow.sent, before: arrived) {
          move(arrow.destination, arrived, to: arrow.sent)
          rows.append(TextRow(moment: arrow.sent, content: .arrows([place])))
          continue
        }
        if isQuiet(arrow.source, after: arrow.sent, before: arrived) {
          move(arrow.source, arrow.sent, to: arrived)
          rows.append(TextRow(moment: arrived, content: .arrows([place])))
          continue
        }
      }
      number += 1
      rows.append(TextRow(moment: arrow.sent, content: .departure(place, number: number)))
      rows.append(TextRow(moment: arrived, content: .arrival(place, number: number)))
    }
  }

  /// Adds a row for each note; the cause of a message becomes part of the message's row.
  private mutating func addNotes() {
    var sendings: [Int: Int] = [:]
    for (place, row) in rows.enumerated() {
      switch row.content {
      case .arrows(let arrows): for arrow in arrows { sendings[diagram.arrows[arrow].sent] = place }
      case .departure(let arrow, _): sendings[diagram.arrows[arrow].sent] = place
      case .arrival, .note, .start, .end, .gap: break
      }
    }
    for (place, note) in diagram.notes.enumerated() where matters(note.moment) {
      guard note.kind == .cause else {
        rows.append(TextRow(moment: note.moment, content: .note(place)))
        continue
      }
      // What a column sends because of a timer are the very next moments of the same time.
      let position = diagram.moments[note.moment].position
      var moment = note.moment + 1
      while moment < diagram.moments.count, diagram.moments[moment].position == position {
        if let place = sendings[moment], let source = source(of: rows[place]),
          source == note.column
        {
          rows[place].prefix = note.label + ": "
          break
        }
        moment += 1
      }
    }
  }

  private func source(of row: TextRow) -> Int? {
    switch row.content {
    case .arrows(let arrows): arrows.first.map { diagram.arrows[$0].source }
    case .departure(let arrow, _): diagram.arrows[arrow].source
    case .arrival, .note, .start, .end, .gap: nil
    }
  }

  /// Adds the beginnings and ends of operations, to the row of a message where they are one with it.
  private mutating func addBars() {
    var requests: [SpaceTimeDiagram.Point: Int] = [:]
    var replies: [SpaceTimeDiagram.Point: Int] = [:]
    for (place, row) in rows.enumerated() {
      switch row.content {
      case .arrows(let arrows):
        let arrow = diagram.arrows[arrows[0]]
        requests[.init(arrow.source, arrow.sent)] = place
        if case .received(let moment) = arrow.end {
          replies[.init(arrow.destination, moment)] = place
        }
      case .departure(let arrow, _):
        requests[.init(diagram.arrows[arrow].source, diagram.arrows[arrow].sent)] = place
      case .arrival(let arrow, _):
        if case .received(let moment) = diagram.arrows[arrow].end {
          replies[.init(diagram.arrows[arrow].destination, moment)] = place
        }
      case .note, .start, .end, .gap: break
      }
    }
    for (place, bar) in diagram.bars.enumerated() where matters(bar.start) {
      if let row = requests[.init(bar.column, bar.start + 1)] {
        rows[row].prefix = bar.label + ": "
      } else {
        rows.append(TextRow(moment: bar.start, content: .start(bar: place)))
      }
      guard let end = bar.end, matters(end) else { continue }
      if let row = replies[.init(bar.column, end - 1)] {
        rows[row].suffix = " ⇒ " + bar.outcome
      } else {
        rows.append(TextRow(moment: end, content: .end(bar: place)))
      }
    }
  }

  /// Makes one row of what a node sends to several at once.
  private mutating func mergeBroadcasts() {
    var merged: [TextRow] = []
    for row in rows {
      if let last = merged.last, case .arrows(let arrows) = last.content,
        case .arrows(let more) = row.content, isBroadcast(arrows, more[0]), row.prefix.isEmpty,
        row.suffix.isEmpty, last.suffix.isEmpty
      {
        merged[merged.count - 1].content = .arrows(arrows + more)
      } else {
        merged.append(row)
      }
    }
    rows = merged
  }

  private func isBroadcast(_ places: [Int], _ other: Int) -> Bool {
    let first = diagram.arrows[places[0]]
    let arrow = diagram.arrows[other]
    return first.source == arrow.source && first.label == arrow.label && first.text == arrow.text
      && diagram.moments[first.sent].position == diagram.moments[arrow.sent].position
      && !places.contains { diagram.arrows[$0].destination == arrow.destination }
  }
}

extension Array {
  /// The first place from which on all elements fulfil a condition that none before does.
  func partitioningIndex(where belongsInSecondPart: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if belongsInSecondPart(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
