import Environments
import Generators
import Histories
import Nemeses
import Values

/// A run taken apart into what clients ask and what breaks, so that each can be left out.
struct Scenario: Sendable {
  /// An operation that a client begins.
  struct Request: Sendable {
    /// Since the main phase began.
    var time: Nanoseconds
    /// Which client it is, of those that there were at first.
    var client: Int
    /// The node that it asks, by its place.
    var node: Int
    var f: String
    var value: Value
    var extra: ValueMap
  }

  /// Something that breaks, and its end where that comes before everything is healed.
  struct Disruption: Sendable {
    var start: ScheduledFault
    var end: ScheduledFault?
  }

  /// All else: the system, its nodes, the seed.
  var base: Plan
  var requests: [Request]
  var disruptions: [Disruption]

  var seed: UInt64 {
    get { base.seed }
    set { base.seed = newValue }
  }

  /// Takes a run apart.
  ///
  /// - Parameters:
  ///   - plan: What ran, with nothing left to be drawn.
  ///   - recording: What its clients did.
  ///   - began: When the main phase began, in the run's time.
  ///   - demandsProgress: Whether the demand for progress is kept; else what clients asked meanwhile is
  ///     like all else that they asked.
  init(
    _ plan: Plan, _ recording: InvocationRecorder, began: Nanoseconds, demandsProgress: Bool
  ) throws {
    let test = try Test(plan)
    base = plan
    if !demandsProgress, let liveness = plan.liveness {
      base.liveness = nil
      base.timeLimit += liveness
    }
    let nodeCount = plan.nodes.count
    let concurrency = plan.concurrency
    let invocations = recording.invocations.filter { $0.time >= began }
    // What comes when the main phase is over, to show progress or the final state, is not among them.
    if plan.operations == nil, base.liveness == nil, let first = invocations.first {
      base.timeLimit += first.time - began
    }
    let end = base.timeLimit
    requests = invocations.compactMap { operation in
      guard operation.time - began < end, case .client(let process) = operation.process else {
        return nil
      }
      let thread = process % concurrency
      return Request(
        time: operation.time - began, client: thread, node: thread % nodeCount, f: operation.f,
        value: operation.value, extra: operation.extra)
    }
    disruptions = Scenario.pairs(of: test.schedule)
  }

  private static func pairs(of schedule: [ScheduledFault]) -> [Disruption] {
    var disruptions: [Disruption] = []
    for fault in schedule {
      if fault.breaks {
        disruptions.append(Disruption(start: fault))
      } else if let open = disruptions.lastIndex(where: {
        $0.start.family == fault.family && $0.end == nil
      }) {
        disruptions[open].end = fault
      }
    }
    return disruptions
  }

  /// The plan that does just this.
  var plan: Plan {
    var plan = base
    let names = NodeNames(plan.nodes)
    let threads = threads
    plan.isSwarm = false
    plan.concurrency = max(1, (threads.values.max() ?? 0) + 1)
    plan.operations = requests.map { request in
      Timetable.Line(
        time: request.time, thread: threads[[request.node, request.client]] ?? 0, f: request.f,
        value: request.value, extra: request.extra
      ).planValue
    }
    let faults = (disruptions.map(\.start) + disruptions.compactMap(\.end)).inOrder
    plan.faults = faults.map { $0.value(names) }
    var families: [String] = []
    for disruption in disruptions where !families.contains(disruption.start.family.rawValue) {
      families.append(disruption.start.family.rawValue)
    }
    plan.nemesis = families.isEmpty ? ["none"] : families
    return plan
  }

  /// A thread for each client, one that asks the client's node.
  private var threads: [[Int]: Int] {
    var threads: [[Int]: Int] = [:]
    var counts = base.nodes.map { _ in 0 }
    for request in requests where threads[[request.node, request.client]] == nil {
      threads[[request.node, request.client]] =
        request.node + base.nodes.count * counts[request.node]
      counts[request.node] += 1
    }
    return threads
  }
}

