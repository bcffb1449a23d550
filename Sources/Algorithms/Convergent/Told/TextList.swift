import Nodes
import Values

/// The elements of a text in their order, those that were deleted among them.
struct TextList: Hashable, Sendable {
  /// An element, or what is left of it.
  struct Item: Hashable, Sendable, StablyEncodable {
    var id: Stamp
    var element: Value
    var isDeleted = false

    func encode(into sink: inout some ByteSink) {
      id.encode(into: &sink)
      element.encode(into: &sink)
      sink.put(isDeleted)
    }
  }

  private(set) var items: [Item] = []
  /// The greatest time of all ids, those of deleted elements among them.
  private(set) var greatest = 0

  var visible: [Value] { items.lazy.filter { !$0.isDeleted }.map(\.element) }

  /// The place of an element.
  ///
  /// - Complexity: Linear in the distance from the end.
  func place(of id: Stamp) -> Int? { items.lastIndex { $0.id == id } }

  /// The place of the visible element of an index, or nothing where there are no more than so many.
  func place(ofVisible index: Int) -> Int? {
    guard index >= 0 else { return nil }
    var rest = index
    for place in items.indices where !items[place].isDeleted {
      if rest == 0 { return place }
      rest -= 1
    }
    return nil
  }

  /// The place of the visible element after which an element of an index goes; nothing at the
  /// start.
  ///
  /// Greater indices count as the end.
  func placeBefore(_ index: Int) -> Int? {
    place(ofVisible: index - 1) ?? (index > 0 ? items.lastIndex { !$0.isDeleted } : nil)
  }

  /// The visible elements on both sides of where one goes that follows a place, or null.
  func neighbours(after place: Int?) -> (left: Value, right: Value) {
    let right = items[((place ?? -1) + 1)...].first { !$0.isDeleted }
    return (place.map { items[$0].element } ?? .null, right?.element ?? .null)
  }

  mutating func insert(_ element: Value, id: Stamp, at place: Int) {
    items.insert(Item(id: id, element: element), at: place)
    greatest = max(greatest, id.time)
  }

  /// Deletes the element at a place; what is left of it keeps the order of the others.
  mutating func delete(at place: Int, bugs: Set<String>) {
    if bugs.contains(TextBugs.tombstoneShown) {
      items[place].element = .null
    } else if bugs.contains(TextBugs.tombstoneDropped) {
      items.remove(at: place)
    } else {
      items[place].isDeleted = true
    }
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(items)
    sink.put(greatest)
  }
}

/// The planted bugs of texts.
enum TextBugs {
  static let insertByIndex = PlantedBug(
    "insert-by-index", "an insert tells its index, not the element beside it",
    source: "Ellis and Gibbs, Concurrency control in groupware systems (1989): indices shift under "
      + "concurrent updates.",
    violates: ["diverging", "unexplained", "misordered", "interleaved"])
  static let deleteByIndex = PlantedBug(
    "delete-by-index", "a delete tells its index, not the element",
    source: "Ellis and Gibbs, Concurrency control in groupware systems (1989): indices shift under "
      + "concurrent updates.",
    violates: ["diverging", "unexplained", "lost", "misordered", "interleaved"])
  static let tombstoneDropped = PlantedBug(
    "tombstone-dropped",
    "nothing is left of a deleted element, so that what was inserted beside it has no place",
    source:
      "Roh et al., Replicated abstract data types (2011): tombstones stay while an "
      + "update may refer to them.",
    violates: ["diverging", "unexplained", "misordered", "interleaved", "lost"])
  static let tombstoneShown = PlantedBug(
    "tombstone-shown", "what is left of a deleted element is shown",
    source:
      "Roh et al., Replicated abstract data types (2011): tombstones are invisible.",
    violates: ["phantom", "duplicated", "unexplained", "misordered", "interleaved"])
  static let arrivalOrder = PlantedBug(
    "arrival-order", "what is inserted at the same place is in the order of its arrival",
    source:
      "Roh et al., Replicated abstract data types (2011): concurrent updates need one "
      + "order of precedence everywhere.",
    violates: ["diverging", "misordered", "interleaved"])
  static let tieUnbroken = PlantedBug(
    "tie-unbroken",
    "inserts of the same time at the same place are in the order of their arrival",
    source:
      "Lamport, Time, clocks, and the ordering of events (1978): ties are broken by the process.",
    violates: ["diverging", "misordered", "interleaved"])
  static let clockNotAdvanced = PlantedBug(
    "clock-not-advanced", "a node's clock counts its own updates, whatever it has seen",
    source:
      "Roh et al. (2011): a site's clock is set past all that it has seen; Lamport "
      + "(1978), rule IR2.",
    violates: ["misordered", "unexplained", "interleaved"])
  static let runsInterleaved = PlantedBug(
    "runs-interleaved",
    "what is typed on from an element goes beside it as its sibling, in the order of time",
    source:
      "Kleppmann et al., Interleaving anomalies in collaborative text editors (2019): Logoot.",
    violates: ["interleaved"])
}
