import Algorithms
import Glibc
import NodeProcesses
import NodeServers
import Systems

/// What the command line of a node says, by whatever program it was read.
package struct NodeArguments: Hashable, Sendable {
  /// What is wrong with the arguments.
  package struct Problem: Error, Hashable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
  }

  package var algorithm: String
  package var data: String?
  package var bugs: [String] = []
  /// As `name=value`.
  package var options: [String] = []
  package var seed: UInt64?
  package var network = NetworkArguments()

  package init(algorithm: String) { self.algorithm = algorithm }

  /// Is the node, and ends this process with it.
  package func run() -> Never {
    guard let system = BundledSystem.named(algorithm) else {
      NodeArguments.end(
        Problem(
          "there is no system \"\(algorithm)\"; there are "
            + BundledSystem.all.map(\.description.name).joined(separator: ", ")))
    }
    var settings = NodeProcessSettings(bugs: Set(bugs), dataDirectory: data, seed: seed)
    settings.options = Dictionary(options: options)
    let server: NodeServerSettings?
    do throws(Problem) { server = try network.settings() } catch { NodeArguments.end(error) }
    exit(server.map { system.serve(settings, $0) } ?? system.run(settings))
  }

  /// Ends this process with a line that says what is wrong.
  package static func end(_ problem: Problem) -> Never {
    let line = Array("shrike: \(problem)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(64)
  }
}

extension [String: String] {
  /// A system's own options as command lines have them: `name=value`, or `name` alone for `true`.
  package init(options texts: [String]) {
    self.init()
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      self[parts.first ?? text] = parts.count > 1 ? parts[1] : "true"
    }
  }
}
