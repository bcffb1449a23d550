import ClientTransports
import Testing
import Values

@Suite("Replies of RESP2")
struct RESPDecoderTests {
  /// What a decoder makes of parts that come one after another.
  private func decoded(_ parts: [[UInt8]], sizeMax: Int = 1000) throws(RESPMistake) -> [Value] {
    var decoder = RESPDecoder(sizeMax: sizeMax)
    var replies: [Value] = []
    for part in parts {
      decoder.append(part)
      while let reply = try decoder.next() { replies.append(reply) }
    }
    if !decoder.isBetweenReplies { replies.append("more to come") }
    return replies
  }

  private static let sample =
    "+OK\r\n:-42\r\n$-1\r\n*-1\r\n$0\r\n\r\n$4\r\n\r\nä\r\n-ERR no such thing\r\n*0\r\n"
    + "*3\r\n*2\r\n:1\r\n*1\r\n$2\r\nab\r\n-WRONGTYPE no\r\n$-1\r\n+\r\n"
  private static let expected: [Value] = [
    "OK", -42, nil, nil, "", "\r\nä", ["error": "ERR no such thing"], [],
    [[1, ["ab"]], ["error": "WRONGTYPE no"], nil], "",
  ]

  @Test("are the same in whichever two parts they come, and byte by byte")
  func parts() throws {
    let bytes = Array(RESPDecoderTests.sample.utf8)
    for place in 0...bytes.count {
      let replies = try decoded([Array(bytes[..<place]), Array(bytes[place...])])
      #expect(replies == RESPDecoderTests.expected, "in two parts at byte \(place)")
    }
    #expect(try decoded(bytes.map { [$0] }) == RESPDecoderTests.expected)
  }

  @Test("are not there before their last byte")
  func beginnings() throws {
    for text in ["+OK\r\n", ":5\r\n", "$3\r\nabc\r\n", "*2\r\n:1\r\n*1\r\n:2\r\n", "$-1\r\n"] {
      let bytes = Array(text.utf8)
      for count in 1..<bytes.count {
        #expect(try decoded([Array(bytes[..<count])]) == ["more to come"], "\(count) of \(text)")
      }
      #expect(try decoded([bytes]).count == 1)
    }
  }

  @Test(
    "are refused where they are none",
    arguments: [
      ("HTTP/1.1 400 Bad Request\r\n", RESPMistake.unknownKind(72)), (":1x\r\n", .noNumber("1x")),
      (":\r\n", .noNumber("")), ("$x\r\n", .noNumber("x")), ("$-2\r\n", .size(-2, max: 1000)),
      ("*1001\r\n", .size(1001, max: 1000)), ("$9999999\r\n", .size(9_999_999, max: 1000)),
      ("$99999999999999999999\r\n", .noNumber("99999999999999999999")),
      ("$2\r\nabc\r\n", .withoutEnd), ("+OK\n", .withoutEnd), ("+O\rK\r\n", .withoutEnd),
      ("*1\r\nx", .unknownKind(120)), (String(repeating: "*1\r\n", count: 33), .tooDeep),
      ("+" + String(repeating: "x", count: 1 << 16), .longLine),
    ])
  func mistakes(text: String, mistake: RESPMistake) {
    let bytes = Array(text.utf8)
    #expect(throws: mistake) { try decoded([bytes]) }
    guard bytes.count < 1000 else { return }
    #expect(throws: mistake) { try decoded(bytes.map { [$0] }) }
  }

  @Test("never crash the reader, whatever is damaged", arguments: 0..<200 as Range<UInt64>)
  func damaged(seed: UInt64) {
    var draws = Draws(seed: seed)
    var bytes = Array(RESPDecoderTests.sample.utf8)
    for _ in 0...draws.below(3) {
      bytes[draws.below(bytes.count)] = UInt8(draws.below(256))
    }
    let place = draws.below(bytes.count)
    let whole = Result { () throws(RESPMistake) in try decoded([bytes]) }
    let parted = Result { () throws(RESPMistake) in
      try decoded([Array(bytes[..<place]), Array(bytes[place...])])
    }
    #expect(whole == parted)
  }

  @Test("in great numbers are read at once")
  func many() throws {
    let count = 50_000
    let text = "*\(count)\r\n" + (0..<count).map { "$5\r\n\(10_000 + $0 % 10)\r\n" }.joined()
    let bytes = Array(text.utf8)
    let parts = stride(from: 0, to: bytes.count, by: 1000).map {
      Array(bytes[$0..<min($0 + 1000, bytes.count)])
    }
    let replies = try decoded(parts, sizeMax: 1 << 20)
    #expect(replies.count == 1)
    #expect(replies.first?.elements?.count == count)
  }
}
