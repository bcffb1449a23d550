public import Nodes
public import Values

/// Where the nodes of a cluster run, and the time in which they do.
///
/// This is the one seam between the driver, which decides, and the worlds that it can drive: in a
/// simulation time is virtual and `advance` jumps to the next event; with real processes it waits.
/// All calls come from one thread.
public protocol Environment: AnyObject {
  var names: NodeNames { get }

  /// Time since the environment came up.
  var now: Nanoseconds { get }

  /// The families of faults that this environment can inject, and why it can't the others.
  func support(for family: FaultFamily) -> FaultSupport

  /// Whether it can inject a fault of disks, where it supports any.
  func support(for fault: DiskFault) -> FaultSupport

  /// Brings all nodes up; they have answered their `init`.
  func start() throws

  /// Sends a client's request to a node. A reply is an event of a later `advance`, if it comes.
  ///
  /// A node that is down never sees it; who asked finds out by a time-out of their own.
  func submit(_ request: Request, as id: RequestID, to node: NodeID)

  /// Injects or ends a fault, and reports at once what was done.
  func apply(_ fault: Fault) -> FaultReport

  /// Lets time pass until `deadline`, or until something happened that is worth an event.
  ///
  /// - Returns: What happened, in order; nothing when the deadline was reached first.
  func advance(until deadline: Nanoseconds) throws -> [EnvironmentEvent]

  /// The nodes that take themselves for leaders now, where the environment can know.
  var primaries: [NodeID] { get }

  /// What a node takes itself for now, where the environment can know: `leader`.
  func role(of node: NodeID) -> String?

  /// Where a node stands now, where the environment can know.
  func condition(of node: NodeID) -> NodeCondition?

  /// Whether a node has all that it promised to keep; one that recovers what its disk lost has not.
  func isWhole(_ node: NodeID) -> Bool

  /// How often each mark of the nodes was reached, where the environment can know.
  var marks: [String: Int] { get }

  /// Makes sure that no part of the environment was lost without being noticed yet.
  func confirm() throws

  /// What the network carried so far.
  var traffic: Traffic { get }

  /// Ends all nodes and gives back everything that was taken; calling it again does nothing.
  func stop()
}

/// Why an environment failed.
public protocol EnvironmentError: Error {
  /// The nodes that it lost with their hosts and may have been well: what was not done for want of them is
  /// no evidence.
  var lostNodes: [String] { get }
}

extension Environment {
  public func confirm() throws {}
  public func support(for fault: DiskFault) -> FaultSupport { .supported }
  public var primaries: [NodeID] { [] }
  public func role(of node: NodeID) -> String? { nil }
  public func condition(of node: NodeID) -> NodeCondition? { nil }
  public func isWhole(_ node: NodeID) -> Bool { true }
  public var marks: [String: Int] { [:] }
}

/// Whether an environment can inject a family of faults.
public enum FaultSupport: Hashable, Sendable {
  case supported
  /// Not here; the text says what would make it possible.
  case unsupported(String)
}

/// Where a node stands.
public struct NodeCondition: Hashable, Sendable {
  public var isUp: Bool
  /// Whether it has all that it ever promised to keep.
  public var isWhole: Bool
  /// Its own words: `follower of term 3, without a leader`.
  public var status: String

  public init(isUp: Bool, isWhole: Bool, status: String) {
    self.isUp = isUp
    self.isWhole = isWhole
    self.status = status
  }
}

/// Something that happened in an environment, for the driver or the report.
public enum EnvironmentEvent: Hashable, Sendable {
  /// A reply reached its client.
  case replied(RequestID, Reply, from: NodeID)
  /// A node's answer was no reply: which field is wrong, with the line it printed.
  case malformedReply(RequestID, from: NodeID, problem: String, line: String)
  /// A node's reply has a field that the protocol does not know; reported once for each node.
  case oddReply(NodeID, problem: String, line: String)
  /// A node printed something that is no message; reported once for each node.
  case garbage(NodeID, line: String)
  /// A node's process ended though nobody asked it to.
  case died(NodeID, status: String, lastLines: [String])
  /// A promise of the algorithm was broken.
  case violated(Violation)
  /// What was not known yet when a fault was applied or ended: that a node that was restarted
  /// answers again, or what came of one that another took the place of.
  case settled(Fault, FaultReport)
  /// A node reached a mark; told only by environments that were asked to.
  case marked(NodeID, Mark)
}

/// What was done when a fault was applied, and what came of the one that it ended.
public struct FaultReport: Hashable, Sendable {
  /// What is said of a node that a fault left alone, for as many were damaged as may be at a time.
  public static let spared = "spared"

  /// For each node that it concerned, what was done to it: `killed`, `paused`.
  public var did: [NodeID: String]
  /// Whether the fault, or the one that was ended, was seen to have had its effect; nothing where
  /// it can't be known yet.
  public var tookHold: Bool?
  /// How many of the system's own messages or calls the ended fault touched.
  public var affected: Int?
  /// How many messages the nodes sent each other while the ended network fault held.
  public var exercised: Int?

  public init(
    did: [NodeID: String] = [:], tookHold: Bool? = nil, affected: Int? = nil,
    exercised: Int? = nil
  ) {
    self.did = did
    self.tookHold = tookHold
    self.affected = affected
    self.exercised = exercised
  }
}

/// How many messages an environment's network has carried.
public struct Traffic: Hashable, Sendable {
  /// Messages that nodes sent each other or a service, and services' answers.
  public var betweenServers = 0
  /// Of those, how many were lost to faults.
  public var lost = 0
  /// Clients' requests and nodes' replies to them.
  public var withClients = 0
  /// Of all messages, how many were delivered.
  public var delivered = 0

  public init() {}
}
