import Suites
import Testing

/// A node as a text that tells everything apart but positions.
func outline(_ node: YAMLNode) -> String {
  switch node.content {
  case .scalar(let text, let isPlain): isPlain ? "<\(text)>" : "\"\(text)\""
  case .sequence(let elements): "[\(elements.map(outline).joined(separator: ","))]"
  case .mapping(let entries):
    "{\(entries.map { "\($0.key):\(outline($0.value))" }.joined(separator: ","))}"
  case .nothing: "-"
  }
}

@Suite("YAML")
struct YAMLTests {
  @Test(
    "is read as it is meant",
    arguments: [
      ("a: 1", "{a:<1>}"), ("a: 1\nb: 2\n", "{a:<1>,b:<2>}"), ("a:\n  b: c", "{a:{b:<c>}}"),
      ("- a\n- b", "[<a>,<b>]"), ("a:\n- b\n- c\nd: e", "{a:[<b>,<c>],d:<e>}"),
      ("- a: 1\n  b: 2\n- c: 3", "[{a:<1>,b:<2>},{c:<3>}]"),
      ("- - a\n  - b\n- c", "[[<a>,<b>],<c>]"),
      ("-\n  a: 1\n-\n", "[{a:<1>},-]"), ("a:\nb:", "{a:-,b:-}"), ("", "-"), ("# only\n", "-"),
      ("[a, b , [c], {d: e}]", "[<a>,<b>,[<c>],{d:<e>}]"), ("{}", "{}"), ("[]", "[]"),
      ("a: [1,\n  2, # two\n 3,\n]", "{a:[<1>,<2>,<3>]}"), ("{\"a\":1, b: }", "{a:<1>,b:-}"),
      ("a: b c # d", "{a:<b c>}"), ("a: b#c", "{a:<b#c>}"), ("a: 'it''s'", "{a:\"it's\"}"),
      ("a: \"x\\ty\\u00e9\\\"\"", "{a:\"x\ty\u{e9}\"\"}"), ("'a b': c", "{a b:<c>}"),
      ("a: http://x:1/y", "{a:<http://x:1/y>}"), ("a: --flag", "{a:<--flag>}"),
      ("---\na: 1\n...\n", "{a:<1>}"), ("\u{feff}a: 1", "{a:<1>}"),
      ("a: 1\r\nb: 2\r\n", "{a:<1>,b:<2>}"),
      ("a: {kill: {b: [c]}}", "{a:{kill:{b:[<c>]}}}"), ("  a: 1\n  b: 2", "{a:<1>,b:<2>}"),
      ("a: -1\nb: kill:one", "{a:<-1>,b:<kill:one>}"), ("a : 1", "{a:<1>}"),
    ])
  func known(text: String, expected: String) throws {
    #expect(outline(try YAMLNode(yaml: text)) == expected)
  }

  @Test(
    "that can't be meant is refused where it stands",
    arguments: [
      ("a: 1\n b: 2", 2, 2, "deeper"), ("a:\n  b: 1\n c: 2", 3, 2, "deeper"),
      ("  a: 1\nb: 2", 2, 1, "belongs to nothing"), ("a: b: c", 1, 5, "{key: value}"),
      ("a: &x 1", 1, 4, "anchors"), ("a: *x", 1, 4, "anchors"), ("a: !!str 1", 1, 4, "tags"),
      ("a: |\n  x", 1, 4, "block scalars"), ("a: >\n  x", 1, 4, "block scalars"),
      ("a: [1, 2", 1, 9, "comma or ]"), ("a: {b: 1", 1, 9, "comma or }"),
      ("a: {b 1}", 1, 5, "a key and a colon"), ("a: \"x", 1, 4, "does not end"),
      ("a: 'x\ny'", 1, 4, "does not end"), ("a: \"\\q\"", 1, 5, "escape"),
      ("a: \"\\u12\"", 1, 5, "hexadecimal"), ("a: \"\\ud800\"", 1, 5, "hexadecimal"),
      ("\ta: 1", 1, 1, "tab"), ("a:\n\tb: 1", 2, 1, "tab"),
      ("a: 1\na: 2", 2, 1, "already, in line 1"),
      ("{a: 1, a: 2}", 1, 8, "already"), ("a: @b", 1, 4, "quote it"), ("a: - b", 1, 4, "own"),
      ("a: [b: c]", 1, 6, "{key: value}"), ("a: \"b\" c", 1, 8, "end of the line"),
      ("---\na: 1\n---\nb: 1", 3, 1, "one document"), ("%YAML 1.2\n---\na: 1", 1, 1, "directives"),
      ("a: \u{7}", 1, 4, "U+7"), ("a: 1\nb", 2, 1, "a key and a colon"),
      ("[a]: 1", 1, 1, "a key is"),
      ("a: 1\n- b", 2, 1, "list's element"), ("- a\nb: 1", 2, 1, "nothing above"),
      ("a: é: b", 1, 5, "{key: value}"), ("a: ]", 1, 4, "begin with ]"),
    ])
  func refused(text: String, line: Int, column: Int, message: String) throws {
    let error = #expect(throws: Mistake.self) { try YAMLNode(yaml: text) }
    #expect(error?.position == TextPosition(line: line, column: column))
    #expect(error?.text.contains(message) == true, "\(error?.text ?? "")")
  }

  @Test("nested too deeply is refused, not crashed on")
  func deep() {
    for open in ["[", "{a: ", "- "] {
      let text = String(repeating: open, count: 100_000)
      #expect(throws: Mistake.self) { try YAMLNode(yaml: text) }
    }
  }
}
