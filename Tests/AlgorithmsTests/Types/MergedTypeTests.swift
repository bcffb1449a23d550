import Algorithms
import Nodes
import Testing
import Values

/// A replica of an object that is changed by hand.
private struct Holder<Object: MergedType> {
  let node: NodeID
  var object = Object()
  var clock = StampClock.hybrid
  var wallClock: Nanoseconds = 0
  private var count = 0

  init(_ node: Int) { self.node = NodeID(node) }

  @discardableResult
  mutating func make(_ f: String, _ value: Value = .null) throws -> UpdateResult {
    let origin = UpdateOrigin(Dot(node, count + 1), wallClock: wallClock, clock: clock)
    let (delta, result) = try object.delta(of: ReplicatedUpdate(f, value), at: origin)
    count += 1
    object.merge(delta, bugs: [])
    return result
  }

  mutating func merge(_ other: Holder) { object.merge(other.object, bugs: []) }
}

@Suite("Merged types")
struct MergedTypeTests {
  @Test(
    "a write by a slow clock is lost where stamps are wall clocks, and not where they are hybrid"
  )
  func wallClocks() throws {
    for (clock, expected) in [(StampClock.hybrid, "second"), (.wall, "first")]
      as [(StampClock, Value)]
    {
      var (fast, slow) = (Holder<MergedLWWRegister>(0), Holder<MergedLWWRegister>(1))
      (fast.clock, slow.clock) = (clock, clock)
      fast.wallClock = .seconds(5)
      let first = try fast.make("write", "first")
      slow.merge(fast)
      let second = try slow.make("write", "second")
      #expect(slow.object.value == expected)
      let stamps = [first.stamp, second.stamp].compactMap(\.self)
      #expect((stamps[0] < stamps[1]) == (clock == .hybrid))
    }
  }

  @Test("what the option says is the clock")
  func clockOption() {
    func clock(_ options: [String: String]) -> StampClock {
      StampClock(Configuration(id: NodeID(0), members: [NodeID(0)], options: options))
    }
    #expect(clock([:]) == .hybrid && clock(["clock": "wall"]) == .wall)
  }

  @Test(
    "carts that are united bring removed items back, and lose what was lowered or added at once")
  func cartUnion() throws {
    var (one, two) = (Holder<MergedCartUnion>(0), Holder<MergedCartUnion>(1))
    try one.make("add", ["book", 1])
    try one.make("add", ["pen", 5])
    two.merge(one)
    try one.make("remove", "book")
    try one.make("change", ["pen", 2])
    #expect(one.object.value == [["pen", 2]])
    try two.make("add", ["cup", 1])
    one.merge(two)
    #expect(one.object.value == [["book", 1], ["cup", 1], ["pen", 5]])
    try one.make("add", ["cup", 2])
    try two.make("add", ["cup", 1])
    one.merge(two)
    #expect(one.object.value.elements?[1] == ["cup", 3])
  }

  @Test("the right cart keeps what each meant")
  func cart() throws {
    var (one, two) = (Holder<MergedCart>(0), Holder<MergedCart>(1))
    try one.make("add", ["book", 1])
    try one.make("add", ["pen", 5])
    two.merge(one)
    try one.make("remove", "book")
    try one.make("change", ["pen", 2])
    try two.make("add", ["cup", 1])
    try two.make("add", ["pen", 1])
    one.merge(two)
    #expect(one.object.value == [["cup", 1], ["pen", 3]])
  }

  @Test("what was added and removed leaves no trace but that it was seen")
  func noTombstones() throws {
    var set = Holder<MergedORSet>(0)
    let empty = Holder<MergedORSet>(0).object.encoded.count
    for element in 0..<100 {
      try set.make("add", .integer(element))
      try set.make("remove", .integer(element))
    }
    #expect(set.object.value == [])
    #expect(set.object.encoded.count <= empty + 8)
  }

  @Test("rights that were given are used where they went, and no longer where they came from")
  func rights() throws {
    var (one, two) = (Holder<MergedBoundedCounter>(0), Holder<MergedBoundedCounter>(1))
    try one.make("add", 5)
    #expect(throws: ErrorReply.self) { try two.make("add", -1) }
    try one.make("transfer", [1, 3])
    #expect(throws: ErrorReply(.preconditionFailed, "not enough rights here")) {
      try one.make("add", -3)
    }
    two.merge(one)
    try two.make("add", -3)
    try one.make("add", -2)
    // To give rights to itself makes none.
    try two.make("add", 1)
    try two.make("transfer", [1, 1])
    one.merge(two)
    #expect(one.object.value == 1)
    #expect(throws: ErrorReply.self) { try two.make("add", -2) }
  }

  @Test("what no type knows is not supported, and what can't be read malformed; both are definite")
  func errors() {
    func code<Object: MergedType>(_: Object.Type, _ f: String, _ value: Value) -> ErrorCode? {
      var holder = Holder<Object>(0)
      do {
        try holder.make(f, value)
        return nil
      } catch {
        return (error as? ErrorReply)?.code
      }
    }
    #expect(code(MergedGCounter.self, "read", 1) == .notSupported)
    #expect(code(MergedGCounter.self, "add", -1) == .preconditionFailed)
    #expect(code(MergedPNCounter.self, "add", "1") == .malformedRequest)
    #expect(code(MergedPNCounter.self, "add", .integer(.min)) == .preconditionFailed)
    #expect(code(MergedTwoPhaseSet.self, "remove", 1) == .preconditionFailed)
    #expect(code(MergedEWFlag.self, "enable", 1) == .malformedRequest)
    #expect(code(MergedCart.self, "add", ["a", 0]) == .malformedRequest)
    #expect(code(MergedORMap.self, "update", ["a", "text", "add", 1]) == .malformedRequest)
    #expect(code(MergedORMap.self, "update", ["a", "pn-counter", "add", "b"]) == .malformedRequest)
    var deep: Value = ["a", "pn-counter", "add", 1]
    for _ in 0..<40 { deep = ["a", "or-map", "update", deep] }
    #expect(code(MergedORMap.self, "update", deep) == .preconditionFailed)
  }

  @Test("an update of a nested object revives what a concurrent remove did not see, and no more")
  func nestedObjects() throws {
    var (one, two) = (Holder<MergedORMap>(0), Holder<MergedORMap>(1))
    try one.make("update", ["a", "or-map", "update", ["n", "pn-counter", "add", 5]])
    two.merge(one)
    try one.make("remove", ["a", "or-map"])
    #expect(one.object.value == [])
    try two.make("update", ["a", "or-map", "update", ["n", "pn-counter", "add", 2]])
    one.merge(two)
    #expect(one.object.value == [["a", "or-map", [["n", "pn-counter", 2]]]])
  }
}
