/// Gives integers dense numbers in the order in which they appear.
struct DenseNumbers {
  /// For integers from 0 up the number + 1, or 0.
  private var small: [Int32] = []
  private var others: [Int32: Int32] = [:]
  private(set) var count = 0

  mutating func number(of integer: Int32) -> Int {
    let index = Int(integer)
    // Not far beyond what is there, so that one large integer does not fill the memory.
    guard index >= 0, index < 4 * count + 4096 else { return numberOfOther(integer) }
    if index >= small.count {
      small.append(
        contentsOf: repeatElement(0, count: max(index + 1, 2 * small.count) - small.count))
    }
    if small[index] != 0 { return Int(small[index] - 1) }
    if !others.isEmpty, let known = others[integer] { return Int(known) }
    count += 1
    small[index] = Int32(count)
    return count - 1
  }

  private mutating func numberOfOther(_ integer: Int32) -> Int {
    if small.indices.contains(Int(integer)), small[Int(integer)] != 0 {
      return Int(small[Int(integer)] - 1)
    }
    if let known = others[integer] { return Int(known) }
    count += 1
    others[integer] = Int32(count - 1)
    return count - 1
  }
}