extension Scenario {
  /// The same with less time: what would begin later is left out.
  func cut(at end: Nanoseconds) -> Scenario {
    var scenario = self
    scenario.base.timeLimit = end
    scenario.requests.removeAll { $0.time >= end }
    scenario.disruptions.removeAll { $0.start.time >= end }
    for place in scenario.disruptions.indices
    where (scenario.disruptions[place].end?.time ?? 0) >= end {
      scenario.disruptions[place].end = nil
    }
    return scenario
  }

  /// The same in a cluster without one of its nodes, and without those who ask it.
  func without(node removed: Int) -> Scenario {
    var scenario = self
    scenario.base.nodes.removeLast()
    scenario.requests.removeAll { $0.node == removed }
    for place in scenario.requests.indices where scenario.requests[place].node > removed {
      scenario.requests[place].node -= 1
    }
    let renamed = { (node: NodeID) -> NodeID? in
      node.index == removed ? nil : node.index > removed ? NodeID(node.index - 1) : node
    }
    scenario.disruptions = disruptions.compactMap { disruption in
      guard let start = disruption.start.fault.renamed(renamed) else { return nil }
      var disruption = disruption
      disruption.start.fault = start
      if let end = disruption.end?.fault {
        disruption.end?.fault = end.renamed(renamed) ?? end
      }
      return disruption
    }
    return scenario
  }

  /// The same with all times after `moment` earlier by `gap`.
  func closing(_ gap: Nanoseconds, after moment: Nanoseconds) -> Scenario {
    var scenario = self
    let moved = { (time: Nanoseconds) in time > moment ? max(moment, time - gap) : time }
    scenario.base.timeLimit = moved(base.timeLimit)
    for place in scenario.requests.indices {
      scenario.requests[place].time = moved(scenario.requests[place].time)
    }
    for place in scenario.disruptions.indices {
      scenario.disruptions[place].start.time = moved(scenario.disruptions[place].start.time)
      if let end = scenario.disruptions[place].end {
        scenario.disruptions[place].end?.time = moved(end.time)
      }
    }
    return scenario
  }

  /// When something begins or ends, in order, and the end of all.
  var moments: [Nanoseconds] {
    let times =
      requests.map(\.time) + disruptions.map(\.start.time) + disruptions.compactMap(\.end?.time)
    return Set(times + [base.timeLimit]).sorted()
  }
}

extension Scenario {
  /// How many operations and faults there are.
  var itemCount: Int { requests.count + disruptions.count }

  /// The same without one operation or fault.
  func without(item place: Int) -> Scenario {
    var scenario = self
    if place < requests.count {
      scenario.requests.remove(at: place)
    } else {
      scenario.disruptions.remove(at: place - requests.count)
    }
    return scenario
  }

  /// The same with times that are multiples of a unit.
  func rounded(to unit: Nanoseconds) -> Scenario {
    var scenario = self
    let rounded = { (time: Nanoseconds) in (time + unit / 2) / unit * unit }
    scenario.base.timeLimit = (base.timeLimit + unit - 1) / unit * unit
    for place in requests.indices { scenario.requests[place].time = rounded(requests[place].time) }
    for (place, disruption) in disruptions.enumerated() {
      scenario.disruptions[place].start.time = rounded(disruption.start.time)
      if let end = disruption.end { scenario.disruptions[place].end?.time = rounded(end.time) }
    }
    return scenario
  }

  /// Gives keys and values small numbers, in the order in which they come up.
  mutating func renumber() {
    var numbers = Renumbering()
    for place in requests.indices {
      requests[place].value = numbers.renumbered(requests[place].value)
    }
  }
}

/// New numbers for the keys and the values of operations.
///
/// In `[key, value]`, and in a transaction's `["append", key, value]`, what comes first of numbers is the
/// key; every other number is a value.
private struct Renumbering {
  private var keys: [Int: Int] = [:]
  private var values: [Int: Int] = [:]

