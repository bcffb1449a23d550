import Histories
import Testing
import Values

@Suite("Tables of values")
struct ValueTableTests {
  @Test("equal values have equal codes, others have others", arguments: 0..<20 as Range<UInt64>)
  func codes(seed: UInt64) {
    var draws = Draws(seed: seed)
    var table = ValueTable()
    var codes: [Value: ValueCode] = [:]
    for _ in 0..<2_000 {
      let value = draws.chance(0.5) ? draws.plainValue() : draws.oddValue()
      let code = table.code(of: value)
      if let known = codes[value] { #expect(code == known) } else { codes[value] = code }
      #expect(table.value(of: code) == value)
      #expect(table.elements(of: code)?.map { table.value(of: $0) } == value.list)
    }
    #expect(Set(codes.values).count == codes.count)
  }

  @Test("a hundred thousand lists, texts and long integers are told apart")
  func many() {
    var table = ValueTable()
    for _ in 0..<2 {
      for number in 1...100_000 {
        let values: [Value] = [
          [.integer(number), .integer(number % 7)], .string("\(number)"), .keyword("\(number)"),
          .integer(number << 32),
        ]
        for (place, value) in values.enumerated() {
          let code = table.code(of: value)
          #expect(code.number == 3 + 4 * (number - 1) + place)
          #expect(table.value(of: code) == value)
        }
      }
    }
    #expect(table.count == 3 + 4 * 100_000)
  }

  @Test("pairs are lists of two")
  func pairs() {
    var table = ValueTable()
    let pair = table.code(of: [5, "x"])
    #expect(table.pair(of: pair).map { table.value(of: $0.0) } == 5)
    #expect(table.pair(of: pair).map { table.value(of: $0.1) } == "x")
    for other in [table.code(of: [1, 2, 3]), table.code(of: 1), .null] {
      #expect(table.pair(of: other) == nil)
    }
    #expect(table.isList(pair) && !table.isList(.null))
  }
}

extension Value {
  fileprivate var list: [Value]? {
    if case .list(let elements) = self { elements } else { nil }
  }
}
