/// A part of a history that has a violation and is small: operations are left out in ever smaller
/// groups, at last one by one, as long as what stays has one.
///
/// - Parameters:
///   - all: All operations of the history, which has a violation. Where they are very many, they
///     all stay.
///   - named: The operations that may be left out, unless ``closure`` brings them back.
///   - closure: Operations with those that must stay with them.
func reducedPart(
  of all: Range<Int32>, naming named: [Int32], closure: ([Int32]) -> [Int32],
  isViolated: ([Int32]) -> Bool
) -> [Int32] {
  var smallest = Array(all)
  guard all.count <= 2048 else { return smallest }
  // What needs others was mostly invoked after them.
  var kept = Array(named.sorted().reversed())
  var size = kept.count
  while size > 1 {
    size = (size + 1) / 2
    var start = 0
    while start < kept.count {
      let rest = Array(kept[..<start] + kept[min(start + size, kept.count)...])
      let fewer = closure(rest)
      if fewer.count < smallest.count, isViolated(fewer) {
        kept = rest
        smallest = fewer
      } else {
        start += size
      }
    }
  }
  return smallest
}
