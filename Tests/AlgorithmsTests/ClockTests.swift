import Algorithms
import Nodes
import Testing
import Values

/// A random execution of nodes that do events and send to each other, with clocks and with sets of all
/// events that happened before, which are the truth.
private struct Execution<Clock: EventClock> {
  struct Event {
    var clock: Clock
    /// Its own number and those of all events before it.
    var past: Set<Int>
  }

  private(set) var events: [Event] = []

  init(seed: UInt64, nodes: Int, steps: Int) {
    var draws = Draws(seed: seed)
    var clocks = (0..<nodes).map { Clock(identity: $0, of: nodes) }
    var pasts = Array(repeating: Set<Int>(), count: nodes)
    var messages: [(clock: Clock, past: Set<Int>)] = []
    for _ in 0..<steps {
      let node = draws.below(nodes)
      if !messages.isEmpty && draws.chance(0.4) {
        // A message may be received late, twice, or never.
        let message = messages[draws.below(messages.count)]
        clocks[node].merge(message.clock)
        pasts[node].formUnion(message.past)
      }
      clocks[node].tick()
      pasts[node].insert(events.count)
      events.append(Event(clock: clocks[node], past: pasts[node]))
      if draws.chance(0.5) { messages.append((clocks[node], pasts[node])) }
    }
  }

  /// Calls with each pair of two events: their stamps, and whether the first happened before.
  func forEachPair(_ body: (Clock, Clock, _ happenedBefore: Bool) -> Void) {
    for (first, one) in events.enumerated() {
      for (second, two) in events.enumerated() where first != second {
        body(one.clock, two.clock, two.past.contains(first))
      }
    }
  }
}

@Suite("Clocks")
struct ClockTests {
  @Test("of Lamport grow along what happened before", arguments: 0..<30 as Range<UInt64>)
  func lamport(seed: UInt64) {
    var refutations = 0
    Execution<LamportClock>(seed: seed, nodes: 3, steps: 40).forEachPair { one, two, isBefore in
      if isBefore { #expect(one.time < two.time) }
      if !isBefore && one.time < two.time { refutations += 1 }
    }
    #expect(refutations > 0)
  }

  @Test(
    "as vectors are ordered as the events are", arguments: 0..<30 as Range<UInt64>, [2, 5])
  func vector(seed: UInt64, nodes: Int) {
    Execution<VectorClock>(seed: seed, nodes: nodes, steps: 40).forEachPair { one, two, isBefore in
      #expect((one.counts < two.counts) == isBefore && one.counts != two.counts)
    }
  }

  @Test(
    "as interval trees are ordered as the events are", arguments: 0..<30 as Range<UInt64>,
    [1, 2, 5])
  func intervalTree(seed: UInt64, nodes: Int) {
    Execution<IntervalTreeClock>(seed: seed, nodes: nodes, steps: 40)
      .forEachPair { one, two, isBefore in
        #expect((one < two) == isBefore)
        #expect(!(one <= two) || isBefore)
      }
  }

  @Test(
    "as interval trees stay so when stamps are forked and joined",
    arguments: 0..<60 as Range<UInt64>)
  func forksAndJoins(seed: UInt64) {
    var draws = Draws(seed: seed)
    var stamps: [(clock: IntervalTreeClock, past: Set<Int>)] = [(.seed, [])]
    var events: [(clock: IntervalTreeClock, past: Set<Int>, number: Int)] = []
    for number in 0..<60 {
      let place = draws.below(stamps.count)
      switch draws.below(4) {
      case 0 where stamps.count < 6:
        let (left, right) = stamps[place].clock.forked()
        stamps[place].clock = left
        stamps.append((right, stamps[place].past))
      case 1 where stamps.count > 1:
        let other = stamps.remove(at: place)
        let heir = draws.below(stamps.count)
        stamps[heir].clock.join(other.clock)
        stamps[heir].past.formUnion(other.past)
      case 2:
        let told = stamps[draws.below(stamps.count)]
        stamps[place].clock.join(told.clock.peeked)
        stamps[place].past.formUnion(told.past)
      default:
        stamps[place].clock.event()
        stamps[place].past.insert(number)
        events.append((stamps[place].clock, stamps[place].past, number))
      }
      for one in stamps {
        for two in stamps {
          #expect((one.clock <= two.clock) == one.past.isSubset(of: two.past), "seed \(seed)")
        }
      }
    }
    for one in events {
      for two in events where one.number != two.number {
        #expect((one.clock < two.clock) == two.past.contains(one.number), "seed \(seed)")
      }
    }
    // Whoever is left alone owns everything again, and needs one number.
    while let last = stamps.popLast(), !stamps.isEmpty { stamps[0].clock.join(last.clock) }
    if let only = stamps.first {
      var clock = only.clock
      clock.event()
      #expect(clock.identity == .whole && clock.stampSize <= 3)
    }
  }

  private func survivesEncoding<Clock: EventClock>(_: Clock.Type) -> Bool {
    Execution<Clock>(seed: 5, nodes: 5, steps: 80).events.allSatisfy { event in
      let bytes = event.clock.encoded
      var source = ByteSource(bytes)
      let isCutRefused = bytes.indices.allSatisfy { count in
        var cut = ByteSource(Array(bytes.prefix(count)))
        return Clock(from: &cut) == nil
      }
      return Clock(from: &source) == event.clock && source.remaining == 0 && isCutRefused
    }
  }

  @Test("come back from their bytes, and from no part of them")
  func encoding() {
    #expect(survivesEncoding(LamportClock.self) && survivesEncoding(VectorClock.self))
    #expect(survivesEncoding(DottedClock.self) && survivesEncoding(IntervalTreeClock.self))
    var deep = ByteSource(Array(repeating: UInt8(2), count: 100_000))
    #expect(IntervalIdentity(from: &deep) == nil)
  }
}

@Suite("Siblings")
struct SiblingTests {
  /// What a client or a server knows: which writes, whether or not their values are still there.
  private struct Replica {
    var siblings = Siblings()
    var known: Set<Int> = []
  }

