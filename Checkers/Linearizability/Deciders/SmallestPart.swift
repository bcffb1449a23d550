/// The smallest part of a small history that some of its operations determine and that has a
/// violation: of few operations all sets are tried, of more each is left out in turn.
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
  let candidates = count <= 8 ? smallest : named
  guard candidates.count <= 64, count <= 512 else { return smallest }
  if candidates.count > 8 {
    var kept = candidates
    for candidate in candidates {
      let fewer = closure(kept.filter { $0 != candidate })
      guard fewer.count < smallest.count, isViolated(fewer) else { continue }
      kept.removeAll { $0 == candidate }
      smallest = fewer
    }
    return smallest
  }
  for subset in 1..<(1 << candidates.count) {
    let kept = closure(candidates.indices.filter { subset >> $0 & 1 == 1 }.map { candidates[$0] })
    if kept.count < smallest.count, isViolated(kept) { smallest = kept }
  }
  return smallest
}
