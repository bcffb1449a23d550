import Testing
import Values

@Suite("JSON")
struct JSONTests {
  @Test(
    "known texts read as known values",
    arguments: [
      ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-17", -17),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number("9223372036854775808")),
      ("-9223372036854775809", .number("-9223372036854775809")),
      ("1.0", .double(1)), ("-0.5e-3", .double(-0.0005)), ("1E2", .double(100)),
      ("1e999", .number("1e999")), ("\"\"", ""), ("\"a\\/b\"", "a/b"),
      (#""\u00e9\n\t\r\b\f\\\"""#, "é\n\t\r\u{8}\u{c}\\\""),
      (#""\uD83D\uDE00x""#, "😀x"), ("\"naïve 😀\"", "naïve 😀"),
      ("[]", .list([])), ("[ 1 , [ ] , {} ]", [1, .list([]), .map(ValueMap())]),
      (#"{"b":1,"a":[2,null]}"#, ["a": [2, nil], "b": 1]), (#"{"a":1,"a":2}"#, ["a": 2]),
    ] as [(String, Value)])
  func reads(text: String, value: Value) throws { #expect(try Value(json: text) == value) }

  @Test(
    "a broken text is an error that names its place",
    arguments: [
      ("", "line 1, column 1: expected a value, found the end of the text"),
      ("nul", "line 1, column 1: expected a value, found 'n'"),
      ("[1,]", "line 1, column 4: expected a value, found ']'"),
      ("[1 2]", "line 1, column 4: expected ',' or ']', found '2'"),
      ("{\"a\":1\n \"b\":2}", "line 2, column 2: expected ',' or '}', found '\"'"),
      ("{a:1}", "line 1, column 2: expected a string, found 'a'"),
      ("{\"a\" 1}", "line 1, column 6: expected ':', found '1'"),
      ("{\"a\":1,}", "line 1, column 8: expected a string, found '}'"),
      ("1 2", "line 1, column 3: expected the end of the text, found '2'"),
      ("01", "line 1, column 2: expected no digit after a leading zero, found '1'"),
      ("-", "line 1, column 2: expected a digit, found the end of the text"),
      ("1.", "line 1, column 3: expected a digit, found the end of the text"),
      ("1e+x", "line 1, column 4: expected a digit, found 'x'"),
      ("NaN", "line 1, column 1: expected a value, found 'N'"),
      (
        "\"a\nb\"",
        "line 1, column 3: expected a control character to be escaped, "
          + "found the end of the line"
      ),
      (
        "\"a\u{1}\"",
        "line 1, column 3: expected a control character to be escaped, "
          + "found byte 0x01"
      ),
      (
        "\"abc",
        "line 1, column 5: expected '\"' to end the string that began in column 1, "
          + "found the end of the text"
      ),
      (
        #""\x""#,
        "line 1, column 3: expected one of \" \\ / b f n r t u after a backslash, "
          + "found 'x'"
      ),
      (#""\u12g4""#, "line 1, column 6: expected a hexadecimal digit, found 'g'"),
      (#""\ud83d""#, "line 1, column 2: expected a Unicode scalar, found half a surrogate pair"),
      (#""\ude00""#, "line 1, column 2: expected a Unicode scalar, found half a surrogate pair"),
      (#""\ud83d\n""#, "line 1, column 2: expected a Unicode scalar, found half a surrogate pair"),
      (
        #""\ud83dA""#,
        "line 1, column 2: expected a Unicode scalar, found half a surrogate pair"
      ),
      ("é", "line 1, column 1: expected a value, found 'é'"),
    ])
  func refuses(text: String, message: String) {
    let error = #expect(throws: SyntaxError.self) { try Value(json: text) }
    #expect(error?.description == message)
    let scanned = #expect(throws: SyntaxError.self) {
      try Array(text.utf8).withUnsafeBytes { try JSONScanner.validate($0) }
    }
    #expect(scanned == error)
  }

  @Test(
    "what is no UTF-8 is an error",
    arguments: [
      [0xff], [0xc0, 0x80], [0xc3], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80],
    ] as [[UInt8]])
  func refusesInvalidUTF8(bytes: [UInt8]) {
    let text = Array("\"ab".utf8) + bytes + Array("\"".utf8)
    let error = #expect(throws: SyntaxError.self) { try Value(json: text) }
    #expect(error?.expected == "UTF-8")
    #expect(error?.column == 4)
  }

  @Test("nesting ends at its limit with an error")
  func limitsDepth() throws {
    let limit = JSONScanner.depthLimit
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try Value(json: nested(limit)).json == nested(limit))
    let error = #expect(throws: SyntaxError.self) { try Value(json: nested(limit + 1)) }
    #expect(error?.expected == "at most 512 levels of nesting")
    #expect(throws: SyntaxError.self) {
      try Value(json: String(repeating: "{\"a\":", count: 1_000_000))
    }
  }

  @Test(
    "what JSON lacks is written as the nearest thing it has",
    arguments: [
      (.keyword("read"), #""read""#), (.symbol("a/b"), #""a/b""#), (.character("x"), #""x""#),
      (.set(ValueSet([3, 1, 2])), "[1,2,3]"), (.number("12N"), "12"), (.number("0.1M"), "0.1"),
      (.number("+7N"), "7"), (.number("2/3"), #""2/3""#), (.number("##NaN"), "\"##NaN\""),
      (.number("1e999"), "1e999"), (.number("007"), #""007""#), (.number(""), #""""#),
      (.double(.infinity), #""inf""#), (.double(1), "1.0"), (.double(1e300), "1e+300"),
      (.tagged("inst", "2020"), #""2020""#), ([1: 2], #"{"1":2}"#),
      ([[1, "a"]: nil], #"{"[1,\"a\"]":null}"#), ([.keyword("k"): true], #"{"k":true}"#),
      ("\u{1}\u{1f}\"\\\n\r\t", #""\u0001\u001f\"\\\n\r\t""#), ("é😀", "\"é😀\""),
      (.integer(.min), "-9223372036854775808"), (.integer(.max), "9223372036854775807"),
      (-1, "-1"), (10, "10"),
    ] as [(Value, String)])
  func writes(value: Value, text: String) throws {
    #expect(value.json == text)
    #expect(throws: Never.self) { try Value(json: text) }
  }

  @Test("an object's fields are handed out in place")
  func scansFields() throws {
    let text =
      #" { "src" : "n1", "dest":"c\u0031","\u0062ody":{"type":"echo","n":[1,{}]},"#
      + #""id":-12,"big":99999999999999999999,"none":null} "#
    var seen: [String] = []
    try Array(text.utf8).withUnsafeBytes { bytes in
      try JSONScanner.fields(of: bytes) { key, value in
        seen.append(String(decoding: value.bytes, as: UTF8.self))
        if key.isString("src") { #expect(value.isString("n1") && !value.isString("n")) }
        if key.isString("dest") { #expect(value.isString("c1") && value.string == "c1") }
        if key.isString("body") {
          #expect(value.isObject && value.value == ["type": "echo", "n": [1, .map(ValueMap())]])
          #expect(value.text[value.range.lowerBound] == UInt8(ascii: "{"))
        }
        if key.isString("id") { #expect(value.integer == -12 && value.string == nil) }
        if key.isString("big") { #expect(value.integer == nil) }
        if key.isString("none") { #expect(value.isNull && value.integer == nil) }
      }
    }
    #expect(
      seen == [
        #""n1""#, #""c\u0031""#, #"{"type":"echo","n":[1,{}]}"#, "-12", "99999999999999999999",
        "null",
      ])
    let error = #expect(throws: SyntaxError.self) {
      try Array("[1]".utf8).withUnsafeBytes { try JSONScanner.fields(of: $0) { _, _ in } }
    }
    #expect(error?.expected == "an object")
  }
}