  mutating func renumbered(_ value: Value) -> Value {
    guard case .list(let elements) = value else { return renumberedValue(value) }
    var hasKey = false
    return .list(
      elements.map { element in
        guard case .integer(let number) = element, !hasKey else {
          return hasKey ? renumberedValue(element) : renumbered(element)
        }
        hasKey = true
        return .integer(new(number, in: &keys))
      })
  }

  private mutating func renumberedValue(_ value: Value) -> Value {
    switch value {
    case .integer(let number): .integer(new(number, in: &values))
    case .list(let elements): .list(elements.map { renumberedValue($0) })
    default: value
    }
  }

  private func new(_ number: Int, in numbers: inout [Int: Int]) -> Int {
    if let known = numbers[number] { return known }
    numbers[number] = numbers.count + 1
    return numbers.count
  }
}

extension Fault {
  /// How many nodes or links it strikes.
  var targetCount: Int {
    switch self {
    case .cut(let links), .disturb(_, let links): links.count
    case .kill(_, let nodes), .pause(let nodes), .disk(_, let nodes): nodes.count
    case .skew(let changes): changes.count
    case .restart, .resume, .mendDisks, .mend, .calm, .resetClocks: 0
    }
  }

  /// Spares some of the nodes or links that it strikes, by their places.
  mutating func removeTargets(_ places: Range<Int>) {
    func left<Target>(_ targets: [Target]) -> [Target] {
      targets.enumerated().filter { !places.contains($0.offset) }.map(\.element)
    }
    switch self {
    case .cut(let links): self = .cut(left(links))
    case .disturb(let disturbance, let links): self = .disturb(disturbance, left(links))
    case .kill(let ending, let nodes): self = .kill(ending, left(nodes))
    case .pause(let nodes): self = .pause(left(nodes))
    case .disk(let fault, let nodes): self = .disk(fault, left(nodes))
    case .skew(let changes):
      let nodes = left(changes.keys.sorted())
      self = .skew(changes.filter { nodes.contains($0.key) })
    case .restart, .resume, .mendDisks, .mend, .calm, .resetClocks: break
    }
  }

  /// The same fault of the nodes that are left, under their new names; nothing where none is.
  fileprivate func renamed(_ name: (NodeID) -> NodeID?) -> Fault? {
    func nodes(_ nodes: [NodeID], _ make: ([NodeID]) -> Fault) -> Fault? {
      let left = nodes.compactMap(name)
      return left.isEmpty ? nil : make(left)
    }
    func links(_ links: [Link], _ make: ([Link]) -> Fault) -> Fault? {
      let left = links.compactMap { link -> Link? in
        guard let source = name(link.source), let destination = name(link.destination) else {
          return nil
        }
        return Link(from: source, to: destination)
      }
      return left.isEmpty ? nil : make(left)
    }
    return switch self {
    case .cut(let cut): links(cut) { .cut($0) }
    case .disturb(let disturbance, let disturbed): links(disturbed) { .disturb(disturbance, $0) }
    case .kill(let ending, let killed): nodes(killed) { .kill(ending, $0) }
    case .restart(let restarted): nodes(restarted) { .restart($0) }
    case .disk(let fault, let struck): nodes(struck) { .disk(fault, $0) }
    case .mendDisks(let mended): nodes(mended) { .mendDisks($0) }
    case .pause(let paused): nodes(paused) { .pause($0) }
    case .resume(let resumed): nodes(resumed) { .resume($0) }
    case .skew(let changes):
      nodes(changes.keys.sorted()) { _ in
        .skew(
          Dictionary(
            changes.compactMap { node, change in name(node).map { ($0, change) } },
            uniquingKeysWith: { $1 }))
      }
    case .mend, .calm, .resetClocks: self
    }
  }
}

/// Notes which operations clients began.
final class InvocationRecorder: RunJournal {
  private(set) var invocations: [Operation] = []

  func record(_ operations: ArraySlice<Operation>) {
    invocations += operations.filter { $0.type == .invoke }
  }

  func note(_ fault: AppliedFault) {}
  func log(_ text: String) {}
}
