/// Which parts of the state each operation touches, where the object tells.
struct Footprints: ~Copyable {
  /// A touch, and the next operations that touch the same part so.
  struct Link {
    /// The part, of those that occur.
    var part: Int32
    /// The object's number of the part.
    var name: Int32
    var looks: Bool
    var sets: Bool
    /// The next operation that looks at the part and must take effect, or -1.
    var nextLook: Int32 = -1
    /// The next operation that sets the part anew, or -1.
    var nextSet: Int32 = -1
  }

  /// What is not yet invoked where the search stands.
  struct Part {
    var nextLook: Int32 = -1
    var nextSet: Int32 = -1
  }

  private(set) var links: Column<Link>
  /// For each operation where its links begin.
  private(set) var starts: Column<Int32>
  /// For each operation the parts that it touches; parts share bits where they are many.
  private(set) var masks: Column<UInt64>
  private(set) var parts = Column<Part>()

  /// Whether the touches of all operations are known.
  private(set) var areKnown = false

  /// No footprints.
  init() {
    links = Column()
    starts = Column()
    masks = Column()
  }

  init(_ placement: borrowing Placement, _ machine: StateMachine) {
    self.init()
    var numbering = DenseNumbering(capacity: 16)
    for operation in 0..<placement.places.count {
      starts.append(Int32(links.count))
      guard let touches = machine.touches(of: placement.places[operation].seen) else { return }
      var mask: UInt64 = 0
      for touch in touches {
        let part = numbering.number(of: touch.part) - 1
        links.append(
          Link(part: part, name: touch.part, looks: touch.looks, sets: touch.sets))
        mask |= 1 &<< UInt64(part & 63)
      }
      masks.append(mask)
    }
    starts.append(Int32(links.count))
    areKnown = true
    parts = Column(repeating: Part(), count: numbering.count - 1)
    for operation in (0..<placement.places.count).reversed() {
      let place = placement.places[operation]
      if !place.isDropped { link(Int32(operation), isRequired: place.isRequired) }
    }
  }

  private func link(_ operation: Int32, isRequired: Bool) {
    for number in links(of: operation) {
      let link = links.base + number
      let part = parts.base + Int(link.pointee.part)
      (link.pointee.nextLook, link.pointee.nextSet) = (part.pointee.nextLook, part.pointee.nextSet)
      if link.pointee.looks && isRequired { part.pointee.nextLook = operation }
      if link.pointee.sets { part.pointee.nextSet = operation }
    }
  }

  @inline(__always)
  func links(of operation: Int32) -> Range<Int> {
    Int(starts[Int(operation)])..<Int(starts[Int(operation) + 1])
  }

  /// Passes an operation's invocation.
  func pass(_ operation: Int32) {
    for number in links(of: operation) {
      let link = links[number]
      let part = parts.base + Int(link.part)
      (part.pointee.nextLook, part.pointee.nextSet) = (link.nextLook, link.nextSet)
    }
  }

  /// Goes back before an operation's invocation.
  func goBack(before operation: Int32, isRequired: Bool) {
    for number in links(of: operation) {
      let link = links[number]
      let part = parts.base + Int(link.part)
      if link.looks && isRequired { part.pointee.nextLook = operation }
      if link.sets { part.pointee.nextSet = operation }
    }
  }

  /// How an operation touches a part.
  func link(_ operation: Int32, to part: Int32) -> Link? {
    for number in links(of: operation) where links[number].part == part { return links[number] }
    return nil
  }
}
