import Environments
import Manifests
import Values

/// A manifest of a few lines, with what a test adds to it.
///
/// - Parameter changes: Lines of a key's own, in place of those that are here.
func manifestText(_ changes: [String: String] = [:], without removed: [String] = []) -> String {
  var parts: [(key: String, text: String)] = [
    ("name", "name: sample"), ("ports", "ports: { client: 7000, peer: 7001 }"),
    (
      "options",
      "options: { mode: { default: fast, choices: [fast, safe] }, note: { default: hi } }"
    ),
    ("start", "start: [server, --name, \"{{name}}\"]"), ("client", "client: maelstrom"),
    ("workloads", "workloads: { lin-kv: all is well }"),
  ]
  for (key, text) in changes.sorted(by: { $0.key < $1.key }) {
    if let place = parts.firstIndex(where: { $0.key == key }) {
      parts[place].text = text
    } else {
      parts.append((key, text))
    }
  }
  return parts.filter { !removed.contains($0.key) }.map(\.text).joined(separator: "\n") + "\n"
}

func manifest(_ changes: [String: String] = [:]) throws -> SystemManifest {
  try SystemManifest(yaml: manifestText(changes))
}

/// A cluster as the lab makes it.
func cluster(
  of manifest: SystemManifest, count: Int = 3, options: [String: String] = [:],
  token: String = "jt", names: [String]? = nil, home: String = "/run/shrike"
) throws -> SystemCluster {
  SystemCluster(
    members: (0..<count).map { place in
      let name = names?[place] ?? "n\(place + 1)"
      let endpoint = Endpoint(
        node: NodeID(place), name: name, address: "10.213.0.\(11 + place)",
        ports: manifest.portNumbers)
      return .init(endpoint, home: "\(home)/\(name)")
    },
    token: token, options: try manifest.options(given: options), manifestFolder: "/plans")
}

/// The first node of such a cluster.
func firstNode(
  _ changes: [String: String] = [:], options: [String: String] = [:]
) throws -> ResolvedNode {
  let manifest = try manifest(changes)
  return try manifest.resolved(for: NodeID(0), in: cluster(of: manifest, options: options))
}
