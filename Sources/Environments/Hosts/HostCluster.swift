import ClientTransports
public import Environments
import Glibc
package import NIOCore
package import NodeServers
public import Nodes
import Processes
public import Values

/// A cluster whose nodes run on hosts, each with a network of its own.
///
/// Nodes speak to each other over the hosts' network, which this class breaks and mends but does not
/// carry; clients' requests go through a ``ClientTransport``. Everything but the transport's own work
/// happens in the thread that calls, while it calls.
public final class HostCluster: Environment {
  /// What is needed to carry clients' requests, once the hosts are up.
  package struct Surroundings {
    /// Serves the connections to the hosts.
    package var loop: any EventLoop
    /// Where they leave from.
    package var door: NetworkDoor
    /// Starts programs where clients stand.
    package var programs: ProgramRunner
    package var names: NodeNames
  }

  let system: HostedSystem
  let settings: HostSettings
  let network: any HostNetwork
  private let makeTransport: (Surroundings) throws -> any ClientTransport
  let startTime = monotonicTime()

  var nodes: [HostedProcess] = []
  var poller: Poller
  let mailbox: Mailbox
  var reach: HostReach?
  var transport: (any ClientTransport)?
  var probes: ProbeWatch?
  var networkProbes: [NodeID: HTTPProbes] = [:]
  var programs: ProgramRunner?
  var filter: (any PacketFilter)?
  var events: [EnvironmentEvent] = []
  /// What made the environment unusable, for the next `advance` to throw.
  var failure: (any Error)?

  private var nextHeartbeat: Nanoseconds = 0
  /// Requests to nodes that can't be reached.
  private var held: [HeldRequest] = []
  /// The links that are cut, and the packets that had been carried when they were.
  var cutLinks: [Link] = []
  /// What disturbs packets, and how many disturbances there have been.
  var disturbances: [Disturbance.Kind: DisturbedLinks] = [:]
  var disturbanceCount = 0
  /// Limits in force, and how often each node had felt them before.
  var limits: [ResourceLimit.Kind: [NodeID: Int]] = [:]
  var clocks = HostClocks()
  /// What is wrong with disks, the nodes that were ever damaged, and how many faults there were.
  var diskTroubles: [NodeID: DiskTrouble] = [:]
  var damagedDisks: Set<NodeID> = []
  var diskFaultCount = 0
  /// Whether all nodes have been ready once.
  var isStarted = false
  public internal(set) var traffic = Traffic()
  public internal(set) var marks: [String: Int] = [:]
  var isStopped = false

  /// - Parameter makeTransport: Makes what carries clients' requests.
  package init(
    _ system: HostedSystem, _ settings: HostSettings, on network: any HostNetwork,
    transport makeTransport: @escaping (Surroundings) throws -> any ClientTransport
  ) throws {
    self.system = system
    self.settings = settings
    self.network = network
    self.makeTransport = makeTransport
    poller = try Poller()
    mailbox = try Mailbox()
  }

  deinit { stop() }

  public var names: NodeNames { system.names }

  /// The hosts, by their nodes' numbers.
  package var hosts: [Host] { nodes.map(\.host) }

  public var now: Nanoseconds { monotonicTime() - startTime }

  public var primaries: [NodeID] { nodes.filter(\.leads).map(\.node) }

  public func role(of node: NodeID) -> String? { nodes[node.index].role }

  public func condition(of node: NodeID) -> NodeCondition? {
    let process = nodes[node.index]
    return NodeCondition(
      isUp: process.isRunning, isWhole: true,
      status: process.role ?? (process.isReachable ? "reachable" : process.whyUnreachable))
  }

  /// How long a request waits for a node that can't be reached, before it is tried all the same.
  ///
  /// Else whoever asks a node that is down would be done at once, and take up all operations in the
  /// place of those who wait for an answer.
  private static let reachPatience: Nanoseconds = .milliseconds(250)

