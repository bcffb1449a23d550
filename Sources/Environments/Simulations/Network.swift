public import Environments
public import Values

/// The links between a cluster's nodes: which are cut, and how the others disturb messages.
///
/// The latency of a message is a function of (seed, link, millisecond, how many before it in that),
/// whatever happens on other links and whatever faults there are.
@usableFromInline
struct Network: Sendable {
  /// A directed link.
  @usableFromInline
  struct Lane: Sendable {
    @usableFromInline var isCut = false
    @usableFromInline var latencies: Draws
    var disturbances: Draws
    /// How many messages were sent on it, where they are counted.
    var sent = 0
    /// Until when a link of limited rate is busy with what was sent before.
    var busyUntil: Nanoseconds = 0
  }

  /// What becomes of a message: how many copies of it arrive, and after how long.
  @usableFromInline
  struct Fate: Sendable {
    @usableFromInline var copies = 1
    @usableFromInline var latency: Nanoseconds
    /// The second copy's latency.
    @usableFromInline var copyLatency: Nanoseconds = 0
    /// Whether it arrives damaged.
    @usableFromInline var isCorrupt = false
    /// Whether it is held back until its link is no longer clogged.
    @usableFromInline var isHeld = false

    @inlinable
    init(latency: Nanoseconds) { self.latency = latency }
  }

  /// A fault that is in force.
  private struct Force: Sendable {
    var affected = 0
    /// Whether a message that it concerns was sent on one of its links.
    var hasMetAny = false
    /// How many messages nodes had sent each other when it began.
    var sentBefore: Int
    /// Whether it disturbs a link, by the link's place.
    var links: [Bool]
    var disturbance: Disturbance?
  }

  /// What came of a network fault while it was in force.
  struct Outcome: Hashable, Sendable {
    /// The nodes' messages that it touched.
    var affected: Int
    /// The messages that nodes sent each other.
    var exercised: Int
    /// Whether it was seen to have an effect, be it on a probe.
    var tookHold: Bool
  }

  /// How many messages of the harness's own try whether a disturbance has an effect.
  static let probeCount = 1_000

  @usableFromInline let count: Int
  @usableFromInline var lanes: [Lane]
  /// The share of messages that is lost when no fault is in force.
  private let loss: Double
  /// Delays by link and number, in place of drawn ones.
  private var delays: [Int: [Int: Nanoseconds]] = [:]
  /// The delays of all messages so far, where they are wanted.
  private(set) var recorded: [MessageDelay] = []
  private let records: Bool
  /// Whether messages are counted.
  @usableFromInline let isNumbered: Bool
  private var probes: Draws
  private var cut: Force?
  /// The disturbances in force, by the place of their kind.
  private var forces: [Force?] = Array(repeating: nil, count: Disturbance.Kind.allCases.count)
  /// Whether every message arrives, once.
  @usableFromInline private(set) var isCalm: Bool
  @usableFromInline var isCut = false
  /// All messages that nodes sent each other.
  @usableFromInline var sent = 0
  private(set) var tally = FaultTally()

  init(_ settings: SimulationSettings) {
    let names = settings.names
    let seed = settings.seed
    count = names.count
    loss = settings.loss
    isCalm = loss == 0
    records = settings.recordsDelays
    isNumbered = records || !settings.delays.isEmpty
    probes = Stream.probes.draws(seed: seed)
    let texts = names.nodes.map { names[$0] }
    lanes = texts.flatMap { source in
      texts.map { destination in
        Lane(
          latencies: Stream.latencies.draws(seed: seed, of: source, to: destination),
          disturbances: Stream.disturbances.draws(seed: seed, of: source, to: destination))
      }
    }
    for delay in settings.delays where contains(delay.link) {
      delays[place(delay.link), default: [:]][delay.number] = delay.delay
    }
  }

