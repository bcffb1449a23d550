extension TextRows {
  /// Makes one row of messages that only say again what others said since something else happened:
  /// heartbeats and their answers, and what is sent again and again to who does not answer.
  mutating func foldRepetitions() {
    var seen: Set<SpaceTimeDiagram.Arrow> = []
    var hidden: Set<Int> = []
    for (place, row) in rows.enumerated() {
      if case .arrival = row.content { continue }
      guard row.isPlainMessage else {
        seen = []
        continue
      }
      let said = row.sent.map { timeless(diagram.arrows[$0]) }
      if said.allSatisfy(seen.contains) { hidden.insert(place) }
      seen.formUnion(said)
    }
    hide(hidden, isRepetition: true)
  }

  /// A message without its times.
  private func timeless(_ arrow: SpaceTimeDiagram.Arrow) -> SpaceTimeDiagram.Arrow {
    var arrow = arrow
    arrow.sent = 0
    switch arrow.end {
    case .received: arrow.end = .received(at: 0)
    case .lost(_, let reason): arrow.end = .lost(at: 0, reason: reason)
    case .open: break
    }
    return arrow
  }

  /// Leaves out rows until about so many are left.
  ///
  /// What is nearest to the end stays. Of the rest, messages go first, those of the most frequent kind
  /// before others; then operations that the picture is not about; then what happened to columns.
  mutating func shorten(to limit: Int) {
    guard rows.count > limit else { return }
    var counts: [String: Int] = [:]
    for row in rows {
      for arrow in row.sent { counts[diagram.arrows[arrow].label, default: 0] += 1 }
    }
    func rank(_ place: Int) -> (Int, Int, Int)? {
      let row = rows[place]
      if case .arrival = row.content { return nil }
      let isNear = place >= rows.count - limit / 3
      if row.isPlainMessage {
        return (isNear ? 3 : 0, -counts[diagram.arrows[row.sent[0]].label, default: 0], place)
      }
      guard !isNear, !isEssential(row) else { return nil }
      if case .note = row.content { return (2, 0, place) }
      return (1, 0, place)
    }
    var arrivals: Set<Int> = []
    for row in rows {
      if case .arrival(_, let number) = row.content, row.ended == nil { arrivals.insert(number) }
    }
    var hidden: Set<Int> = []
    var left = rows.count
    for (_, _, place) in rows.indices.compactMap(rank).sorted(by: <) where left > limit {
      hidden.insert(place)
      left -= 1 + rows[place].numbers.count(where: arrivals.contains)
    }
    // Gaps become one with those beside them.
    for place in rows.indices {
      guard case .gap = rows[place].content else { continue }
      if hidden.contains(place - 1) || hidden.contains(place + 1) { hidden.insert(place) }
    }
    hide(hidden, isRepetition: false)
  }

  /// Whether the picture is about it.
  private func isEssential(_ row: TextRow) -> Bool {
    switch row.content {
    case .sending, .arrival:
      [row.begun, row.ended].contains { $0.map { diagram.bars[$0].isCentral } ?? false }
    case .note(let place): diagram.notes[place].kind == .violation
    case .start(let place), .end(let place): diagram.bars[place].isCentral
    case .gap: true
    }
  }

  /// Puts gaps in the place of rows, and leaves out the other rows of messages that are hidden.
  ///
  /// A row that would be the only one in its gap stays.
  private mutating func hide(_ hidden: Set<Int>, isRepetition: Bool) {
    var kept: [TextRow] = []
    var run: [TextRow] = []
    var gone: Set<Int> = []
    func close() {
      if run.count == 1 {
        kept += run
      } else if let first = run.first {
        for row in run { gone.formUnion(row.numbers) }
        let gap = TextGap(run, of: diagram, isRepetition: isRepetition)
        kept.append(TextRow(first.moment, .gap(gap)))
      }
      run = []
    }
    for (place, row) in rows.enumerated() {
      if hidden.contains(place) {
        run.append(row)
        continue
      }
      if case .arrival(_, let number) = row.content, row.ended == nil {
        let isInRun = run.contains { $0.numbers.contains(number) }
        if isInRun && run.count == 1 { close() }
        // Where a message has left in a hidden row, nobody misses the row of its arrival.
        if gone.contains(number) || run.contains(where: { $0.numbers.contains(number) }) {
          continue
        }
      }
      close()
      kept.append(row)
    }
    close()
    rows = kept
  }
}

extension SpaceTimeDiagram.Arrow {
  /// What became of it where it did not arrive.
  var fate: String {
    switch end {
    case .received: ""
    case .lost(_, let reason): reason
    case .open: "still on its way"
    }
  }
}
