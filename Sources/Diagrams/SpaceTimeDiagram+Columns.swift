extension SpaceTimeDiagram {
  /// The same picture without the clients and services of which nothing is shown.
  var withUsedColumns: SpaceTimeDiagram {
    var used = columns.map { $0.kind == .node }
    for arrow in arrows where arrow.isRelevant {
      used[arrow.source] = true
      used[arrow.destination] = true
    }
    for bar in bars where bar.start <= horizon ?? .max { used[bar.column] = true }
    guard used.contains(false) else { return self }
    var places: [Int] = []
    var count = 0
    for isUsed in used {
      places.append(count)
      if isUsed { count += 1 }
    }
    var picture = self
    picture.columns = zip(columns, used).compactMap { $1 ? $0 : nil }
    // Those that are left out keep their places among all messages, so that they are still counted.
    for place in arrows.indices {
      picture.arrows[place].source = places[arrows[place].source]
      picture.arrows[place].destination = places[arrows[place].destination]
    }
    picture.bars = bars.filter { used[$0.column] }.map {
      var bar = $0
      bar.column = places[bar.column]
      return bar
    }
    picture.notes = notes.filter { $0.column.map { used[$0] } ?? true }.map {
      var note = $0
      note.column = note.column.map { places[$0] }
      return note
    }
    picture.spans = spans.filter { used[$0.column] }.map {
      var span = $0
      span.column = places[span.column]
      return span
    }
    return picture
  }
}
