import Diagrams
import Testing
import Values

/// Looks whether a text is well-formed XML, of the part of XML that images need.
struct XMLCheck {
  private(set) var elementCount = 0
  private(set) var texts: [String] = []

  /// - Returns: Nothing where it is well-formed, else what is wrong.
  mutating func problem(in text: String) -> String? {
    var open: [Substring] = []
    var rest = Substring(text)
    while let start = rest.firstIndex(of: "<") {
      if let problem = problem(inContent: rest[..<start]) { return problem }
      guard let end = rest[start...].firstIndex(of: ">") else { return "a tag has no end" }
      var tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.contains("<") { return "a tag within a tag: \(tag)" }
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return "\(tag) ends what is not open" }
        continue
      }
      let isEmpty = tag.hasSuffix("/")
      if isEmpty { tag = tag.dropLast() }
      let name = tag.prefix { !$0.isWhitespace }
      if let problem = problem(inAttributes: tag.dropFirst(name.count)) { return problem }
      elementCount += 1
      if !isEmpty { open.append(name) }
      if open.isEmpty && !rest.allSatisfy(\.isWhitespace) { return "something follows the root" }
    }
    return open.isEmpty ? nil : "not closed: \(open)"
  }

  private mutating func problem(inContent text: Substring) -> String? {
    if text.contains(">") { return "a bare > in \(text)" }
    texts.append(String(text))
    for piece in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
      let name = piece.prefix { $0 != ";" }
      guard name.count < piece.count, ["amp", "lt", "gt", "quot"].contains(name) else {
        return "a bare & in \(text)"
      }
    }
    return nil
  }

  private func problem(inAttributes text: Substring) -> String? {
    var rest = text.drop(while: \.isWhitespace)
    while !rest.isEmpty {
      let name = rest.prefix { $0 != "=" }
      rest = rest.dropFirst(name.count + 1)
      guard !name.isEmpty, rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"")
      else {
        return "bad attributes: \(text)"
      }
      rest = rest[rest.index(after: end)...].drop(while: \.isWhitespace)
    }
    return nil
  }
}

@Suite("Diagrams as SVG")
struct SVGDiagramTests {
  @Test("are well-formed and have each message", arguments: 0..<20 as Range<UInt64>)
  func wellFormed(seed: UInt64) {
    var diagram = SpaceTimeDiagram.random(seed)
    diagram.keepPast(of: [.init(0, 40)])
    let text = SVGDiagram(diagram).text
    var check = XMLCheck()
    #expect(check.problem(in: text) == nil, "seed \(seed)")
    #expect(text.split(separator: "class=\"message").count == diagram.arrows.count + 1)
    #expect(
      text.split(separator: "class=\"message faint").count == diagram.irrelevantCount + 1)
    #expect(!text.contains("href") && !text.contains("<script"))
  }

  @Test("of a small picture have all that is in it")
  func small() {
    let text = SVGDiagram(.small).text
    var check = XMLCheck()
    #expect(check.problem(in: text) == nil)
    for part in [
      "<title>a picture</title>", "<title>c0: write 1 ⇒ ok</title>", "<title>n1 is down</title>",
      "<title>3 n2 → n1 (n1 is down): done </title>", "<title>1–2 n1 → n2: append term 1</title>",
      "<rect class=\"bar central\"", "<rect class=\"down\"", "prefers-color-scheme:dark",
      ">kill n1<",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("escape what texts contain")
  func escapes() {
    var diagram = SpaceTimeDiagram.small
    diagram.title = "<a & \"b\">\u{1}\n]]>"
    diagram.arrows[0].text = "</title><script>&amp;"
    diagram.columns[0].name = "c<0>"
    let text = SVGDiagram(diagram).text
    var check = XMLCheck()
    #expect(check.problem(in: text) == nil)
    #expect(text.contains("&lt;a &amp; &quot;b&quot;&gt;\u{FFFD} ]]&gt;"))
    #expect(text.contains("&lt;/title&gt;&lt;script&gt;&amp;amp;"))
  }

  @Test("of long runs show what is near to the picture's subject, and say so")
  func long() {
    var diagram = SpaceTimeDiagram.random(3, messages: 8_000)
    diagram.keepPast(of: [.init(0, 12_000)])
    let text = SVGDiagram(diagram).text
    var check = XMLCheck()
    #expect(check.problem(in: text) == nil)
    let count = text.split(separator: "class=\"message").count
    #expect((2_500...5_000).contains(count), "\(count)")
    #expect(text.contains("messages long before or after"))
  }

  @Test("of nothing are images too")
  func empty() {
    var check = XMLCheck()
    #expect(check.problem(in: SVGDiagram(SpaceTimeDiagram("", unit: "")).text) == nil)
    #expect(TextDiagram(SpaceTimeDiagram("nothing", unit: "ms")).text.hasPrefix("nothing\n"))
  }

  @Test(
    "are refused by the check where they are not well-formed",
    arguments: [
      "<a>", "<a></b>", "<a>&</a>", "<a>></a>", "<a b=c/>", "<a/><b/>", "<a b=\"1/>",
    ])
  func check(text: String) {
    var check = XMLCheck()
    #expect(check.problem(in: text) != nil)
  }
}
