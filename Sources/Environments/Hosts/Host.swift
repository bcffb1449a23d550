/// A machine, or what looks like one, on which a node runs.
package struct Host {
  package var name: String
  /// A numeric address, by which the other hosts and the controller reach it.
  package var address: String
  /// The interface at which its cable ends on the hosts' bridge; nothing where there is no bridge of ours.
  package var port: String?
  /// The directory of its node, as the host sees it, with an empty directory `data` in it.
  package var home: String
  /// The directory of what is kept of its node, as the host sees it.
  package var logs: String
  package var agent: AgentConnection

  /// The file that gets what foreign programs print.
  var log: String { "\(logs)/\(Host.logName)" }
  /// The file that gets the packets that it sends and receives.
  var capture: String { "\(logs)/\(Host.captureName)" }

  package static let logName = "log"
  package static let captureName = "packets.pcap"

  package init(
    name: String, address: String, port: String? = nil, home: String, logs: String,
    agent: AgentConnection
  ) {
    self.name = name
    self.address = address
    self.port = port
    self.home = home
    self.logs = logs
    self.agent = agent
  }
}

/// Where a run's files are on this machine.
package struct HostDirectories: Hashable {
  /// Holds a home for each node that is on this machine.
  package var homes: String
  /// Gets what each node prints, in `<node>/log`.
  package var logs: String

  package init(homes: String, logs: String) {
    self.homes = homes
    self.logs = logs
  }
}

/// Hosts, and the network between them.
package protocol HostNetwork: AnyObject {
  /// Whether the hosts are this machine: they have its programs, users and control groups.
  var isThisMachine: Bool { get }

  /// The numeric addresses of the hosts of these names, which are reached for it where need be.
  func addresses(of names: [String]) throws -> [String]

  /// Where a host will see the home of its node.
  func home(of name: String) -> String

  /// The program that is a bundled node, as hosts see it.
  var program: String { get }

  /// Brings up a host of each name.
  ///
  /// - Returns: The hosts, in the order of their names.
  func bringUp(_ names: [String]) throws -> [Host]

  /// The agent that stands where the controller's clients do.
  var controlAgent: AgentConnection? { get }

  /// The network namespace of the controller's sockets; nothing for its own.
  var networkDescriptor: Int32? { get }

  /// Why the agent of a host is gone, where more can be said than that it is.
  func whyLost(_ name: String) -> String?

  /// Brings to this machine what is still on the hosts: the logs of their nodes.
  ///
  /// - Returns: What could not be had, a line for each host.
  func collect() -> [String]

  /// Gives back all that was taken; calling it again does nothing.
  func tearDown()
}

extension HostNetwork {
  package func whyLost(_ name: String) -> String? { nil }
  package func collect() -> [String] { [] }
}
