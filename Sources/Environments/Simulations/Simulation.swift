public import Environments
public import Nodes
public import Values

/// A cluster of nodes in virtual time, in which everything follows from one seed.
///
/// The same settings, requests and faults at the same times give the same events, in every process
/// that runs the same build. Time jumps from event to event; nothing happens between.
///
/// A message on a cut link is lost, whether it is sent while the link is cut or arrives then. Links
/// between clients and nodes are never disturbed, and a message for a node that is down is lost.
public final class Simulation<N: Node>: Environment {
  @usableFromInline
  struct Message {
    @usableFromInline var link: Link
    @usableFromInline var body: N.Message
    /// Whether it was damaged on its way, so that its receiver can't decode it.
    @usableFromInline var isCorrupt: Bool

    @inlinable
    init(link: Link, body: N.Message, isCorrupt: Bool = false) {
      self.link = link
      self.body = body
      self.isCorrupt = isCorrupt
    }
  }

  /// A message that a clogged link holds back.
  @usableFromInline
  struct Clogged {
    var slot: Int32
    var node: NodeID
    /// How long it travels once it is let go.
    var latency: Nanoseconds

    @usableFromInline
    init(slot: Int32, node: NodeID, latency: Nanoseconds) {
      self.slot = slot
      self.node = node
      self.latency = latency
    }
  }

  @usableFromInline
  enum Payload {
    case request(RequestID, Request)
    case reply(RequestID, Reply, from: NodeID)
    case read(Token, [UInt8])
    case serviceRequest(Service, Request, Token)
    case serviceReply(Service, Token, Reply)
  }

  public let names: NodeNames
  /// Takes a line for each event and fault, where a trace is wanted.
  public var trace: ((String) -> Void)?
  /// Takes in what happens from now on, where that is wanted; it changes nothing of it.
  @exclusivity(unchecked) public var record: SimulationRecord?

  // All calls come from one thread, and nothing that a node or an invariant runs reaches the
  // simulation: no two accesses overlap. Checking that as it runs would cost half of the speed.
  @usableFromInline let settings: SimulationSettings
  @usableFromInline @exclusivity(unchecked) var time: Nanoseconds = 0
  @usableFromInline @exclusivity(unchecked) var carried = Traffic()
  @usableFromInline @exclusivity(unchecked) var handled = 0
  @usableFromInline @exclusivity(unchecked) var reached: [String: Int] = [:]
  @usableFromInline @exclusivity(unchecked) var touched = FaultTally()
  @usableFromInline @exclusivity(unchecked) var machines: [Machine<N>]
  @usableFromInline @exclusivity(unchecked) var states: ClusterStates<N>
  @usableFromInline @exclusivity(unchecked) var invariants: [any Invariant<N>]
  @usableFromInline @exclusivity(unchecked) var queue = EventQueue()
  @usableFromInline @exclusivity(unchecked) var messages = Slab<Message>()
  @usableFromInline @exclusivity(unchecked) var payloads = Slab<Payload>()
  @usableFromInline @exclusivity(unchecked) var network: Network
  /// In the order in which they were sent.
  @usableFromInline @exclusivity(unchecked) var clogged: [Clogged] = []
  var services: [ServiceState]
  @usableFromInline @exclusivity(unchecked) var firstViolation: Violation?
  @usableFromInline @exclusivity(unchecked) var hasher = StableHasher()
  @usableFromInline @exclusivity(unchecked) var context: Context<N>
  @usableFromInline @exclusivity(unchecked) var ready: [Effect<N>] = []
  /// Which nodes are damaged where not all that a fault is meant for may be.
  var ledgerDraws: Draws
  /// Where chance comes from now.
  var seed: UInt64
  /// What the next return of `advance` reports.
  @usableFromInline @exclusivity(unchecked) var happened: [EnvironmentEvent] = []

  /// - Parameters:
  ///   - settings: What the cluster is made of, and its seed.
  ///   - invariants: Checked after every event, until one is violated.
  public init(_ settings: SimulationSettings, invariants: [any Invariant<N>] = []) {
    self.settings = settings
    self.invariants = invariants
    names = settings.names
    let members = settings.names.nodes
    machines = members.map { id in
      Machine(
        settings.names[id],
        Configuration(
          id: id, members: members, options: settings.options, bugs: settings.bugs,
          version: settings.versions[id] ?? Configuration.newestVersion),
        settings)
    }
    states = ClusterStates(machines.map(\.cell))
    network = Network(settings)
    services = Service.allCases.enumerated().map { place, service in
      ServiceState(
        service, draws: Stream.services.draws(seed: settings.seed, place),
        isCompatible: settings.hasCompatibleServices)
    }
    ledgerDraws = Stream.ledger.draws(seed: settings.seed)
    context = Context(choices: Choices(Draws(seed: 0)))
    seed = settings.seed
  }

