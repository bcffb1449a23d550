/// When the first of a block's operations returned, and when the last was invoked: its zone, after
/// Gibbons and Korach, *Testing shared memories*, SIAM Journal on Computing 26(4), 1997.
///
/// A block is a set of operations that take effect without any other in between.
struct BlockZone {
  /// When the first operation returned; -1 for what was there before all operations.
  var low: Int32
  var high: Int32

  /// The events at the ends of two zones.
  static func ends(_ zones: BlockZone...) -> [Int32] {
    zones.flatMap { [$0.low, $0.high] }.filter { $0 >= 0 }
  }
}

/// Blocks in the order of their first returns, as long as no two precede each other.
///
/// Of those that came before and reach beyond the first return of the next, only the one that
/// reaches furthest matters: if there were two, they would precede each other.
struct BlockSweep {
  private var furthest: BlockZone

  init(_ first: BlockZone) { furthest = first }

  /// Adds the block whose first return comes next.
  ///
  /// - Returns: A block that it precedes, and that precedes it.
  @inline(__always)
  mutating func conflict(with next: BlockZone) -> BlockZone? {
    if furthest.high > next.low, furthest.low < next.high { return furthest }
    if next.high > furthest.high { furthest = next }
    return nil
  }
}
