public import Environments
public import Values

/// How to run a cluster as processes of this machine.
public struct LocalSettings: Sendable {
  public var names: NodeNames
  /// What every node executes, but for those in ``commands``.
  public var command: NodeCommand
  /// What single nodes execute instead: another version, another program.
  public var commands: [NodeID: NodeCommand] = [:]
  /// How to start the supervisor: a program and its arguments, that calls ``runSupervisor()``.
  public var supervisor = ["/proc/self/exe", "supervise"]
  /// Where nodes start; a program of Maelstrom's expects `/tmp`.
  public var workingDirectory = "/tmp"
  /// Holds a directory for each node, which is in its `SHRIKE_DATA` and survives restarts.
  public var dataDirectory: String
  /// Gets each node's standard error, appended to `<node>/log`; nothing for nowhere.
  public var logDirectory: String?
  /// Whether nodes' standard error also goes to ours, each line after its node's name.
  public var echoesStandardError = false
  /// Where to record the network's messages; nothing for nowhere.
  public var messageLog: MessageLogSettings?
  /// Gets how wrong nodes' clocks were, as long as one was; nothing to record none.
  public var clockRecord: String?
  /// What latencies, disturbances and services draw from.
  public var seed: UInt64 = 0
  /// How long messages between nodes, and between nodes and services, are under way.
  public var latency = Latency.constant(0)
  /// Whether network and services do as Maelstrom's, bug for bug: what comes while a receiver
  /// waits for a message waits with it, cuts count when a message is taken up and not when it
  /// arrives, latencies are whole milliseconds, and a node that printed garbage is not heard again.
  public var isCompatible = false
  /// How long a node may take to answer its `init`.
  public var initTimeout: Nanoseconds = .seconds(10)
  /// How long a restart waits for the node's answer to `init` before it reports.
  public var restartPatience: Nanoseconds = .seconds(1)

  public init(names: NodeNames, command: NodeCommand, dataDirectory: String) {
    self.names = names
    self.command = command
    self.dataDirectory = dataDirectory
  }
}

/// What to execute to run a node.
public struct NodeCommand: Hashable, Sendable {
  /// A path, or a name to look for in `PATH`.
  public var executable: String
  public var arguments: [String]
  /// Added to the environment that the controller has.
  public var environment: [String: String]
  /// Whether it is one of Shrike's own nodes: it gets `--data DIRECTORY`, and the marks in its log
  /// are heeded.
  public var isBundled: Bool

  public init(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    isBundled: Bool = false
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.isBundled = isBundled
  }
}

/// Which messages are recorded, as JSON Lines; lost ones always are.
public struct MessageLogSettings: Hashable, Sendable {
  public var path: String
  public var recordsSent: Bool
  public var recordsDelivered: Bool

  public init(path: String, recordsSent: Bool = true, recordsDelivered: Bool = true) {
    self.path = path
    self.recordsSent = recordsSent
    self.recordsDelivered = recordsDelivered
  }
}
