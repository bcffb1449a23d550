/// A node's endpoint lacks the port that a transport needs.
package struct MissingPort: Error, Hashable, CustomStringConvertible {
  package var node: String
  package var port: String

  package init(node: String, port: String) {
    self.node = node
    self.port = port
  }

  package var description: String {
    "node \(node) has no port named \"\(port)\"; give it one in the manifest's ports"
  }
}
