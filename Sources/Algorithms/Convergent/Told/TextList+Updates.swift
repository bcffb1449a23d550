import Nodes
import Values

extension TextList {
  /// The effect of an update of a text.
  ///
  /// - Parameter insertion: The effect of inserting an element, of an id, after a place, or at the
  /// start.
  func effect(
    of update: ReplicatedUpdate, at origin: UpdateOrigin,
    insertion: (_ left: Int?, Value, _ id: Stamp) -> TextEffect
  ) throws(ErrorReply) -> (effect: TextEffect, result: UpdateResult) {
    switch update.f {
    case "insert":
      let operands = try update.elements(2)
      guard let index = operands[0].integer, index >= 0 else { throw .malformed(update) }
      let left = placeBefore(index)
      let neighbours = neighbours(after: left)
      let result = UpdateResult(value: [neighbours.left, operands[1], neighbours.right])
      let countsOwn = origin.bugs.contains(TextBugs.clockNotAdvanced)
      let id = Stamp(countsOwn ? origin.dot.number : greatest &+ 1, origin.dot.node)
      if origin.bugs.contains(TextBugs.insertByIndex) {
        return (.insertAt(index, operands[1], id: id), result)
      }
      return (insertion(left, operands[1], id), result)
    case "delete":
      let index = try update.integer()
      guard let place = place(ofVisible: index) else { throw .refused("no element there") }
      let result = UpdateResult(value: items[place].element)
      if origin.bugs.contains(TextBugs.deleteByIndex) { return (.deleteAt(index), result) }
      return (.delete(items[place].id), result)
    default: throw .unknown(update)
    }
  }

  /// Applies an effect that is the same for all texts: any but an insert beside an element.
  mutating func applyCommon(_ effect: TextEffect, bugs: Set<String>) {
    switch effect {
    case .insert: break
    case .delete(let id):
      if let place = place(of: id) { delete(at: place, bugs: bugs) }
    case .insertAt(let index, let element, let id):
      insert(element, id: id, at: placeBefore(index).map { $0 + 1 } ?? 0)
    case .deleteAt(let index):
      if let place = place(ofVisible: index) { delete(at: place, bugs: bugs) }
    }
  }
}
