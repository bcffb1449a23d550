import Environments
import Values

/// When a family's faults hold: one after the other, the first within two intervals.
struct Rounds: Sequence, IteratorProtocol {
  private let family: FaultFamily
  private let interval: Nanoseconds
  private let limit: Nanoseconds
  private var draws: Draws
  private var number = 0
  private var last: Nanoseconds = 0

  /// - Parameter limit: No round begins then or later.
  init(_ family: FaultFamily, _ interval: Nanoseconds, until limit: Nanoseconds, _ draws: Draws) {
    self.family = family
    self.interval = interval
    self.limit = limit
    self.draws = draws
  }

  /// Its place among the families whose first rounds follow each other, where it is one of them.
  private var place: Int64? {
    switch family {
    case .kill: 0
    case .pause: 1
    case .disk: 2
    default: nil
    }
  }

  mutating func next() -> ClosedRange<Nanoseconds>? {
    defer { number += 1 }
    let round = number == 0 ? first() : later()
    last = round.upperBound
    return round.lowerBound < limit ? round : nil
  }

  private mutating func first() -> ClosedRange<Nanoseconds> {
    if let place {
      let start = place * 2 * interval / 3 + draws.within(0...interval / 3)
      return start...start + draws.within(interval / 6...interval / 3)
    }
    let start = draws.within(0...interval)
    return start...start + draws.within(interval / 2...interval)
  }

  private mutating func later() -> ClosedRange<Nanoseconds> {
    // The first rounds of the families that follow each other are over after two intervals.
    let start =
      place != nil && number == 1
      ? 2 * interval + draws.within(0...interval) : last + draws.within(0...2 * interval)
    return start...start + draws.within(0...2 * interval)
  }
}