  /// Draws from another seed from now on.
  mutating func reseed(_ names: NodeNames, _ seed: UInt64) {
    for source in names.nodes {
      for destination in names.nodes {
        let place = place(Link(from: source, to: destination))
        lanes[place].latencies = Stream.latencies.draws(
          seed: seed, of: names[source], to: names[destination])
        lanes[place].disturbances = Stream.disturbances.draws(
          seed: seed, of: names[source], to: names[destination])
      }
    }
  }

  @inlinable
  func place(_ link: Link) -> Int { link.source.index * count + link.destination.index }

  /// Decides what becomes of a message that is sent now.
  @inlinable
  mutating func send(
    on link: Link, _ latency: Latency, at time: Nanoseconds, size: () -> Int, type: () -> String
  ) -> Fate {
    let place = place(link)
    sent += 1
    lanes[place].latencies.move(to: time)
    var fate = Fate(latency: latency.draw(&lanes[place].latencies))
    if isNumbered { fate.latency = numbered(link, fate.latency) }
    if !isCalm { disturb(&fate, on: place, latency, at: time, size: size, type: type) }
    return fate
  }

  /// Counts a message, and says how long it travels.
  @usableFromInline
  mutating func numbered(_ link: Link, _ drawn: Nanoseconds) -> Nanoseconds {
    let place = place(link)
    lanes[place].sent += 1
    let number = lanes[place].sent
    let delay = delays[place]?[number] ?? drawn
    if records { recorded.append(MessageDelay(link, number: number, delay: delay)) }
    return delay
  }

  /// Whether a message that arrives now is lost, because its link was cut on the way.
  @inlinable
  mutating func loses(arriving link: Link) -> Bool { isCut && meetsCut(at: place(link)) }

  @usableFromInline
  mutating func meetsCut(at place: Int) -> Bool {
    guard lanes[place].isCut else { return false }
    cut?.affected += 1
    tally.cut += 1
    return true
  }

  @usableFromInline
  mutating func disturb(
    _ fate: inout Fate, on place: Int, _ latency: Latency, at time: Nanoseconds, size: () -> Int,
    type: () -> String
  ) {
    if isCut && meetsCut(at: place) {
      fate.copies = 0
      return
    }
    var draws = lanes[place].disturbances.moved(to: time)
    defer { lanes[place].disturbances = draws }
    let isLost = strikes(.loss, place, type, &draws) != nil
    if isLost || (loss > 0 && draws.chance(loss)) {
      tally.lost += 1
      fate.copies = 0
      return
    }
    if let delay = strikes(.delay, place, type, &draws) {
      tally.delayed += 1
      fate.latency += delay.drawDelay(&draws)
    }
    if let reorder = strikes(.reorder, place, type, &draws) {
      tally.reordered += 1
      fate.latency += draws.within(0...reorder.latency)
    }
    if let duplicate = strikes(.duplicate, place, type, &draws) {
      tally.duplicated += 1
      fate.copies = 2
      fate.copyLatency = latency.draw(&draws) + draws.within(0...duplicate.latency)
    }
    if strikes(.corrupt, place, type, &draws) != nil {
      tally.corrupted += 1
      fate.isCorrupt = true
    }
    if let rate = strikes(.rate, place, type, &draws) {
      queue(&fate, on: place, rate, at: time, size: size())
    }
    if fate.copies > 0, strikes(.clog, place, type, &draws) != nil {
      tally.clogged += 1
      fate.isHeld = true
    }
  }

  /// Has a message wait until its link has carried what was sent before, and itself.
  private mutating func queue(
    _ fate: inout Fate, on place: Int, _ rate: Disturbance, at time: Nanoseconds, size: Int
  ) {
    let begin = max(time, lanes[place].busyUntil)
    let bytesPerSecond = max(rate.bytesPerSecond, 1)
    let end = begin + Nanoseconds(size) * .seconds(1) / Nanoseconds(bytesPerSecond)
    guard end - time <= rate.latency else {
      tally.overflowed += 1
      fate.copies = 0
      return
    }
    tally.queued += 1
    lanes[place].busyUntil = end
    fate.latency += end - time
    fate.copyLatency += end - time
  }

