/// A machine, or what looks like one, on which a node runs.
package struct Host {
  package var name: String
  /// A numeric address, by which the other hosts and the controller reach it.
  package var address: String
  /// The interface at which its cable ends on the bridge.
  package var port: String
  package var agent: AgentConnection

  package init(name: String, address: String, port: String, agent: AgentConnection) {
    self.name = name
    self.address = address
    self.port = port
    self.agent = agent
  }
}

/// Hosts, and the network between them.
package protocol HostNetwork: AnyObject {
  /// Brings up a host of each name.
  ///
  /// - Parameter homes: The directory of each that appears there as its home.
  /// - Returns: The hosts, in the order of their names.
  func bringUp(_ names: [String], homes: [String]) throws -> [Host]

  /// The agent that stands where the controller's clients do.
  var controlAgent: AgentConnection? { get }

  /// The network namespace of the controller's sockets; nothing for its own.
  var networkDescriptor: Int32? { get }

  /// Where a host sees its home; nothing for where it is.
  var homeTarget: String? { get }

  /// Gives back all that was taken; calling it again does nothing.
  func tearDown()
}
