import Foundation
import FoundationXML
import Reports
import Suites
import Testing
import Values
import Verdicts
import YAML

@Suite("What suites are told in")
struct WriterTests {
  /// Texts that every format has to escape something of.
  static let nasty = "a<b>&\"c\" | `d` 100%\r\n\t\u{0}\u{1b}[0m\u{fffe} e:f,g ]]> ✓"

  static func suite() throws -> SuiteResult {
    var nasty = report("lost")
    nasty.anomalies[0].explanation = Self.nasty
    nasty.token = "s1x"
    let test = try onlyCase("system: raft, seed: 1")
    var campaign = try onlyCase("system: raft, runs: 20")
    campaign.id = "camp_aign"
    let results = [
      CaseResult(test, .judged(RunReport(.valid)), duration: 1_234_567_890),
      CaseResult(campaign, .judged(nasty), duration: 5),
      CaseResult(campaign, .judged(RunReport(.unknown))), CaseResult(test, .hindered(Self.nasty)),
      CaseResult(test, .notRun("no time, 100%")),
    ]
    return SuiteResult(
      name: "a&b: c", file: "x,y.yaml", began: "2026-11-25T09:30:12Z", duration: 61_000_000_000,
      results: results)
  }

  @Test("is well-formed XML that keeps every text")
  func junit() throws {
    let reader = JUnitReader()
    let parser = XMLParser(data: Data(JUnitReport.xml(try Self.suite()).utf8))
    parser.delegate = reader
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    let suites = try #require(reader.elements.first { $0.name == "testsuites" })
    #expect(suites.attributes["name"] == "a&b: c")
    #expect(suites.attributes["tests"] == "5")
    #expect(suites.attributes["failures"] == "1")
    #expect(suites.attributes["errors"] == "2")
    #expect(suites.attributes["skipped"] == "1")
    #expect(suites.attributes["time"] == "61.000")
    let cases = reader.elements.filter { $0.name == "testcase" }
    #expect(cases.map { $0.attributes["name"] }.prefix(2) == ["a seed 1", "camp_aign seeds 0-19"])
    #expect(cases[0].attributes["time"] == "1.234")
    let failure = try #require(reader.elements.first { $0.name == "failure" })
    #expect(failure.attributes["message"] == "lost, where valid was expected")
    // The one thing that XML has no form for.
    let kept = Self.nasty.replacing("\u{0}", with: "\u{fffd}").replacing("\u{1b}", with: "\u{fffd}")
      .replacing("\u{fffe}", with: "\u{fffd}")
    #expect(failure.text.contains(kept))
    #expect(failure.text.contains("replay: shrike test raft --seed=0 --runs=20"))
    let errors = reader.elements.filter { $0.name == "error" }
    #expect(errors.map { $0.attributes["type"] } == ["undecided", "harness"])
    #expect(reader.elements.contains { $0.attributes["value"] == "s1x" })
    #expect(
      reader.elements.first { $0.name == "skipped" }?.attributes["message"] == "no time, 100%")
  }

  @Test("is Markdown whose table no text breaks")
  func markdown() throws {
    let text = SuiteMarkdown.text(try Self.suite())
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(rows.count == 7)
    for row in rows.dropFirst(2) {
      #expect(row.replacing("\\|", with: "").filter { $0 == "|" }.count == 8, "\(row)")
    }
    #expect(text.hasPrefix("## ❌ a&amp;b: c\n"))
    #expect(text.contains("camp\\_aign"))
    #expect(text.contains("\n```\n"))
  }

  @Test("has fences longer than any in what they hold")
  func fences() throws {
    var report = report("lost")
    report.anomalies[0].explanation = "```\nx\n`````"
    let result = CaseResult(try onlyCase("system: raft"), .judged(report))
    let suite = SuiteResult(name: "s", file: "f", began: "", duration: 0, results: [result])
    #expect(SuiteMarkdown.text(suite).contains("\n``````\n"))
  }

  @Test("is annotations, each on one line, that point into the suite's file")
  func annotations() throws {
    let lines = GitHubAnnotations.lines(try Self.suite())
    #expect(lines.count == 4)
    #expect(
      lines[0].hasPrefix(
        "::error file=x%2Cy.yaml,line=1,col=15,title=a&b%3A c%3A camp_aign seeds 0-19::lost, where")
    )
    #expect(
      lines.allSatisfy { !$0.unicodeScalars.contains("\n") && !$0.unicodeScalars.contains("\r") })
    #expect(lines[0].contains("100%25%0D%0A"))
    #expect(lines[1].hasPrefix("::warning "))
    #expect(lines[2].hasPrefix("::error "))
    #expect(lines[3].hasSuffix("::no time, 100%25"))
  }

  @Test("is a table with a row for each case")
  func table() throws {
    let suite = try Self.suite()
    let rows = SuiteTable.text(suite).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(rows.count == 6)
    #expect(rows.map { $0.prefix(1) } == [" ", "✓", "✗", "?", "!", "-"])
    #expect(
      suite.summary == "5 cases in 61.0 s: 1 met, 1 not met, 1 undecided, "
        + "1 where the harness failed, 1 not run")
  }

  @Test("is a document that says all of it")
  func document() throws {
    let value = SuiteDocument.value(try Self.suite())
    #expect(value["verdict"] == "invalid")
    #expect(value["counts"]?["not-run"] == 1)
    let cases = try #require(value["cases"]?.elements)
    #expect(cases.map { $0["status"] } == ["met", "unmet", "undecided", "hindered", "not-run"])
    #expect(cases[1]["anomalies"] == ["lost"])
    #expect(cases[1]["runs"] == 20)
    #expect(try Value(json: value.json) == value)
    let error = SuiteError([Mistake(TextPosition(line: 2, column: 3), "wrong")])
    #expect(SuiteDocument.value(error, in: "f")["error"] == "f:2:3: wrong")
  }
}

/// Collects the elements of an XML document.
private final class JUnitReader: NSObject, XMLParserDelegate {
  struct Element {
    var name: String
    var attributes: [String: String]
    var text = ""
  }

  var elements: [Element] = []

  func parser(
    _: XMLParser, didStartElement name: String, namespaceURI _: String?,
    qualifiedName _: String?, attributes: [String: String] = [:]
  ) { elements.append(Element(name: name, attributes: attributes)) }

  func parser(_: XMLParser, foundCharacters text: String) {
    elements[elements.count - 1].text += text
  }
}
