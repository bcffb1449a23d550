import Nodes
import Values

/// What each node added to a counter, which only grows.
struct CounterShares: Hashable, Sendable, StablyCodable {
  private var sums = SortedMap<NodeID, Int>()

  init() {}

  var total: Int { sums.entries.reduce(0) { $0 &+ $1.element } }

  subscript(node: NodeID) -> Int { sums[node] ?? 0 }

  /// The state that adds something to the origin's share.
  ///
  /// - Throws: Where the share would be too large to count.
  func delta(adding amount: Int, at origin: UpdateOrigin) throws(ErrorReply) -> CounterShares {
    let node = origin.bugs.contains(.oneShare) ? NodeID(0) : origin.dot.node
    let base = origin.bugs.contains(.mergeAdds) ? 0 : self[node]
    let (sum, overflows) = base.addingReportingOverflow(amount)
    guard !overflows else { throw .refused("more than can be counted") }
    var delta = CounterShares()
    if amount != 0 { delta.sums[node] = sum }
    return delta
  }

  /// The greater of each share.
  mutating func merge(_ other: CounterShares, bugs: Set<String>) {
    sums.merge(other.sums) { own, told in
      if bugs.contains(.mergeAdds) {
        own = own &+ told
      } else if bugs.contains(.shareOverwritten) {
        own = told
      } else {
        own = max(own, told)
      }
    }
  }

  func encode(into sink: inout some ByteSink) { sums.encode(into: &sink) }

  init?(from source: inout ByteSource) {
    guard let sums = SortedMap<NodeID, Int>(from: &source) else { return nil }
    self.sums = sums
  }
}
