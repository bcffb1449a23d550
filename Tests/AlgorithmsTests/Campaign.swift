import Algorithms
import Environments
import Nodes
import Simulations
import Values

/// One fixed way to break a cluster, for correct systems and for those with a planted bug.
struct FaultSchedule {
  var end: Nanoseconds = .seconds(10)

  private var draws: Draws
  private var next: Nanoseconds = 0
  private var mends: [(time: Nanoseconds, fault: Fault)] = []
  private(set) var counts: [FaultFamily: Int] = [:]

  init(seed: UInt64) {
    draws = Draws(seed: seed, stream: 0xfa17)
    next = draws.within(.milliseconds(300)...(.milliseconds(600)))
  }

  /// When something is to be done next.
  var nextTime: Nanoseconds {
    min(next, mends.map(\.time).min() ?? .max)
  }

  /// Does what is due.
  ///
  /// - Parameter primaries: The nodes that lead now, which are struck more often.
  mutating func apply(
    to environment: some Environment, at time: Nanoseconds, primaries: [NodeID]
  ) {
    while let place = mends.firstIndex(where: { $0.time <= time }) {
      _ = environment.apply(mends.remove(at: place).fault)
    }
    guard next <= time else { return }
    guard time < end else {
      healAll(environment)
      next = .max
      return
    }
    next = time + span(upTo: 6)
    let (fault, mend) = draw(order(environment.names.nodes, primaries))
    counts[fault.family, default: 0] += 1
    _ = environment.apply(fault)
    mends.append((time + span(upTo: 10), mend))
  }

  private func healAll(_ environment: some Environment) {
    let nodes = environment.names.nodes
    _ = environment.apply(.mend)
    for kind in Disturbance.Kind.allCases { _ = environment.apply(.calm(kind)) }
    _ = environment.apply(.resume(nodes))
    _ = environment.apply(.restart(nodes))
    _ = environment.apply(.resetClocks)
  }

  /// A span of milliseconds on a logarithmic scale: most are short, some are long.
  private mutating func span(upTo exponent: Int) -> Nanoseconds {
    let longest = Int64(1) << Int64(1 + draws.below(exponent))
    return draws.within(.milliseconds(longest / 2)...(.milliseconds(longest)))
  }

  /// The nodes in a random order, three times of four with those that lead in front.
  private mutating func order(_ nodes: [NodeID], _ primaries: [NodeID]) -> [NodeID] {
    let order = draws.shuffled(nodes)
    guard draws.below(4) > 0 else { return order }
    return primaries + order.filter { !primaries.contains($0) }
  }

  private mutating func draw(_ nodes: [NodeID]) -> (Fault, mend: Fault) {
    let links = nodes.flatMap { a in nodes.filter { $0 != a }.map { Link(from: a, to: $0) } }
    switch draws.below(16) {
    case 0...3: return (.cut(cutLinks(nodes)), .mend)
    case 4...5:
      let some = victims(nodes)
      return (.kill(some), .restart(some))
    case 6...9:
      let some = victims(nodes)
      return (.powerLoss(some), .restart(some))
    case 10...11:
      let some = victims(nodes)
      return (.pause(some), .resume(some))
    case 12:
      return (.disturb(Disturbance(.loss, probability: 0.3), links), .calm(.loss))
    case 13:
      let disturbance = Disturbance(.duplicate, probability: 0.3, latency: .milliseconds(100))
      return (.disturb(disturbance, links), .calm(.duplicate))
    case 14:
      let disturbance = Disturbance(.reorder, probability: 0.3, latency: .milliseconds(50))
      return (.disturb(disturbance, links), .calm(.reorder))
    default:
      let drift = draws.within(-200_000_000...200_000_000)
      return (.skew([draws.element(of: nodes): .drift(nanosecondsPerSecond: drift)]), .resetClocks)
    }
  }

  private mutating func victims(_ nodes: [NodeID]) -> [NodeID] {
    let count = draws.below(4) == 0 ? nodes.count : 1 + draws.below(2)
    return Array(nodes.prefix(count))
  }

  /// Halves, one node alone, or links cut one way only.
  private mutating func cutLinks(_ nodes: [NodeID]) -> [Link] {
    let side = Set(nodes.prefix(1 + draws.below(2)))
    let shape = draws.below(4)
    return nodes.flatMap { a in
      nodes.filter { b in
        guard side.contains(a) != side.contains(b) else { return false }
        switch shape {
        case 0: return side.contains(a)
        case 1: return side.contains(b)
        default: return true
        }
      }.map { Link(from: a, to: $0) }
    }
  }
}

/// What came of one run of a key-value store.
struct CampaignOutcome {
  var seed: UInt64
  var violation: Violation?
  var anomaly: String?
  var acknowledged = 0
  var refused = 0
  var timedOut = 0
  /// Operations that succeeded after all faults were healed.
  var afterwards = 0
  var handled = 0
  var digest: UInt64 = 0
  var marks: [String: Int] = [:]
  var faults: [FaultFamily: Int] = [:]

  var isBroken: Bool { violation != nil || anomaly != nil }

  var finding: String {
    violation.map { "\($0.invariant): \($0.explanation)" } ?? anomaly ?? "nothing"
  }
}

/// Drives a key-value store with clients of which each alone writes its key, in rising numbers.
///
/// So linearizability is easy to judge: a read must not be older than the last acknowledged write
/// or read that ended before it began, nor newer than the last write that was tried. After a write
/// of unknown outcome its client takes another key, for that write may take effect late.
struct KeyValueCampaign<N: Algorithm> {
  struct Key {
    var tried = 0
    /// A read that begins now must see at least this.
    var floor = 0
    var refused: Set<Int> = []
  }

