/// Numbers for integers that are small as a rule, in the order in which they are met.
struct DenseNumbers {
  private var dense: [Int32] = []
  /// Of the integers that are too large, or negative.
  private var sparse: [Int32: Int32] = [:]
  private let bound: Int
  private(set) var count = 0

  /// - Parameter bound: Integers from this one on are kept in a dictionary.
  init(bound: Int) { self.bound = bound }

  /// The number of an integer, which is new where it equals the count before.
  @inline(__always)
  mutating func number(of integer: Int32) -> Int32 {
    let place = Int(integer)
    if place >= 0, place < dense.count, dense[place] >= 0 { return dense[place] }
    return add(integer)
  }

  private mutating func add(_ integer: Int32) -> Int32 {
    let (place, number) = (Int(integer), Int32(truncatingIfNeeded: count))
    if place >= 0, place < bound {
      if place >= dense.count {
        let width = min(bound, max(place + 1, 2 * dense.count, 64))
        dense.append(contentsOf: repeatElement(-1, count: width - dense.count))
      }
      dense[place] = number
    } else {
      if let known = sparse[integer] { return known }
      sparse[integer] = number
    }
    count += 1
    return number
  }
}
