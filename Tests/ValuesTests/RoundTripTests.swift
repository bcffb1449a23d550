import Testing
import Values

@Suite("Round trips of values")
struct RoundTripTests {
  @Test("what JSON can say comes back from JSON and from EDN", arguments: 0..<20 as Range<UInt64>)
  func json(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    for _ in 0..<200 {
      let value = draws.jsonValue()
      #expect(try Value(json: value.json) == value)
      #expect(try Value(edn: value.edn) == value)
      #expect(try Value(json: Value(edn: value.edn).json).json == value.json)
      try #expect(fields(value.json) == value.map?.entries)
    }
  }

  /// An object's fields as they are read in place, sorted; nothing of another value.
  private func fields(_ text: String) throws -> [ValueMap.Entry]? {
    guard text.hasPrefix("{") else { return nil }
    var entries: [ValueMap.Entry] = []
    try Array(text.utf8).withUnsafeBytes { bytes in
      try JSONScanner.fields(of: bytes) { key, value in
        entries.append(.init(key: .string(key.string ?? "?"), value: value.value))
      }
    }
    return entries.sorted()
  }

  @Test("every value comes back from EDN and has JSON", arguments: 0..<20 as Range<UInt64>)
  func edn(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    for _ in 0..<200 {
      let value = draws.value()
      #expect(try Value(edn: value.edn) == value, "\(value.edn)")
      #expect(throws: Never.self) { try Value(json: value.json) }
    }
  }

  @Test("every value comes back from its stable encoding", arguments: 0..<20 as Range<UInt64>)
  func encoding(seed: UInt64) {
    var draws = Draws(seed: seed)
    for _ in 0..<200 {
      let value = draws.value()
      let bytes = value.encoded
      var source = ByteSource(bytes)
      #expect(Value(from: &source) == value)
      #expect(source.remaining == 0)
      for cut in Set([0, 1, bytes.count / 2, bytes.count - 1]) where cut < bytes.count {
        var source = ByteSource(Array(bytes[..<cut]))
        #expect(Value(from: &source) == nil)
      }
    }
  }

  @Test("damaged encodings are read or refused", arguments: 0..<20 as Range<UInt64>)
  func damagedEncodings(seed: UInt64) {
    var draws = Draws(seed: seed)
    for _ in 0..<500 {
      var source = ByteSource(draws.damaged(draws.value().encoded))
      guard let value = Value(from: &source) else { continue }
      var again = ByteSource(value.encoded)
      #expect(Value(from: &again) == value)
    }
  }

  @Test("an encoding that nests without end, or promises too much, is refused")
  func deepEncodings() {
    func nested(_ depth: Int) -> [UInt8] {
      var buffer = ByteBuffer()
      for _ in 0..<depth {
        buffer.put(UInt8(9))
        buffer.put(1)
      }
      return buffer.bytes + [0]
    }
    func read(_ bytes: [UInt8]) -> Value? {
      var source = ByteSource(bytes)
      return Value(from: &source)
    }
    #expect(read(nested(512)) != nil)
    #expect(read(nested(200_000)) == nil)
    for rank in 9...11 as ClosedRange<UInt8> {
      for count in [Int.max, Int.max / 2 + 1, -1, 3] {
        var buffer = ByteBuffer()
        buffer.put(rank)
        buffer.put(count)
        buffer.put([0, 0] as [UInt8])
        #expect(read(buffer.bytes) == nil)
      }
    }
  }

  @Test("an encoding has a known form")
  func knownEncodings() {
    #expect(Value.null.encoded == [0])
    #expect(Value.bool(true).encoded == [1, 1])
    #expect(Value.integer(-1).encoded == [2] + Array(repeating: 255, count: 8))
    #expect(Value.string("é").encoded == [5, 2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xa9])
    #expect(Value.list([nil]).encoded == [9, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(Value.double(.nan).encoded.first == 3)
    var source = ByteSource(Value.double(.nan).encoded)
    #expect(Value(from: &source) == .number("##NaN"))
  }
}
