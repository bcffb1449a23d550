/// The places of versions in their order.
///
/// Where they lie close together, the ones between them have places too.
struct VersionTable {
  private let base: Int64
  /// The different versions, ascending; empty where they lie close together.
  private let versions: [Int64]
  let count: Int

  init(_ all: [Int64]) {
    let smallest = all.min() ?? 0
    let largest = all.max() ?? 0
    base = smallest
    let (range, overflows) = largest.subtractingReportingOverflow(smallest)
    if !overflows, range <= 4 * all.count {
      versions = []
      count = Int(range) + 1
      return
    }
    var different: [Int64] = []
    for version in all.sorted() where version != different.last { different.append(version) }
    versions = different
    count = different.count
  }

  /// The place of a version, which is one of those given.
  func place(of version: Int64) -> Int {
    if versions.isEmpty { return Int(version - base) }
    var (low, high) = (0, versions.count)
    while low < high {
      let middle = (low + high) / 2
      if versions[middle] < version { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
