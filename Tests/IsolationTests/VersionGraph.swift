/// The serialization graph of one order of versions.
struct VersionGraph {
  enum Kind { case ww, wr, rw }

  /// A read that shows what others wrote.
  struct Read {
    var writer: Int?
    /// Who wrote later versions of the key, in order.
    var later: [Int]
    var reader: Int
  }

  var isUpdate: [Bool]
  var edges: [(from: Int, to: Int, kind: Kind)] = []
  /// Those of each transaction in the order of its steps.
  var reads: [[Read]] = []

  /// Whether nobody misses a part of what it saw another part of before.
  var hasMonotonicViews: Bool {
    reads.allSatisfy { reads in
      reads.indices.allSatisfy { place in
        reads[..<place].allSatisfy { earlier in
          earlier.writer.map { !reads[place].later.contains($0) } ?? true
        }
      }
    }
  }

  /// Whether nobody wrote a key over what it missed when it read it.
  var hasStableCursors: Bool {
    reads.allSatisfy { reads in
      reads.allSatisfy { read in
        guard let own = read.later.firstIndex(of: read.reader) else { return true }
        return own == 0
      }
    }
  }

  /// Whether there is a cycle without repeated nodes for which a predicate holds.
  func hasCycle(_ isBad: (_ nodes: [Int], _ kinds: [Kind]) -> Bool) -> Bool {
    isUpdate.indices.contains { extend([$0], [], isBad) }
  }

  func extend(
    _ nodes: [Int], _ kinds: [Kind], _ isBad: (_ nodes: [Int], _ kinds: [Kind]) -> Bool
  ) -> Bool {
    edges.contains { edge in
      guard edge.from == nodes[nodes.count - 1], edge.to >= nodes[0] else { return false }
      if edge.to == nodes[0] { return isBad(nodes, kinds + [edge.kind]) }
      guard !nodes.contains(edge.to) else { return false }
      return extend(nodes + [edge.to], kinds + [edge.kind], isBad)
    }
  }
}
