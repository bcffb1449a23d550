extension SpaceTimeDiagram {
  /// A moment of one column.
  public struct Point: Hashable, Sendable {
    public var column: Int
    public var moment: Int

    public init(_ column: Int, _ moment: Int) {
      self.column = column
      self.moment = moment
    }
  }

  /// Makes the picture one of what led to some points: messages outside of their causal past are no
  /// longer relevant.
  ///
  /// The past is that of Lamport's happened-before: what comes earlier in the same column, and the
  /// sending of what was received in the past. A column goes on through a crash, as its disk does. A
  /// message that was lost is in the past where its sending is, for it tells why nothing came.
  ///
  /// - Complexity: O(*n* log *n*) for *n* messages.
  public mutating func keepPast(of points: [Point]) {
    guard !points.isEmpty else { return }
    // Until when each column can have had an influence.
    var latest = Array(repeating: -1, count: columns.count)
    for point in points { latest[point.column] = max(latest[point.column], point.moment) }
    let arrivals = arrows.indices.compactMap { place -> (moment: Int, place: Int)? in
      guard case .received(let moment) = arrows[place].end else { return nil }
      return (moment, place)
    }
    // Backwards in time: whoever is looked at, all that it has influenced is known.
    for (moment, place) in arrivals.sorted(by: { $0.moment > $1.moment }) {
      let arrow = arrows[place]
      guard moment <= latest[arrow.destination] else { continue }
      latest[arrow.source] = max(latest[arrow.source], arrow.sent)
    }
    for place in arrows.indices {
      let arrow = arrows[place]
      arrows[place].isRelevant =
        switch arrow.end {
        case .received(let moment): moment <= latest[arrow.destination]
        case .lost, .open: arrow.sent <= latest[arrow.source]
        }
    }
    horizon = points.map(\.moment).max()
  }
}
