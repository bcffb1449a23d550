import Testing
import Values

@Suite("Manifests on the command line")
struct ManifestCommandTests {
  @Test("begin with one that is sound, and never with one that is there", .timeLimit(.minutes(3)))
  func beginning() throws {
    let workshop = try Workshop()
    let first = try workshop.run("manifest", "init", "--output", "m.yaml")
    #expect(first.code == 0)
    let again = try workshop.run("manifest", "init", "--output", "m.yaml")
    #expect(again.code == 64)
    #expect(
      again.errors == "shrike: m.yaml is there already; name another file with --output\n")
    let check = try workshop.run("manifest", "check", "m.yaml")
    #expect(check.code == 0 && check.output == "m.yaml: example is sound\n")
  }

  @Test("are shown as they come along, and refused where they stand", .timeLimit(.minutes(3)))
  func checking() throws {
    let workshop = try Workshop()
    let etcd = try workshop.run("manifest", "show", "etcd")
    _ = try workshop.file("etcd.yaml", etcd.output)
    _ = try workshop.file(
      "bad.yaml",
      etcd.output.replacing("{{port.peer}}\n", with: "{{port.pear}}\n")
        .replacing("[partition,", with: "[partition:rung,"))
    let check = try workshop.run("manifest", "check", "etcd.yaml", "bad.yaml", "no.yaml")
    #expect(check.code == 64)
    #expect(check.output == "etcd.yaml: etcd is sound\n")
    let lines = check.errors.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.first == "bad.yaml:24:45: there is no port `pear`; did you mean `peer`?")
    #expect(lines[2].hasPrefix("bad.yaml:47:4: nemesis partition has no \"rung\""))
    #expect(lines.last == "shrike: no.yaml: No such file or directory")
    let json = try workshop.run("manifest", "check", "bad.yaml", "--json")
    #expect(json.code == 64)
    #expect(try Value(json: json.output)["mistakes"]?.elements?.first?["line"] == 24)
    let unknown = try workshop.run("manifest", "show", "postgres")
    #expect(unknown.code == 64)
    #expect(
      unknown.errors == "shrike: no manifest \"postgres\" comes along; there is etcd, redis\n")
  }
}
