import Glibc
import Manifests
import Testing
import Values

@Suite("Manifests for people to begin from")
struct ExampleTests {
  @Test("are sound, and say what they seem to say")
  func starter() throws {
    let starter = try SystemManifest(yaml: SystemManifest.starterText)
    let node = try starter.resolved(for: NodeID(1), in: cluster(of: starter))
    #expect(node.files.map(\.path) == ["/run/shrike/n2/example.conf"])
    #expect(
      node.files[0].content == """
        listen 10.213.0.12:7000
        data /run/shrike/n2/data
        peer n1 10.213.0.11:7001
        peer n3 10.213.0.13:7001

        """)
  }

  @Test("are sound with all that is commented out, too")
  func comments() throws {
    var isKey = false
    let lines = SystemManifest.starterText.split(separator: "\n").map { line in
      let keys = ["packages", "programs", "prepare", "logs", "leader", "known"]
      isKey = keys.contains { line.hasPrefix("# \($0):") } || isKey && line.hasPrefix("#   ")
      if isKey { return line.dropFirst(2) }
      return line.hasPrefix("  # ") ? "  " + line.dropFirst(4) : line
    }
    let manifest = try SystemManifest(yaml: lines.joined(separator: "\n"))
    #expect(manifest.packages == ["example-server"])
    #expect(manifest.known.map(\.anomaly) == ["stale-read"])
    let node = try manifest.resolved(for: NodeID(0), in: cluster(of: manifest))
    #expect(node.prepare.map(\.words) == [["example-init", "--data=/run/shrike/n1/data"]])
    #expect(node.start.user == "example")
    #expect(node.start.openFiles == 4096)
    #expect(node.logs == ["/run/shrike/n1/example.log"])
    #expect(node.leader != nil)
  }

  @Test("in the documentation are sound, and there as a whole")
  func documented() throws {
    let folder = try documentation()
    let yaml = try #require(text(ofFile: "\(folder)/manifests/registers.yaml"))
    let manifest = try SystemManifest(yaml: yaml)
    #expect(manifest.client == .http(port: "client", path: "/"))
    #expect(text(ofFile: "\(folder)/manifests.md")?.contains("```yaml\n\(yaml)```") == true)
    let node = try manifest.resolved(for: NodeID(0), in: cluster(of: manifest, count: 1))
    #expect(
      node.start.words == [
        "python3", "/plans/registers.py", "10.213.0.11", "7000",
        "/run/shrike/n1/data/registers.json",
      ])
  }

  /// The folder of the documentation, seen from this file.
  private func documentation(_ path: String = #filePath) throws -> String {
    let real = try #require(realpath(path, nil))
    defer { free(real) }
    let parts = String(cString: real).split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/") + "/Documentation"
  }

  private func text(ofFile path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var chunk = [UInt8](repeating: 0, count: 65_536)
    return String(decoding: chunk[..<fread(&chunk, 1, chunk.count, file)], as: UTF8.self)
  }
}