  @Test(
    "are the writes that no other had seen, whoever has what", arguments: 0..<100 as Range<UInt64>)
  func laws(seed: UInt64) {
    var draws = Draws(seed: seed)
    var servers = (0..<3).map { _ in Replica() }
    /// For each write the writes that its client had seen.
    var seen: [Set<Int>] = []
    var clients = (0..<4).map { _ in (context: VersionVector(), seen: Set<Int>()) }
    for _ in 0..<60 {
      let (server, client) = (draws.below(3), draws.below(4))
      switch draws.below(3) {
      case 0:
        // A client that writes with an old context is the point of it.
        let number = seen.count
        seen.append(clients[client].seen)
        servers[server].siblings.write(
          .integer(number), seeing: clients[client].context, at: NodeID(server))
        servers[server].known.insert(number)
        servers[server].known.formUnion(clients[client].seen)
      case 1:
        clients[client] = (servers[server].siblings.context, servers[server].known)
      default:
        let other = servers[draws.below(3)]
        servers[server].siblings.merge(other.siblings)
        servers[server].known.formUnion(other.known)
      }
      let known = servers[server].known
      let alive = known.filter { write in !known.contains { seen[$0].contains(write) } }
      let values = Set(servers[server].siblings.values.compactMap(\.integer))
      #expect(values == alive, "seed \(seed)")
      #expect(servers[server].siblings.values.count == alive.count, "seed \(seed)")
    }
  }

  @Test("of clients that have read the same at one server are told apart")
  func sameServer() {
    var siblings = Siblings()
    siblings.write("v", seeing: VersionVector(), at: NodeID(0))
    let context = siblings.context
    siblings.write("w", seeing: context, at: NodeID(0))
    siblings.write("z", seeing: context, at: NodeID(0))
    #expect(Set(siblings.values) == ["w", "z"])
    siblings.write("x", seeing: siblings.context, at: NodeID(1))
    #expect(siblings.values == ["x"])
  }

  @Test(
    "are merged in any order, and come back from their bytes", arguments: 0..<50 as Range<UInt64>)
  func merging(seed: UInt64) {
    var draws = Draws(seed: seed)
    var replicas = (0..<3).map { _ in Siblings() }
    for number in 0..<20 {
      let server = draws.below(3)
      let context = draws.chance(0.5) ? replicas[draws.below(3)].context : VersionVector()
      replicas[server].write(.integer(number), seeing: context, at: NodeID(server))
      if draws.chance(0.3) { replicas[draws.below(3)].merge(replicas[draws.below(3)]) }
    }
    func merged(_ order: [Int]) -> Siblings {
      order.reduce(into: Siblings()) { $0.merge(replicas[$1]) }
    }
    let all = merged([0, 1, 2])
    #expect(merged([2, 1, 0]) == all && merged([1, 2, 0, 1]) == all)
    var source = ByteSource(all.encoded)
    #expect(Siblings(from: &source) == all)
  }
}
