public import Nodes
public import Values

/// A text as a tree in which elements hang on the left or on the right of others.
///
/// Weidner and Kleppmann, *The art of the fugue: minimizing interleaving in collaborative text
/// editing* (2023), algorithm 1. The text is the tree's elements, each after what hangs on its left
/// and before what hangs on its right, siblings in the order of their ids. An element is hung on
/// the right of the one before it, or, where that has something on its right already, on the left
/// of the one after it: so runs keep together, be they typed forward or backward. (FugueMax, which
/// orders the siblings on the right by what they were inserted before, is not here: it also parts
/// the rarer runs whose ends were split.) It satisfies the strong list specification.
public struct Fugue: ToldType {
  public static let description = AlgorithmDescription(
    name: "crdt-fugue", summary: "A text of operations that are told, in which no runs interleave.",
    promise:
      "All reads agree with one order of all elements, in which each stands where it was inserted; "
      + "runs that are typed forward or backward do not interleave.",
    assumptions:
      "Operations are delivered once, after all that they have seen. Nodes that fail come "
      + "back; a disk keeps what was synced.",
    paper: "Weidner and Kleppmann: The art of the fugue (2023), algorithm 1.",
    bugs: [
      TextBugs.insertByIndex, TextBugs.deleteByIndex, TextBugs.arrivalOrder,
      TextBugs.runsInterleaved, TextBugs.tombstoneShown, TextBugs.tombstoneDropped,
    ],
    workloads: ["crdt-text"])

  public typealias Effect = TextEffect

  /// What an element hangs on, and what hangs on it.
  private struct Links: Hashable, Sendable, StablyEncodable {
    var parent: Stamp?
    var side = TextSide.right
    /// In the order of the text.
    var lefts: [Stamp] = []
    var rights: [Stamp] = []

    func encode(into sink: inout some ByteSink) {
      sink.put(parent)
      sink.put(side.rawValue)
      sink.put(lefts)
      sink.put(rights)
    }
  }

  private var list = TextList()
  private var links = SortedMap<Stamp, Links>()
  /// What hangs on the start of the text, on its right.
  private var roots: [Stamp] = []

  public init() {}

  public var value: Value { .list(list.visible) }

  public func effect(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (effect: TextEffect, result: UpdateResult) {
    try list.effect(of: update, at: origin) { left, element, id in
      let leftID = left.map { list.items[$0].id }
      if origin.bugs.contains(TextBugs.runsInterleaved), let leftID, let beside = besides(leftID) {
        return .insert(element, id: id, beside: beside.parent, .right)
      }
      let next = (left ?? -1) + 1
      let hasRights = !(leftID.map { links[$0]?.rights ?? [] } ?? roots).isEmpty
      if hasRights, next < list.items.count {
        return .insert(element, id: id, beside: list.items[next].id, .left)
      }
      return .insert(element, id: id, beside: leftID, .right)
    }
  }

  /// The links of an element after which a later sibling would directly follow.
  private func besides(_ id: Stamp) -> Links? {
    guard let links = links[id], links.rights.isEmpty, links.side == .right else { return nil }
    let siblings = links.parent.map { self.links[$0]?.rights ?? [] } ?? roots
    return siblings.last == id ? links : nil
  }

  /// An insert beside an element that is not here is not made, nor is a delete of it: operations
  /// are told in causal order.
  ///
  /// - Complexity: Linear in the text.
  public mutating func apply(_ effect: TextEffect, of dot: Dot, bugs: Set<String>) {
    switch effect {
    case .insert(let element, let id, let parent, let side):
      hang(element, id, on: parent, side, bugs)
    case .insertAt(_, _, let id):
      links[id] = Links()
      list.applyCommon(effect, bugs: bugs)
    default: list.applyCommon(effect, bugs: bugs)
    }
  }

  private mutating func hang(
    _ element: Value, _ id: Stamp, on parent: Stamp?, _ side: TextSide, _ bugs: Set<String>
  ) {
    var siblings = roots
    if let parent {
      guard let links = links[parent] else { return }
      siblings = side == .left ? links.lefts : links.rights
    }
    var rank = siblings.firstIndex { $0 > id } ?? siblings.count
    if bugs.contains(TextBugs.arrivalOrder) { rank = siblings.count }
    guard let place = place(ofSibling: rank, among: siblings, on: parent, side) else { return }
    list.insert(element, id: id, at: place)
    links[id] = Links(parent: parent, side: side)
    siblings.insert(id, at: rank)
    guard let parent else {
      roots = siblings
      return
    }
    links.update(parent) { links in
      if side == .left { links.lefts = siblings } else { links.rights = siblings }
    }
  }

  /// The place in the text of a sibling that is to come before the one of a rank.
  private func place(
    ofSibling rank: Int, among siblings: [Stamp], on parent: Stamp?, _ side: TextSide
  ) -> Int? {
    if rank > 0 {
      var last = siblings[rank - 1]
      while let next = links[last]?.rights.last { last = next }
      return list.place(of: last).map { $0 + 1 }
    }
    guard let parent else { return 0 }
    if side == .right { return list.place(of: parent).map { $0 + 1 } }
    var first = parent
    while let next = links[first]?.lefts.first { first = next }
    return list.place(of: first)
  }

  public func encode(into sink: inout some ByteSink) {
    list.encode(into: &sink)
    links.encode(into: &sink)
    sink.put(roots)
  }
}
