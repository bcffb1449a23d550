public import Environments
public import Nodes
public import Values

/// A cluster of nodes in virtual time, in which everything follows from one seed.
///
/// The same settings, requests and faults at the same times give the same events, in every process
/// that runs the same build. Time jumps from event to event; nothing happens between.
///
/// A message on a cut link is lost, whether it is sent while the link is cut or arrives then. Links
/// between clients and nodes are never disturbed.
public final class Simulation<N: Node>: Environment {
  @usableFromInline
  struct Message {
    @usableFromInline var link: Link
    @usableFromInline var body: N.Message

    @inlinable
    init(link: Link, body: N.Message) {
      self.link = link
      self.body = body
    }
  }

  @usableFromInline
  enum Payload {
    case request(RequestID, Request)
    case reply(RequestID, Reply, from: NodeID)
    case read(Token, [UInt8])
    case serviceRequest(Service, Request, Token)
    case serviceReply(Token, Reply)
  }

  public let names: NodeNames
  /// Takes a line for each event, where a trace is wanted.
  public var trace: ((String) -> Void)?

  @usableFromInline var time: Nanoseconds = 0
  @usableFromInline var carried = Traffic()
  @usableFromInline var handled = 0
  @usableFromInline var reached: [String: Int] = [:]
  @usableFromInline let settings: SimulationSettings
  @usableFromInline var machines: [Machine<N>]
  @usableFromInline var states: ClusterStates<N>
  @usableFromInline var invariants: [any Invariant<N>]
  @usableFromInline var queue = EventQueue()
  @usableFromInline var messages = Slab<Message>()
  @usableFromInline var payloads = Slab<Payload>()
  @usableFromInline var network: Network
  @usableFromInline var networkDraws: Draws
  @usableFromInline var clientDraws: Draws
  @usableFromInline var crashDraws: Draws
  @usableFromInline var services: [Service: ServiceState] = [:]
  @usableFromInline var hasViolation = false
  @usableFromInline var hasher = StableHasher()
  @usableFromInline var context: Context<N>
  @usableFromInline var ready: [Effect<N>] = []
  /// What the next return of `advance` reports.
  @usableFromInline var happened: [EnvironmentEvent] = []

  /// - Parameter invariants: Checked after every event.
  public init(_ settings: SimulationSettings, invariants: [any Invariant<N>] = []) {
    self.settings = settings
    self.invariants = invariants
    names = settings.names
    let members = settings.names.nodes
    machines = members.map { id in
      Machine(
        Configuration(
          id: id, members: members, options: settings.options, bugs: settings.bugs),
        choices: Choices(
          Draws(seed: settings.seed, stream: Stream.choices(id.index)),
          overrides: settings.choices[id] ?? [:]),
        timerDraws: Draws(seed: settings.seed, stream: Stream.timers(id.index)),
        diskDraws: Draws(seed: settings.seed, stream: Stream.disk(id.index)))
    }
    states = ClusterStates(machines.map(\.cell))
    network = Network(nodeCount: members.count)
    networkDraws = Draws(seed: settings.seed, stream: Stream.network)
    clientDraws = Draws(seed: settings.seed, stream: Stream.clients)
    crashDraws = Draws(seed: settings.seed, stream: Stream.crashes)
    context = Context(choices: Choices(Draws(seed: 0)))
    for (place, service) in Service.allCases.enumerated() {
      services[service] = ServiceState(
        service, draws: Draws(seed: settings.seed, stream: Stream.services + UInt64(place)))
    }
  }

  public var now: Nanoseconds { time }
  public var traffic: Traffic { carried }
  /// How many events the nodes have handled.
  public var handledCount: Int { handled }
  /// How often each mark was reached.
  public var marks: [String: Int] { reached }

  /// A fingerprint of all that has happened so far.
  public var digest: UInt64 { hasher.value }

  /// The state of a node, for tests.
  public func node(_ id: NodeID) -> N { machines[id.index].cell.node }

  public func support(for family: FaultFamily) -> FaultSupport { .supported }

  public func start() {
    for machine in machines { boot(machine, after: 0) }
  }

  public func stop() {}

  public func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    let slot = payloads.insert(.request(id, request))
    carried.withClients += 1
    queue.schedule(
      .request, at: time + settings.clientLatency.draw(&clientDraws), node: node.rawValue,
      slot: slot)
  }

  @inlinable
  public func advance(until deadline: Nanoseconds) -> [EnvironmentEvent] {
    while happened.isEmpty, let event = queue.popFirst(until: deadline) {
      time = event.time
      take(event)
    }
    if happened.isEmpty {
      if deadline != .max { time = max(time, deadline) }
      return []
    }
    defer { happened.removeAll(keepingCapacity: true) }
    return happened
  }
}
