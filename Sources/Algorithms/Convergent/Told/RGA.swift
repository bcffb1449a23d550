public import Nodes
public import Values

/// A replicated growable array: each element is inserted after another one, the later before the
/// earlier.
///
/// Roh et al., *Replicated abstract data types: building blocks for collaborative applications*
/// (2011), on growable arrays: a list with tombstones; of elements after the same one, that of the
/// greater stamp is first. As every stamp is greater than all that its node has seen, it skips
/// greater ones and all that hangs on them. It satisfies the strong list specification (Attiya et
/// al., 2016). Runs that are typed forward do not interleave; runs that are typed backward may
/// (Weidner and Kleppmann, 2023, section 2).
public struct RGA: ToldType {
  public static let description = AlgorithmDescription(
    name: "crdt-rga", summary: "A text of operations that are told: a replicated growable array.",
    promise:
      "All reads agree with one order of all elements, in which each stands where it was inserted; "
      + "runs that are typed forward do not interleave.",
    assumptions:
      "Operations are delivered once, after all that they have seen. Nodes that fail come "
      + "back; a disk keeps what was synced.",
    paper: "Roh et al.: Replicated abstract data types (2011), growable arrays.",
    bugs: [
      TextBugs.insertByIndex, TextBugs.deleteByIndex, TextBugs.arrivalOrder, TextBugs.tieUnbroken,
      TextBugs.clockNotAdvanced, TextBugs.tombstoneDropped,
    ],
    workloads: ["crdt-text"])

  public typealias Effect = TextEffect

  private var list = TextList()

  public init() {}

  public var value: Value { .list(list.visible) }

  public func effect(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (effect: TextEffect, result: UpdateResult) {
    try list.effect(of: update, at: origin) { left, element, id in
      .insert(element, id: id, beside: left.map { list.items[$0].id }, .right)
    }
  }

  /// An insert beside an element that is not here is not made, nor is a delete of it: operations
  /// are told in causal order.
  ///
  /// - Complexity: Linear in the text.
  public mutating func apply(_ effect: TextEffect, of dot: Dot, bugs: Set<String>) {
    switch effect {
    case .insert(let element, let id, let neighbour, _):
      var place = 0
      if let neighbour {
        guard let left = list.place(of: neighbour) else { return }
        place = left + 1
      }
      if !bugs.contains(TextBugs.arrivalOrder) {
        while place < list.items.count, isFirst(list.items[place].id, of: id, bugs) { place += 1 }
      }
      list.insert(element, id: id, at: place)
    default: list.applyCommon(effect, bugs: bugs)
    }
  }

  private func isFirst(_ other: Stamp, of id: Stamp, _ bugs: Set<String>) -> Bool {
    bugs.contains(TextBugs.tieUnbroken) ? other.time > id.time : other > id
  }

  public func encode(into sink: inout some ByteSink) { list.encode(into: &sink) }
}