  struct Operation {
    var id: RequestID
    var key: Int
    /// The value that is written; nothing for a read.
    var value: Int?
    var floor: Int
    var deadline: Nanoseconds
  }

  struct Client {
    var id: Int
    var number = 0
    var key: Int
    var operation: Operation?
    var idleUntil: Nanoseconds
  }

  let timeout: Nanoseconds = .milliseconds(400)
  let simulation: Simulation<N>
  var schedule: FaultSchedule
  var draws: Draws
  var keys: [Key]
  var clients: [Client]
  var outcome: CampaignOutcome

  init(
    seed: UInt64, nodeCount: Int = 5, clientCount: Int = 6, bugs: Set<String> = [],
    options: [String: String] = [:], checksEncoding: Bool = false
  ) {
    var settings = SimulationSettings(names: .numbered(count: nodeCount), seed: seed)
    settings.checksEncoding = checksEncoding
    settings.bugs = bugs
    settings.options = options
    settings.latency = .uniform(.microseconds(500)...(.milliseconds(16)))
    settings.syncLatency = .microseconds(100)...(.milliseconds(5))
    simulation = Simulation(settings, invariants: N.invariants())
    schedule = FaultSchedule(seed: seed)
    draws = Draws(seed: seed, stream: 0xc11e)
    keys = Array(repeating: Key(), count: clientCount)
    clients = (0..<clientCount).map { Client(id: $0, key: $0, idleUntil: .milliseconds(200)) }
    outcome = CampaignOutcome(seed: seed)
  }

  mutating func run() -> CampaignOutcome {
    simulation.start()
    let end = schedule.end + .seconds(4)
    while simulation.now < end && !outcome.isBroken {
      var wake = min(end, schedule.nextTime)
      for client in clients { wake = min(wake, client.operation?.deadline ?? client.idleUntil) }
      for event in simulation.advance(until: wake) {
        switch event {
        case .replied(let id, let reply, _): take(reply, id)
        case .violated(let violation): outcome.violation = violation
        default: break
        }
      }
      schedule.apply(to: simulation, at: simulation.now, primaries: primaries)
      for place in clients.indices { act(place) }
    }
    outcome.handled = simulation.handledCount
    outcome.digest = simulation.digest
    outcome.marks = simulation.marks
    outcome.faults = schedule.counts
    return outcome
  }

  /// The nodes that a kill or a partition of primaries would strike.
  private var primaries: [NodeID] {
    guard simulation.now >= schedule.nextTime else { return [] }
    return simulation.names.nodes.filter { (simulation.node($0) as? Raft)?.role == .leader }
  }

  private mutating func act(_ place: Int) {
    let now = simulation.now
    if let operation = clients[place].operation {
      guard operation.deadline <= now else { return }
      outcome.timedOut += 1
      clients[place].operation = nil
      // A process whose operation is indeterminate is never used again.
      clients[place].id += clients.count
      clients[place].number = 0
      if operation.value != nil {
        keys.append(Key())
        clients[place].key = keys.count - 1
      }
    }
    guard clients[place].idleUntil <= now else { return }
    clients[place].number += 1
    let id = RequestID(client: clients[place].id, number: clients[place].number)
    let isWrite = draws.below(2) == 0
    let key = isWrite ? clients[place].key : clients[draws.below(clients.count)].key
    if isWrite { keys[key].tried += 1 }
    let value = isWrite ? keys[key].tried : nil
    clients[place].operation = Operation(
      id: id, key: key, value: value, floor: keys[key].floor, deadline: now + timeout)
    let request: Request =
      value.map { .write(key: .integer(key), value: .integer($0)) } ?? .read(key: .integer(key))
    simulation.submit(request, as: id, to: draws.element(of: simulation.names.nodes))
  }

  private mutating func take(_ reply: Reply, _ id: RequestID) {
    guard let place = clients.firstIndex(where: { $0.operation?.id == id }),
      let operation = clients[place].operation
    else { return }
    clients[place].operation = nil
    clients[place].idleUntil =
      simulation.now + draws.within(.milliseconds(1)...(.milliseconds(20)))
    switch reply {
    case .written:
      keys[operation.key].floor = max(keys[operation.key].floor, operation.value ?? 0)
      succeed()
    case .value(.integer(let value)): judge(value, operation)
    case .failed(let error) where error.code == .keyDoesNotExist: judge(0, operation)
    case .failed(let error) where error.code == .temporarilyUnavailable:
      outcome.refused += 1
      if let value = operation.value { keys[operation.key].refused.insert(value) }
    default: outcome.anomaly = "a reply that answers nothing: \(reply)"
    }
  }

  private mutating func judge(_ value: Int, _ operation: Operation) {
    let key = keys[operation.key]
    if value < operation.floor {
      outcome.anomaly = "key \(operation.key): read \(value) after \(operation.floor) was known"
    } else if value > key.tried || key.refused.contains(value) {
      outcome.anomaly = "key \(operation.key): read \(value), which was never written"
    }
    keys[operation.key].floor = max(key.floor, value)
    succeed()
  }

  private mutating func succeed() {
    outcome.acknowledged += 1
    if simulation.now > schedule.end + .seconds(2) { outcome.afterwards += 1 }
  }
}
