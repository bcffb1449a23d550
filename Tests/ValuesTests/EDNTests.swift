import Testing
import Values

@Suite("EDN")
struct EDNTests {
  @Test(
    "known texts read as known values",
    arguments: [
      ("nil", .null), (" ,true, ", true), ("false ; no", false), ("\"a\\tb\"", "a\tb"),
      ("\"two\nlines\"", "two\nlines"), (#""\101\7\u20ac""#, "A\u{7}€"),
      (":read", .keyword("read")), (":a.b/c", .keyword("a.b/c")), (":50ms", .keyword("50ms")),
      ("foo", .symbol("foo")), ("-", .symbol("-")), ("+a", .symbol("+a")), ("/", .symbol("/")),
      ("nilly", .symbol("nilly")), ("java.lang/Throwable", .symbol("java.lang/Throwable")),
      (#"\a"#, .character("a")), (#"\newline"#, .character("\n")), (#"\("#, .character("(")),
      (#"\,"#, .character(",")), (#"\\"#, .character("\\")), (#"\u20ac"#, .character("€")),
      (#"\o101"#, .character("A")), (#"\u"#, .character("u")), (#"[\space \a]"#, spaceAndA),
      ("[]", .list([])), ("()", .list([])), ("[1 2]", [1, 2]), ("(1,2)", [1, 2]),
      ("[[:r 559 nil] [:append 559 11]]", transaction),
      ("#{1 3, 2}", .set(ValueSet([1, 2, 3]))), ("#{}", .set(ValueSet([]))),
      ("{}", .map(ValueMap())), ("{:a 1, \"b\" 2}", [.keyword("a"): 1, "b": 2]),
      ("{0 10, 1 14}", [0: 10, 1: 14]), ("{:a 1 :a 2}", [.keyword("a"): 2]),
      ("{\"n1\" #{\"n3\" \"n4\"}}", ["n1": .set(ValueSet(["n3", "n4"]))]),
      ("[1 #_2 #_ [3 4] 5]", [1, 5]), ("#_#_1 2 3", 3), ("[1 ; two\n 2]", [1, 2]),
      ("^:meta [1]", [1]), ("^{:a 1} [^b 1]", [1]),
      ("#inst \"2020-01-01\"", .tagged("inst", "2020-01-01")),
      ("#my/tag #other [1]", .tagged("my/tag", .tagged("other", [1]))),
      ("#jepsen.history.Op{:index 0}", .tagged("jepsen.history.Op", [.keyword("index"): 0])),
      ("#:a{:b 1, :c/d 2, :_/e 3, f 4, 5 6}", namespaced),
    ] as [(String, Value)])
  func reads(text: String, value: Value) throws { #expect(try Value(edn: text) == value) }

  private static let spaceAndA: Value = [.character(" "), .character("a")]
  private static let transaction: Value = [
    [.keyword("r"), 559, nil], [.keyword("append"), 559, 11],
  ]
  private static let namespaced: Value = [
    .keyword("a/b"): 1, .keyword("c/d"): 2, .keyword("e"): 3, .symbol("a/f"): 4, 5: 6,
  ]

  @Test(
    "numbers read as Clojure reads them",
    arguments: [
      ("0", 0), ("-0", 0), ("+7", 7), ("-12", -12), ("12N", 12), ("-0N", 0),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("-9223372036854775808N", .integer(.min)),
      ("9223372036854775808", .number("9223372036854775808")),
      ("+9223372036854775808N", .number("9223372036854775808")),
      ("-99999999999999999999N", .number("-99999999999999999999")),
      ("0x1F", 31), ("-0Xff", -255), ("-0x8000000000000000", .integer(.min)),
      ("0x8000000000000000", .number("0x8000000000000000")), ("0x1fN", 31),
      ("2r101", 5), ("-36rZz", -1295), ("36rN", 23), ("017", 15), ("-00", 0),
      ("1.5", .double(1.5)), ("-3.5e7", .double(-3.5e7)), ("1e3", .double(1000)),
      ("1.", .double(1)), ("2.E-1", .double(0.2)), ("-0.0", .double(-0.0)),
      ("3291485317", 3_291_485_317), ("1e999", .number("1e999")),
      ("0.1M", .number("0.1M")), ("-1M", .number("-1M")), ("2.50M", .number("2.50M")),
      ("2/3", .number("2/3")), ("-4/6", .number("-2/3")), ("6/3", 2), ("0/5", 0),
      ("99999999999999999999/2", .number("99999999999999999999/2")),
      ("##NaN", .number("##NaN")), ("##Inf", .double(.infinity)), ("##-Inf", .double(-.infinity)),
    ] as [(String, Value)])
  func readsNumbers(text: String, value: Value) throws {
    #expect(try Value(edn: text) == value)
    #expect(try Value(edn: value.edn) == value)
  }

  @Test(
    "a broken text is an error that names its place",
    arguments: [
      ("", "line 1, column 1: expected a value, found the end of the text"),
      ("; only a comment", "line 1, column 17: expected a value, found the end of the text"),
      ("]", "line 1, column 1: expected a value, found ']'"),
      ("[1 2)", "line 1, column 5: expected a value, found ')'"),
      (
        "{:a 1\n :b [2",
        "line 2, column 7: expected ']' to end what began in column 5, found the end of the text"
      ),
      (
        "[\n1",
        "line 2, column 2: expected ']' to end what began in line 1, column 1, "
          + "found the end of the text"
      ),
      ("{:a}", "line 1, column 1: expected a value for each key, found a key without one"),
      ("1 2", "line 1, column 3: expected the end of the text, found '2'"),
      ("\n  12x", "line 2, column 3: expected a number, found '12x'"),
      ("08", "line 1, column 1: expected a number, found '08'"),
      ("1/0", "line 1, column 1: expected a number, found '1/0'"),
      ("1/2/3", "line 1, column 1: expected a number, found '1/2/3'"),
      ("37r1", "line 1, column 1: expected a number, found '37r1'"),
      ("2r102", "line 1, column 1: expected a number, found '2r102'"),
      ("0x", "line 1, column 1: expected a number, found '0x'"),
      ("1e", "line 1, column 1: expected a number, found '1e'"),
      (":", "line 1, column 2: expected a keyword's name, found the end of the text"),
      ("::a", "line 1, column 2: expected a keyword's name, found ':'"),
      (#"\bogus"#, #"line 1, column 1: expected a character, found \bogus"#),
      (#"\u+123"#, #"line 1, column 1: expected a character, found \u+123"#),
      ("##Infinity", "line 1, column 3: expected NaN, Inf or -Inf, found 'I'"),
      ("#:a 1", "line 1, column 5: expected a map after its namespace, found '1'"),
      ("#:1{}", "line 1, column 3: expected a namespace, found '1'"),
      ("#inst", "line 1, column 6: expected a value, found the end of the text"),
      ("[#_]", "line 1, column 4: expected a value, found ']'"),
      (
        "\"abc",
        "line 1, column 5: expected '\"' to end the string that began in column 1, "
          + "found the end of the text"
      ),
      (#""\400""#, #"line 1, column 2: expected an octal code of at most \377, found '\'"#),
      ("a\u{1}", "line 1, column 2: expected a value, found byte 0x01"),
    ])
  func refuses(text: String, message: String) {
    let error = #expect(throws: SyntaxError.self) { try Value(edn: text) }
    #expect(error?.description == message)
  }

  @Test(
    "nesting ends at its limit with an error",
    arguments: ["[", "(", "{1 ", "#{", "#a ", "#_", "^", "#:a{b "])
  func limitsDepth(opening: String) {
    let text = String(repeating: opening, count: 200_000)
    let error = #expect(throws: SyntaxError.self) { try Value(edn: text) }
    #expect(error?.expected == "at most 512 levels of nesting")
    let width = opening.utf8.count
    #expect((511 * width + 1...512 * width + 1).contains(error?.column ?? 0))
  }

  @Test(
    "values are written in Clojure's style",
    arguments: [
      (.null, "nil"), (true, "true"), (-5, "-5"), (.double(1), "1.0"),
      (.double(.infinity), "##Inf"), (.double(-.infinity), "##-Inf"), (.double(.nan), "##NaN"),
      (.number("2/3"), "2/3"), ("a\"\n", #""a\"\n""#), (.keyword("read"), ":read"),
      (.symbol("x"), "x"), (.character("a"), #"\a"#), (.character(" "), #"\space"#),
      (.character("\u{1}"), #"\u0001"#), ([1, [2, nil]], "[1 [2 nil]]"),
      (.set(ValueSet([2, 1])), "#{1 2}"), ([.keyword("a"): 1, .keyword("b"): 2], "{:a 1, :b 2}"),
      (.tagged("inst", "2020"), #"#inst "2020""#), (.map(ValueMap()), "{}"), (.list([]), "[]"),
    ] as [(Value, String)])
  func writes(value: Value, text: String) { #expect(value.edn == text) }
}