  public func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    traffic.withClients += 1
    guard !nodes[node.index].isReachable else {
      transport?.submit(request, as: id, to: node)
      return
    }
    held.append(
      HeldRequest(request: request, id: id, node: node, due: now + HostCluster.reachPatience))
  }

  /// Submits what has waited for long enough, or for nodes that can be reached now.
  private func submitHeld() {
    guard !held.isEmpty else { return }
    let time = now
    held.removeAll { request in
      guard request.due <= time || nodes[request.node.index].isReachable else { return false }
      transport?.submit(request.request, as: request.id, to: request.node)
      return true
    }
  }

  public func advance(until deadline: Nanoseconds) throws -> [EnvironmentEvent] {
    repeat {
      turn(until: deadline)
      if let failure { throw failure }
    } while events.isEmpty && now < deadline
    defer { events.removeAll(keepingCapacity: true) }
    return events
  }

  /// Waits for something to happen, at most until `deadline`, and takes it in.
  func turn(until deadline: Nanoseconds) {
    beatHeart()
    takeMail()
    submitHeld()
    let isLate = !events.isEmpty || hasEarlyNotices
    var time = max(0, deadline - now)
    if let due = held.map(\.due).min() { time = min(time, max(0, due - now)) }
    if let wake = probes?.nextWake { time = min(time, max(0, wake - now)) }
    if let reading = nextClockReading { time = min(time, max(0, reading - now)) }
    _ = poller.wait(isLate ? 0 : time)
    takeMail()
    takeNotices()
    submitHeld()
    probes?.step(at: now)
    recordClocks()
  }

  private func recordClocks() {
    guard failure == nil, let reading = nextClockReading, reading <= now else { return }
    do { try readClocks() } catch { failure = error }
  }

  public func confirm() throws {
    guard !network.isThisMachine else { return }
    do throws(HostError) {
      for process in nodes { _ = try process.host.agent.states() }
    } catch {
      throw explained(error)
    }
  }

  /// How often machines are told that we are still there.
  private static let heartbeatInterval: Nanoseconds = .seconds(60)

  private func beatHeart() {
    guard !network.isThisMachine, now >= nextHeartbeat, failure == nil else { return }
    nextHeartbeat = now + HostCluster.heartbeatInterval
    do throws(HostError) {
      for process in nodes { try process.host.agent.send(.heartbeat) }
    } catch {
      failure = explained(error)
    }
  }

  private var hasEarlyNotices: Bool {
    nodes.contains { $0.host.agent.hasEarlyNotices }
      || network.controlAgent?.hasEarlyNotices == true
  }

  // MARK: What the transport tells

  private func takeMail() {
    for event in mailbox.takeAll() { take(event) }
  }

  private func take(_ event: TransportEvent) {
    switch event {
    case .replied(let id, let reply, let node):
      traffic.withClients += 1
      traffic.delivered += 1
      events.append(.replied(id, reply, from: node))
    case .malformedReply(let id, let node, let problem, let line):
      events.append(.malformedReply(id, from: node, problem: problem, line: line))
    case .reachable(let node):
      let process = nodes[node.index]
      guard process.isRunning, !process.isReachable else { return }
      process.isReachable = true
      guard let since = process.restarted else { return }
      process.restarted = nil
      let took = now - since
      events.append(
        .settled(
          .restart([node]),
          FaultReport(
            did: [
              node: "answers after \((took / .milliseconds(1) * .milliseconds(1)).durationText)"
            ], tookHold: true)))
    case .unreachable(let node, let reason):
      nodes[node.index].isReachable = false
      nodes[node.index].whyUnreachable = reason
      nodes[node.index].role = nil
    case .role(let node, let role):
      let process = nodes[node.index]
      // Who was asked before its end leads no more.
      guard process.isRunning, process.role != role else { return }
      process.role = role
      if role == "leader", !process.system.isBundled { marks["became-leader", default: 0] += 1 }
    case .failed(let problem):
      failure = failure ?? HostError.client(problem)
    }
  }

  // MARK: What agents tell

  func takeNotices() {
    guard failure == nil else { return }
    do {
      for process in nodes {
        for notice in try process.host.agent.takeNotices() { take(notice, of: process) }
      }
      if let agent = network.controlAgent {
        for notice in try agent.takeNotices() { programs?.take(notice) }
      }
    } catch {
      failure = explained(error)
    }
  }

  /// An error with what the network knows of it.
  func explained(_ error: HostError) -> HostError {
    guard case .agentLost(let name) = error, let why = network.whyLost(name) else { return error }
    return .lost(name, why)
  }

  private func take(_ notice: AgentNotice, of process: HostedProcess) {
    switch notice {
    case .output(let task, let line) where task == process.task: process.log(line)
    case .errorOutput(let task, let line) where task == process.task:
      process.log(line)
      heed(line, of: process)
    case .exited(let task, let status) where task == process.task: ended(process, status)
    default: probes?.take(notice, of: process.node)
    }
  }

  private func heed(_ line: String, of process: HostedProcess) {
    if settings.echoesStandardError {
      let bytes = Array("\(process.host.name): \(line)\n".utf8)
      _ = write(STDERR_FILENO, bytes, bytes.count)
    }
    guard process.system.isBundled, let mark = Mark(line: line) else { return }
    marks[mark.label, default: 0] += 1
    guard mark.isViolation else { return }
    let explanation =
      mark.kind == .unreachable
      ? "\(process.host.name) reached what must never be reached"
      : "\(process.host.name) found broken what must always hold"
    events.append(.violated(Violation(mark.label, explanation, nodes: [process.node])))
  }

  /// Takes it that a node's process has ended.
  private func ended(_ process: HostedProcess, _ status: ExitStatus) {
    // Who ended otherwise than by a kill had done so before it came.
    let isExpected =
      process.expectedEnd?.allows(status) == true || wasKilledByLimit(process)
      || wasTakenDownByDisk(process, status)
    process.end("\(status)")
    guard !isExpected, isStarted else { return }
    events.append(
      .died(process.node, status: process.lastStatus ?? "", lastLines: process.lastLines))
  }

  /// Makes the transport, which reaches for nodes from now on.
  func openTransport() throws {
    let reach = try HostReach(in: network.networkDescriptor)
    self.reach = reach
    let programs = ProgramRunner(agent: network.controlAgent)
    self.programs = programs
    let transport = try makeTransport(
      Surroundings(loop: reach.loop, door: reach.door, programs: programs, names: names))
    self.transport = transport
    let mailbox = mailbox
    try transport.open(endpoints) { mailbox.put($0) }
  }

  /// Begins to ask whether nodes are ready and which lead.
  func watchProbes() {
    let mailbox = mailbox
    probes = ProbeWatch(nodes) { mailbox.put($0) }
    guard let reach else { return }
    for (process, endpoint) in zip(nodes, endpoints) {
      guard let settings = process.system.networkProbes else { continue }
      let probes = HTTPProbes(on: reach.loop, through: reach.door, settings)
      probes.open([endpoint]) { mailbox.put($0) }
      networkProbes[process.node] = probes
    }
  }

  var endpoints: [Endpoint] {
    nodes.map {
      Endpoint(
        node: $0.node, name: $0.host.name, address: $0.host.address, ports: $0.system.ports)
    }
  }
}

/// Tells the user what did not go as it should and hinders nothing.
package func warn(_ line: String) {
  let bytes = Array("shrike: \(line)\n".utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// A request that waits for its node.
private struct HeldRequest {
  var request: Request
  var id: RequestID
  var node: NodeID
  var due: Nanoseconds
}
