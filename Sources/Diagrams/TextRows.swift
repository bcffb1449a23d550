/// Lays a diagram out in rows, so that each column's events are in their order.
///
/// A message takes one row where that is true to both of its columns: the row of its sending, if nothing
/// happens to the receiver before it arrives, or that of its arrival, if the sender does nothing
/// meanwhile. Any other takes two rows, and messages that cross do cross.
package struct TextRows {
  let diagram: SpaceTimeDiagram
  package var rows: [TextRow] = []
  /// The moments of each column's events as they are laid out, ascending.
  private var events: [[Int]]
  private var shown: [Int] = []

  package init(_ diagram: SpaceTimeDiagram) {
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
        rows.append(TextRow(arrow.sent, .sending([.init(arrow: place)])))
        continue
      }
      if arrow.source != arrow.destination {
        if isQuiet(arrow.destination, after: arrow.sent, before: arrived) {
          move(arrow.destination, arrived, to: arrow.sent)
          rows.append(TextRow(arrow.sent, .sending([.init(arrow: place)])))
          continue
        }
        if isQuiet(arrow.source, after: arrow.sent, before: arrived) {
          move(arrow.source, arrow.sent, to: arrived)
          rows.append(TextRow(arrived, .sending([.init(arrow: place)])))
          continue
        }
      }
      number += 1
      rows.append(TextRow(arrow.sent, .sending([.init(arrow: place, number: number)])))
      rows.append(TextRow(arrived, .arrival(arrow: place, number: number)))
    }
  }

  /// The rows in which columns send and receive, by the moments in which they do.
  private var rowsByMoment: (sent: [Int: Int], received: [Int: Int]) {
    var (sent, received): ([Int: Int], [Int: Int]) = ([:], [:])
    for (place, row) in rows.enumerated() {
      for arrow in row.sent {
        sent[diagram.arrows[arrow].sent] = place
        if row.numbers.isEmpty, case .received(let moment) = diagram.arrows[arrow].end {
          received[moment] = place
        }
      }
      if case .arrival(let arrow, _) = row.content {
        received[diagram.arrows[arrow].lastMoment] = place
      }
    }
    return (sent, received)
  }

  /// Adds a row for each note; the cause of a message becomes part of the message's row.
  private mutating func addNotes() {
    let sendings = rowsByMoment.sent
    for (place, note) in diagram.notes.enumerated() where matters(note.moment) {
      guard note.kind == .cause else {
        rows.append(TextRow(note.moment, .note(place)))
        continue
      }
      // What a column sends because of a timer are the very next moments of the same time.
      let position = diagram.moments[note.moment].position
      var moment = note.moment + 1
      while moment < diagram.moments.count, diagram.moments[moment].position == position {
        if let row = sendings[moment], diagram.arrows[rows[row].sent[0]].source == note.column {
          rows[row].cause = note.label
          break
        }
        moment += 1
      }
    }
  }

  /// Adds the beginnings and ends of operations, to the row of a message where they are one with it.
  private mutating func addBars() {
    let (sent, received) = rowsByMoment
    for (place, bar) in diagram.bars.enumerated() where matters(bar.start) {
      if let row = sent[bar.start + 1], diagram.arrows[rows[row].sent[0]].source == bar.column {
        rows[row].begun = place
      } else {
        rows.append(TextRow(bar.start, .start(bar: place)))
      }
      guard let end = bar.end, matters(end) else { continue }
      if let row = received[end - 1], receiver(of: rows[row]) == bar.column {
        rows[row].ended = place
      } else {
        rows.append(TextRow(end, .end(bar: place)))
      }
    }
  }

  private func receiver(of row: TextRow) -> Int? {
    if case .arrival(let arrow, _) = row.content { return diagram.arrows[arrow].destination }
    return row.sent.first.map { diagram.arrows[$0].destination }
  }

  /// Makes one row of what a column sends to several at once.
  private mutating func mergeBroadcasts() {
    var merged: [TextRow] = []
    for row in rows {
      if let last = merged.last, case .sending(let departures) = last.content,
        case .sending(let more) = row.content, isBroadcast(last.sent, row.sent[0]),
        row.cause.isEmpty, row.begun == nil, row.ended == nil, last.ended == nil
      {
        merged[merged.count - 1].content = .sending(departures + more)
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
