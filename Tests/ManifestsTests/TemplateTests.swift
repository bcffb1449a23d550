import Manifests
import Testing
import Values

@Suite("Templates")
struct TemplateTests {
  /// What a word of a command comes out as on each of three nodes.
  private func rendered(_ template: String, options: [String: String] = [:]) throws -> [String] {
    let quoted = template.replacing("'", with: "''")
    let manifest = try manifest(["start": "start: [server, 'x\(quoted)']"])
    let cluster = try cluster(of: manifest, options: options)
    return try (0..<3).map { place in
      let words = try manifest.resolved(for: NodeID(place), in: cluster).start.words
      return words.count == 2 ? String(words[1].dropFirst()) : "\(words)"
    }
  }

  @Test(
    "are filled in for each node",
    arguments: [
      ("", "", ""), ("plain } text }} {", "plain } text }} {", "plain } text }} {"),
      ("{{name}}", "n1", "n3"), ("{{ name }}", "n1", "n3"), ("{{index}}/{{count}}", "1/3", "3/3"),
      ("{{address}}:{{port.peer}}", "10.213.0.11:7001", "10.213.0.13:7001"),
      (
        "{{home}} {{data}}", "/run/shrike/n1 /run/shrike/n1/data",
        "/run/shrike/n3 /run/shrike/n3/data"
      ),
      ("{{token}}{{manifest}}", "jt/plans", "jt/plans"), ("{{option.mode}}", "fast", "fast"),
      (
        "{{first.name}}@{{first.address}}:{{first.port.client}}", "n1@10.213.0.11:7000",
        "n1@10.213.0.11:7000"
      ),
      ("{{each node \",\"}}{{node.name}}{{end}}", "n1,n2,n3", "n1,n2,n3"),
      ("{{each node}}{{node.index}}{{end}}", "123", "123"),
      (
        "{{each peer \" \"}}{{node.name}}={{node.port.peer}}{{end}}", "n2=7001 n3=7001",
        "n1=7001 n2=7001"
      ),
      (
        "{{each peer \"\\n\\t\\\"\\\\\"}}{{name}}{{node.name}}{{end}}", "n1n2\n\t\"\\n1n3",
        "n3n1\n\t\"\\n3n2"
      ),
      ("{{if first}}a{{end}}{{if not first}}b{{end}}", "a", "b"),
      ("{{if option.note}}a{{end}}{{if not option.note}}b{{end}}", "b", "b"),
      ("{{each node \"|\"}}{{if not first}}{{node.name}}{{end}}{{end}}", "||", "n1|n2|n3"),
      ("{{\"{{name}}\"}}", "{{name}}", "{{name}}"),
    ])
  func known(template: String, first: String, third: String) throws {
    let words = try rendered(template)
    #expect(words[0] == first)
    #expect(words[2] == third)
  }

  @Test("leave out a word that is there on a condition only")
  func conditionalWords() throws {
    let manifest = try manifest([
      "start": "start: [server, \"{{if not first}}--join={{first.address}}{{end}}\", \"\"]"
    ])
    let cluster = try cluster(of: manifest)
    let words = try (0..<2).map { try manifest.resolved(for: NodeID($0), in: cluster).start.words }
    #expect(words == [["server", ""], ["server", "--join=10.213.0.11", ""]])
  }

  @Test("depend on an option that is true")
  func options() throws {
    #expect(try rendered("{{if option.note}}a{{end}}", options: ["note": "true"])[0] == "a")
    #expect(try rendered("{{if option.note}}a{{end}}", options: ["note": "yes"])[0] == "")
  }
}
