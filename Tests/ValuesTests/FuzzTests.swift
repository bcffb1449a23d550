import Testing
import Values

@Suite("Damaged texts")
struct FuzzTests {
  static let seeds = 0..<40 as Range<UInt64>

  @Test("JSON is read or refused with a place inside it", arguments: seeds)
  func json(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    for _ in 0..<200 {
      let valid = Array(draws.jsonValue().json.utf8)
      check(json: draws.chance(0.1) ? draws.bytes(draws.below(40)) : draws.damaged(valid))
    }
  }

  private func check(json text: [UInt8]) {
    let validated = Result { () throws(SyntaxError) in
      try text.withUnsafeBufferPointer { (bytes) throws(SyntaxError) in
        try JSONScanner.validate(UnsafeRawBufferPointer(bytes))
      }
    }
    switch Result(catching: { () throws(SyntaxError) in try Value(json: text) }) {
    case .success(let value):
      #expect(throws: Never.self) { try validated.get() }
      #expect((try? Value(json: value.json)) == value)
    case .failure(let error):
      #expect(isInside(error, text), "\(error) in \(text)")
      #expect(throws: error) { try validated.get() }
    }
  }

  @Test("EDN is read or refused with a place inside it", arguments: seeds)
  func edn(seed: UInt64) {
    var draws = Draws(seed: seed)
    for _ in 0..<200 {
      let valid = Array(draws.value().edn.utf8)
      check(edn: draws.chance(0.1) ? draws.bytes(draws.below(40)) : draws.damaged(valid))
    }
  }

  private func check(edn text: [UInt8]) {
    do throws(SyntaxError) {
      let value = try text.withUnsafeBufferPointer { (bytes) throws(SyntaxError) -> Value in
        var reader = EDNReader(UnsafeRawBufferPointer(bytes))
        return try reader.value()
      }
      #expect((try? Value(edn: value.edn)) == value, "\(value.edn) of \(text)")
    } catch {
      #expect(isInside(error, text), "\(error) in \(text)")
    }
  }

  @Test("every prefix of a text is read or refused", arguments: 0..<5 as Range<UInt64>)
  func prefixes(seed: UInt64) {
    var draws = Draws(seed: seed)
    let json = Array(draws.jsonValue(depth: 4).json.utf8)
    let edn = Array(draws.value(depth: 4).edn.utf8)
    for end in json.indices { check(json: Array(json[..<end])) }
    for end in edn.indices { check(edn: Array(edn[..<end])) }
  }
}
