import Algorithms
import Nodes
import Testing
import Values

/// A replica of a text that is typed into by hand.
private struct Typist<Text: ToldType> {
  let node: NodeID
  var text = Text()
  private var count = 0
  private(set) var told: [(effect: Text.Effect, dot: Dot)] = []

  init(_ node: Int) { self.node = NodeID(node) }

  mutating func insert(_ element: String, at index: Int) throws {
    try make(ReplicatedUpdate("insert", [.integer(index), .string(element)]))
  }

  mutating func make(_ update: ReplicatedUpdate) throws {
    count += 1
    let dot = Dot(node, count)
    let effect = try text.effect(of: update, at: UpdateOrigin(dot)).effect
    text.apply(effect, of: dot, bugs: [])
    told.append((effect, dot))
  }

  mutating func hear(_ other: Typist) {
    for (effect, dot) in other.told { text.apply(effect, of: dot, bugs: []) }
  }

  var read: String { (text.value.elements ?? []).compactMap(\.name).joined() }
}

@Suite("Texts")
struct TextTypeTests {
  /// What two nodes read that each typed two letters without having heard of the other's.
  private func typed<Text: ToldType>(_: Text.Type, backward: Bool) throws -> [String] {
    var (left, right) = (Typist<Text>(0), Typist<Text>(1))
    for (index, letter) in ["a", "b", "c"].enumerated() {
      try left.insert(letter, at: backward ? 0 : index)
    }
    for (index, letter) in ["x", "y", "z"].enumerated() {
      try right.insert(letter, at: backward ? 0 : index)
    }
    let ears = (left, right)
    left.hear(ears.1)
    right.hear(ears.0)
    return [left.read, right.read]
  }

  @Test("runs that are typed forward do not interleave")
  func forwardRuns() throws {
    #expect(try typed(RGA.self, backward: false) == ["xyzabc", "xyzabc"])
    #expect(try typed(Fugue.self, backward: false) == ["abcxyz", "abcxyz"])
  }

  @Test("runs that are typed backward interleave in a growable array, and not in a fugue")
  func backwardRuns() throws {
    #expect(try typed(RGA.self, backward: true) == ["zcybxa", "zcybxa"])
    #expect(try typed(Fugue.self, backward: true) == ["cbazyx", "cbazyx"])
  }

  @Test("an insert tells what it came between, a delete what it took; greater indices are the end")
  func results() throws {
    var text = Fugue()
    func make(_ update: ReplicatedUpdate, _ number: Int) throws -> Value? {
      let dot = Dot(NodeID(0), number)
      let (effect, result) = try text.effect(of: update, at: UpdateOrigin(dot))
      text.apply(effect, of: dot, bugs: [])
      return result.value
    }
    #expect(try make(ReplicatedUpdate("insert", [7, "a"]), 1) == [nil, "a", nil])
    #expect(try make(ReplicatedUpdate("insert", [7, "c"]), 2) == ["a", "c", nil])
    #expect(try make(ReplicatedUpdate("insert", [1, "b"]), 3) == ["a", "b", "c"])
    #expect(try make(ReplicatedUpdate("delete", 1), 4) == "b")
    #expect(try make(ReplicatedUpdate("insert", [1, "d"]), 5) == ["a", "d", "c"])
    #expect(text.value == ["a", "d", "c"])
    #expect(throws: ErrorReply(.preconditionFailed, "no element there")) {
      try make(ReplicatedUpdate("delete", 3), 6)
    }
    #expect(throws: ErrorReply.self) { try make(ReplicatedUpdate("insert", [-1, "e"]), 6) }
  }

  @Test("what is told before its cause has no place, and breaks nothing")
  func withoutCauses() throws {
    func check<Text: ToldType>(_: Text.Type) throws {
      var typist = Typist<Text>(0)
      try typist.insert("a", at: 0)
      try typist.insert("b", at: 1)
      try typist.make(ReplicatedUpdate("delete", 1))
      var text = Text()
      for (effect, dot) in typist.told.reversed() { text.apply(effect, of: dot, bugs: []) }
      #expect(text.value == ["a"])
    }
    try check(RGA.self)
    try check(Fugue.self)
  }
}
