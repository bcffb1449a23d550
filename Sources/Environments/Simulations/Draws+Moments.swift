public import Values

extension Draws {
  /// Leaves the draws of the past behind: what is drawn next depends on the moment, by about a
  /// millisecond, and not on how many draws came before it.
  ///
  /// So a run in which something was left out stays as it was wherever that had no part in it.
  @inlinable
  mutating func move(to moment: Nanoseconds) {
    let first = (UInt64(bitPattern: moment) >> 20) << 10
    if number < first { number = first }
  }

  /// The draws of a moment.
  @inlinable
  func moved(to moment: Nanoseconds) -> Draws {
    var draws = self
    draws.move(to: moment)
    return draws
  }
}
