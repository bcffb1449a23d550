package import Environments
package import Hosts
package import NamespaceLab
import Nodes
package import Values

/// Nodes that are plain programs on hosts of the lab, whom no client asks anything.
package final class FixtureCluster {
  package let environment: HostCluster
  package let lab: NamespaceLab
  /// All events so far.
  package var events: [EnvironmentEvent] = []

  /// - Parameters:
  ///   - directory: For homes and logs.
  ///   - agent: The program of agents.
  ///   - program: What each node runs; without one it serves its home over HTTP on port 8000.
  package init(
    directory: String, agent: String, count: Int = 3, program: [String]? = nil,
    change: (inout HostSettings) -> Void = { _ in }, edit: (inout HostedNode) -> Void = { _ in }
  ) throws {
    let command = program ?? ["python3", "-m", "http.server", "8000"]
    let directories = HostDirectories(homes: "\(directory)/data", logs: "\(directory)/nodes")
    lab = NamespaceLab(program: agent, directories)
    var node = HostedNode(command: command)
    node.ready = .command(["true"])
    edit(&node)
    let names = NodeNames.numbered(count: count)
    let system = HostedSystem(names: names, nodes: names.nodes.map { _ in node })
    var settings = HostSettings(logDirectory: directories.logs)
    change(&settings)
    environment = try HostCluster(system, settings, on: lab) { _ in SilentTransport() }
  }

  /// Lets time pass until something has happened, or the time is over.
  package func run(
    for time: Nanoseconds, until isSeen: (EnvironmentEvent) -> Bool = { _ in false }
  ) throws {
    let deadline = environment.now + time
    while environment.now < deadline {
      let happened = try environment.advance(until: deadline)
      events += happened
      if happened.contains(where: isSeen) { return }
    }
  }
}

/// Carries nothing to anyone.
private final class SilentTransport: ClientTransport {
  func open(_ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void) {}
  func submit(_ request: Request, as id: RequestID, to node: NodeID) {}
  func close() {}
}