  /// Whether a disturbance strikes a message on a link.
  private mutating func strikes(
    _ kind: Disturbance.Kind, _ place: Int, _ type: () -> String, _ draws: inout Draws
  ) -> Disturbance? {
    guard let force = forces[kind.place], force.links[place], let disturbance = force.disturbance,
      disturbance.concerns(type)
    else { return nil }
    forces[kind.place]?.hasMetAny = true
    guard draws.chance(disturbance.probability) else { return nil }
    forces[kind.place]?.affected += 1
    return disturbance
  }
}

extension Network {
  /// Cuts links in place of those that were cut before.
  ///
  /// - Returns: What came of the cut that was in force, if one was.
  mutating func cut(_ links: [Link]) -> Outcome? {
    let outcome = cutOutcome()
    for place in lanes.indices { lanes[place].isCut = false }
    for link in links where contains(link) { lanes[place(link)].isCut = true }
    isCut = lanes.contains { $0.isCut }
    cut = isCut ? Force(sentBefore: sent, links: lanes.map(\.isCut)) : nil
    updateCalm()
    return outcome
  }

  /// Disturbs links in place of those that a disturbance of the same kind disturbed.
  ///
  /// - Returns: What came of the disturbance of that kind that was in force, if one was.
  mutating func disturb(_ disturbance: Disturbance, _ links: [Link]) -> Outcome? {
    let outcome = calm(disturbance.kind)
    if disturbance.kind == .rate { for place in lanes.indices { lanes[place].busyUntil = 0 } }
    var force = Force(
      sentBefore: sent, links: Array(repeating: false, count: count * count),
      disturbance: disturbance)
    for link in links where contains(link) { force.links[place(link)] = true }
    forces[disturbance.kind.place] = force
    updateCalm()
    return outcome
  }

  /// Ends a disturbance.
  ///
  /// - Returns: What came of it, if one of the kind was in force.
  mutating func calm(_ kind: Disturbance.Kind) -> Outcome? {
    guard let force = forces[kind.place] else { return nil }
    let tookHold = force.affected > 0 || strikesProbe(kind)
    forces[kind.place] = nil
    updateCalm()
    return Outcome(
      affected: force.affected, exercised: sent - force.sentBefore, tookHold: tookHold)
  }

  /// Where the system sent nothing on a cut link, a message of the harness's own does.
  private mutating func cutOutcome() -> Outcome? {
    guard let force = cut, let place = force.links.firstIndex(of: true) else { return nil }
    let before = tally
    defer { tally = before }
    return Outcome(
      affected: force.affected, exercised: sent - force.sentBefore,
      tookHold: force.affected > 0 || meetsCut(at: place))
  }

  /// Where few messages were sent, messages of the harness's own are disturbed; but types of messages
  /// of which none was sent may not exist.
  private mutating func strikesProbe(_ kind: Disturbance.Kind) -> Bool {
    guard let force = forces[kind.place], let place = force.links.firstIndex(of: true),
      let types = force.disturbance?.messageTypes, types.isEmpty || force.hasMetAny
    else { return false }
    var draws = probes
    defer { probes = draws }
    return (0..<Network.probeCount).contains { _ in
      strikes(kind, place, { types.first ?? "" }, &draws) != nil
    }
  }

  private func contains(_ link: Link) -> Bool {
    let nodes = 0..<count
    return nodes.contains(link.source.index) && nodes.contains(link.destination.index)
  }

  private mutating func updateCalm() {
    isCalm = !isCut && loss == 0 && forces.allSatisfy { $0 == nil }
  }
}

extension Disturbance.Kind {
  fileprivate var place: Int {
    switch self {
    case .delay: 0
    case .loss: 1
    case .duplicate: 2
    case .reorder: 3
    case .corrupt: 4
    case .rate: 5
    case .clog: 6
    }
  }
}
