/// A part of a small history that has a violation, and that no single operation can leave without
/// what stays losing it.
///
/// - Parameters:
///   - count: How many operations there are. Where they are many, they all stay.
///   - named: The operations of the violation.
///   - closure: Operations with those that must stay with them, in ascending order.
func smallestPart(
  of count: Int, naming named: [Int32], closure: ([Int32]) -> [Int32],
  isViolated: ([Int32]) -> Bool
) -> [Int32] {
  var smallest = (0..<count).map { Int32($0) }
  guard named.count <= 64, count <= 512 else { return smallest }
  var kept = count <= 8 ? smallest : named
  // Reads before the writes that they need.
  for candidate in kept.sorted(by: >) {
    let rest = kept.filter { $0 != candidate }
    let fewer = closure(rest)
    guard fewer.count < smallest.count, isViolated(fewer) else { continue }
    kept = rest
    smallest = fewer
  }
  return smallest
}
