import Testing
import Values

@Suite("Order and equality of values")
struct OrderTests {
  @Test("the order is total and agrees with equality, hashes and encodings")
  func isTotal() {
    var draws = Draws(seed: 1)
    var values = (0..<120).map { _ in draws.value(depth: 2) }
    values += ["é", "e\u{301}", .keyword("é"), .keyword("e\u{301}"), 0, .double(0), .double(-0.0)]
    values += [.double(.nan), .double(.infinity), .list([]), .list([nil]), .map(ValueMap())]
    for a in values {
      #expect(a == a && !(a < a))
      for b in values {
        #expect([a < b, a == b, b < a].count { $0 } == 1, "\(a) and \(b)")
        #expect((a == b) == (a.encoded == b.encoded), "\(a) and \(b)")
        if a == b { #expect(a.hashValue == b.hashValue && a.fingerprint == b.fingerprint) }
      }
    }
    let sorted = values.sorted()
    for (place, low) in sorted.enumerated() {
      for high in sorted[place...] { #expect(!(high < low), "\(low) and \(high)") }
    }
  }

  @Test("kinds come in a fixed order, and lists lexicographically")
  func isKnown() {
    let ascending: [Value] = [
      nil, false, true, -1, 0, 7, -0.5, 1.0, .number("2/3"), "", "a", "b", .keyword("a"),
      .symbol("a"), .character("a"), .list([]), [0], [0, 1], [1], .set(ValueSet([1])),
      .map(ValueMap()), [1: 2], .tagged("a", 2), .tagged("b", 1),
    ]
    #expect(ascending.reversed().sorted() == ascending)
  }

  @Test("texts are equal when their scalars are, zeros whatever their sign, 1 and 1.0 never")
  func equality() {
    #expect(Value.string("é") != .string("e\u{301}"))
    #expect(Value.tagged("é", 1) != .tagged("e\u{301}", 1))
    #expect(Value.double(0) == .double(-0.0))
    #expect(Value.integer(1) != .double(1))
    #expect(Value.string("a") != .keyword("a"))
    #expect(ValueMap([.init(key: "é", value: 1), .init(key: "e\u{301}", value: 2)]).count == 2)
  }

  @Test("a map agrees with a dictionary", arguments: 0..<10 as Range<UInt64>)
  func map(seed: UInt64) {
    var draws = Draws(seed: seed)
    let keys = (0..<12).map { _ in draws.value(depth: 1) }
    let entries = (0..<draws.below(20)).map { _ in
      ValueMap.Entry(key: draws.element(of: keys), value: .integer(draws.below(100)))
    }
    var map = ValueMap(entries)
    var model = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    for _ in 0..<100 {
      let key = draws.element(of: keys)
      let value: Value? = draws.chance(0.4) ? nil : .integer(draws.below(100))
      map[key] = value
      model[key] = value
      #expect(map.count == model.count && map.isEmpty == model.isEmpty)
      for key in keys { #expect(map[key] == model[key]) }
      #expect(map.entries.map(\.key) == model.keys.sorted())
      #expect(ValueMap(draws.shuffled(map.entries)) == map)
    }
  }

  @Test("a set is its distinct elements, sorted", arguments: 0..<10 as Range<UInt64>)
  func set(seed: UInt64) {
    var draws = Draws(seed: seed)
    let elements = (0..<30).map { _ in draws.value(depth: 1) }
    let set = ValueSet(elements + elements.reversed())
    #expect(set.elements == Set(elements).sorted())
    #expect(ValueSet(draws.shuffled(elements)) == set)
  }

  @Test("accessors answer for their kind alone")
  func accessors() {
    let map: Value = ["a": 1, .keyword("b"): 2]
    #expect(map["a"] == 1 && map["b"] == 2 && map["c"] == nil && Value.null["a"] == nil)
    #expect(Value.integer(3).integer == 3 && Value.double(3).integer == nil)
    #expect(Value.set(ValueSet([2, 1])).elements == [1, 2] && Value.null.elements == nil)
    #expect(Value.keyword("k").name == "k" && Value.symbol("s").name == "s")
    #expect(Value.character("c").name == nil && map.map?.count == 2)
  }
}
