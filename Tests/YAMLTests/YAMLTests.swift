import Testing
import YAML

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
      ("a: 1\n b: 2", 2), ("a:\n  b: 1\n c: 2", 3), ("a: b: c", 1), ("a: [1, 2", 2),
      ("a: \"x", 1), ("a: \"\\q\"", 1), ("\ta: 1", 1), ("a:\n\tb: 1", 2), ("a: 1\na: 2", 1),
      ("a: @b", 1), ("a: 1\nb", 3), ("[a]: 1", 1), ("a: 1\n- b", 2), ("a: *x", 1), ("a: \u{7}", 1),
    ])
  func refused(text: String, line: Int) throws {
    let error = #expect(throws: Mistake.self) { try YAMLNode(yaml: text) }
    #expect(error?.position.line == line, "\(error?.text ?? "")")
    #expect(error?.text.isEmpty == false)
  }

  @Test("nested too deeply is refused, not crashed on")
  func deep() {
    for open in ["[", "{a: ", "- "] {
      let text = String(repeating: open, count: 100_000)
      #expect(throws: Mistake.self) { try YAMLNode(yaml: text) }
    }
  }
}
