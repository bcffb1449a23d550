/// The last of the crashed operations that do the same.
struct Alike: ~Copyable {
  private struct Deed: Hashable {
    var kind: UInt8
    var seen: Int32
    var target: Int32
  }

  private var few = Column<Int32>()
  private var many: [Deed: Int32] = [:]

  /// Counts an operation in, which has a slot.
  ///
  /// - Returns: The slot of the last one before it that does the same, or -1.
  mutating func add(_ operation: Int32, _ places: borrowing Column<Placement.Place>) -> Int32 {
    let place = places.base + Int(operation)
    for number in 0..<few.count {
      let other = places.base + Int(few[number])
      if other.pointee.target == place.pointee.target && other.pointee.seen == place.pointee.seen
        && other.pointee.kind == place.pointee.kind
      {
        few[number] = operation
        return other.pointee.slot
      }
    }
    if few.count < 32 {
      few.append(operation)
      return -1
    }
    let deed = Deed(
      kind: place.pointee.kind.rawValue, seen: place.pointee.seen, target: place.pointee.target)
    return many.updateValue(place.pointee.slot, forKey: deed) ?? -1
  }
}
