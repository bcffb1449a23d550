public import Values

/// The updates that are known, of which some may be missing in between: what a delta has seen.
///
/// The causal context of Almeida et al., *Delta state replicated data types* (2018), dot stores,
/// as a version vector and the dots beyond it. A replica that merges deltas in causal order has no
/// gaps.
public struct CausalContext: Hashable, Sendable {
  private var vector = VersionVector()
  /// The dots that a gap keeps from being counted, in ascending order.
  private var cloud = SortedSet<Dot>()

  public init() {}

  public init(_ dots: some Sequence<Dot>) {
    for dot in dots { insert(dot) }
  }

  public var isEmpty: Bool { vector.isEmpty && cloud.isEmpty }

  /// - Complexity: O(log *g*) for *g* dots beyond gaps.
  public func contains(_ dot: Dot) -> Bool {
    vector.contains(dot) || (!cloud.isEmpty && cloud.contains(dot))
  }

  public mutating func insert(_ dot: Dot) {
    guard !vector.contains(dot) else { return }
    if dot.number == vector[dot.node] + 1 {
      vector[dot.node] += 1
      compact()
    } else {
      cloud.insert(dot)
    }
  }

  /// The union of both.
  public mutating func merge(_ other: CausalContext) {
    vector.merge(other.vector)
    cloud.formUnion(other.cloud)
    compact()
  }

  /// Counts the dots that no gap precedes any more.
  private mutating func compact() {
    guard !cloud.isEmpty else { return }
    var vector = vector
    cloud.removeAll { dot in
      if dot.number == vector[dot.node] + 1 { vector[dot.node] += 1 }
      return vector.contains(dot)
    }
    self.vector = vector
  }

  /// All dots, in ascending order of each node's, or nothing where they are more than so many.
  func dots(atMost count: Int) -> [Dot]? {
    var dots = cloud.elements
    for node in vector.nodes {
      guard vector[node] <= count else { return nil }
      dots += (1...vector[node]).map { Dot(node, $0) }
    }
    return dots.count <= count ? dots : nil
  }

  /// The next three updates of each node that is known but one, none of which is seen.
  func nextOfOthers(than node: NodeID) -> [Dot] {
    vector.nodes.filter { $0 != node }.flatMap { node in
      (1...3).map { Dot(node, vector[node] + $0) }
    }
  }
}

extension CausalContext: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    vector.encode(into: &sink)
    cloud.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let vector = VersionVector(from: &source), let cloud = SortedSet<Dot>(from: &source)
    else { return nil }
    self.vector = vector
    self.cloud = cloud
    let hasGaps = cloud.elements.allSatisfy { $0.number > vector[$0.node] + 1 }
    guard hasGaps || cloud.isEmpty else { return nil }
  }
}
