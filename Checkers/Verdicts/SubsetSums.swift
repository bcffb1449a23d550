/// The sums of all subsets of some integers, as disjoint closed ranges in ascending order.
///
/// Small summands soon make a single range of all their sums. Large and different ones may have
/// exponentially many, so the number of ranges is bounded: beyond that the smallest gaps are closed,
/// and what the ranges hold is more than the sums.
package struct SubsetSums {
  package static let rangesMax = 1 << 14

  package private(set) var ranges: [ClosedRange<Int>]
  /// Whether the ranges hold nothing but sums.
  package private(set) var isExact = true

  /// - Parameters:
  ///   - base: What is part of every sum.
  ///   - summands: What each may be part of it or not.
  /// - Returns: Nothing where sums may be beyond 64 bits.
  /// - Complexity: O(*n* log *n* + *d* · log *n* · ``rangesMax``) for *n* summands, *d* of them
  ///   different.
  package init?(base: Int, _ summands: [Int]) {
    var lowest = base
    var highest = base
    for summand in summands {
      let (sum, overflows) = (summand < 0 ? lowest : highest).addingReportingOverflow(summand)
      guard !overflows, summand != .min else { return nil }
      if summand < 0 { lowest = sum } else { highest = sum }
    }
    // A negative summand that is left out of the lowest sum is a positive one that is added to it.
    ranges = [lowest...lowest]
    guard !highest.subtractingReportingOverflow(lowest).overflow else { return nil }
    let magnitudes = summands.map { abs($0) }.filter { $0 > 0 }.sorted()
    var start = 0
    while start < magnitudes.count {
      let end = magnitudes[start...].firstIndex { $0 != magnitudes[start] } ?? magnitudes.count
      add(magnitudes[start], times: end - start)
      start = end
    }
  }

  /// Whether a number is such a sum; nothing where that is not known.
  package func contains(_ number: Int) -> Bool? {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
    }
    guard low < ranges.count, ranges[low].contains(number) else { return false }
    return isExact ? true : nil
  }

  /// Adds equal summands: shares of 1, 2, 4, … of them and a rest make up every number of them.
  private mutating func add(_ summand: Int, times count: Int) {
    var share = 1
    var rest = count
    while rest > 0 {
      let taken = min(share, rest)
      add(summand * taken)
      rest -= taken
      share *= 2
    }
  }

  private mutating func add(_ summand: Int) {
    var merged: [ClosedRange<Int>] = []
    merged.reserveCapacity(2 * ranges.count)
    var (plain, shifted) = (0, 0)
    while plain < ranges.count || shifted < ranges.count {
      let next: ClosedRange<Int>
      if plain < ranges.count,
        ranges[plain].lowerBound <= ranges[shifted].lowerBound + summand
      {
        next = ranges[plain]
        plain += 1
      } else {
        next = (ranges[shifted].lowerBound + summand)...(ranges[shifted].upperBound + summand)
        shifted += 1
      }
      if let last = merged.last,
        next.lowerBound <= last.upperBound || next.lowerBound - 1 == last.upperBound
      {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, next.upperBound)
      } else {
        merged.append(next)
      }
    }
    ranges = merged
    if ranges.count > SubsetSums.rangesMax { closeGaps() }
  }

  /// Closes the smaller half of the gaps.
  private mutating func closeGaps() {
    let gaps = (1..<ranges.count).map { ranges[$0].lowerBound - ranges[$0 - 1].upperBound }
    let limit = gaps.sorted()[gaps.count / 2]
    var closed = [ranges[0]]
    for (place, gap) in gaps.enumerated() {
      let range = ranges[place + 1]
      if gap <= limit {
        closed[closed.count - 1] = closed[closed.count - 1].lowerBound...range.upperBound
      } else {
        closed.append(range)
      }
    }
    ranges = closed
    isExact = false
  }
}