  public var now: Nanoseconds { time }
  public var traffic: Traffic { carried }
  /// How many events the nodes have handled.
  public var handledCount: Int { handled }
  /// How often each mark was reached; those that ask for a condition, only where it held.
  public var marks: [String: Int] { reached }
  public var primaries: [NodeID] {
    machines.filter { $0.isUp && $0.cell.node.isPrimary }.map(\.configuration.id)
  }
  public func role(of node: NodeID) -> String? {
    guard machines.indices.contains(node.index), machines[node.index].isUp else { return nil }
    return machines[node.index].cell.node.roleName
  }
  public func condition(of node: NodeID) -> NodeCondition? {
    guard machines.indices.contains(node.index) else { return nil }
    let cell = machines[node.index].cell
    return NodeCondition(isUp: cell.isUp, isWhole: cell.node.isWhole, status: cell.node.status)
  }
  public func isWhole(_ node: NodeID) -> Bool {
    guard machines.indices.contains(node.index), machines[node.index].isUp else { return true }
    return machines[node.index].cell.node.isWhole
  }
  /// The first promise that was broken, if one was.
  public var violation: Violation? { firstViolation }

  /// How often each fault really touched the cluster.
  public var faults: FaultTally {
    var tally = network.tally
    tally.kills = touched.kills
    tally.powerLosses = touched.powerLosses
    tally.crashesBetweenEffects = touched.crashesBetweenEffects
    tally.shutdowns = touched.shutdowns
    tally.upgrades = touched.upgrades
    tally.restarts = touched.restarts
    tally.lostOperations = touched.lostOperations
    tally.tornAppends = touched.tornAppends
    tally.held = touched.held
    tally.stops = touched.stops
    tally.spared = touched.spared
    for machine in machines { tally.disks += machine.disk.tally }
    return tally
  }

  /// How long all messages between nodes travelled, as far as nothing disturbed them, where the
  /// settings want that to be known.
  public var delays: [MessageDelay] { network.recorded }

  /// A fingerprint of all that has happened so far.
  public var digest: UInt64 { hasher.value }

  /// The state of a node, for tests.
  public func node(_ id: NodeID) -> N { machines[id.index].cell.node }

  /// Whether a node's process runs, be it paused.
  public func isUp(_ id: NodeID) -> Bool { machines[id.index].isUp }

  public func support(for fault: DiskFault) -> FaultSupport {
    guard !fault.kind.isOfTransfers else {
      return .unsupported(
        "simulated disks fail and stall as a whole (sync-error, full, read-only, stall); --env lab "
          + "has it")
    }
    return fault.files == nil
      ? .supported : .unsupported("simulated files have no names; leave file= out")
  }

  public func support(for family: FaultFamily) -> FaultSupport {
    switch family {
    case .cpu, .memory: .unsupported(Simulation.limitRefusal)
    default: .supported
    }
  }

  static var limitRefusal: String {
    "simulated nodes take no time and no memory; --env lab limits what real ones may use"
  }

  /// Starts all nodes, in the order of their ids; each has handled its first event afterwards.
  public func start() {
    for machine in machines { begin(machine) }
    if let reseeding = settings.reseeding {
      queue.scheduleNext(.reseed, at: reseeding.time, node: 0)
    }
  }

  /// Draws from another seed from now on.
  func reseed(_ seed: UInt64) {
    self.seed = seed
    network.reseed(names, seed)
    for machine in machines { machine.reseed(names[machine.id], seed) }
    for place in services.indices {
      services[place].redraw(from: Stream.services.draws(seed: seed, place))
    }
    ledgerDraws = Stream.ledger.draws(seed: seed)
  }

  public func stop() {
    for machine in machines {
      machine.die()
      machine.held.removeAll()
      machine.stalled.removeAll()
    }
    queue = EventQueue()
    messages = Slab()
    payloads = Slab()
    clogged = []
  }

  public func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    carried.withClients += 1
    let slot = payloads.insert(.request(id, request))
    if record != nil { recordSending(.request(id, request), from: node, slot: slot) }
    queue.schedule(
      .request, at: time + clientLatency(of: id, leg: 0), node: node.rawValue, slot: slot)
  }

  /// How long a request or its reply travels: a function of (seed, client, millisecond, leg), so that
  /// one more client doesn't shift anything.
  @usableFromInline
  func clientLatency(of id: RequestID, leg: UInt64) -> Nanoseconds {
    var draws = Stream.clients.draws(seed: seed, id.client)
    draws.move(to: time)
    draws.number &+= leg
    return settings.clientLatency.draw(&draws)
  }

  @inlinable
  public func advance(until deadline: Nanoseconds) -> [EnvironmentEvent] {
    while happened.isEmpty, let event = queue.popFirst(until: deadline) {
      time = event.time
      take(event)
    }
    guard happened.isEmpty else {
      defer { happened.removeAll(keepingCapacity: true) }
      return happened
    }
    if deadline != .max { time = max(time, deadline) }
    return []
  }
}
