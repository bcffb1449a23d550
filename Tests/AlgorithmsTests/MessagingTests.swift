import Algorithms
import Environments
import Nodes
import Simulations
import Testing
import Values

@Suite("Messaging systems")
struct MessagingTests {
  @Test("echo answers with the value that it was sent")
  func echo() {
    var echo = Driven<Echo>(of: 1)
    #expect(echo.request(.echo([1, "two"])).replies() == [.echo([1, "two"])])
    #expect(codes(echo.request(.generate).replies()) == [.notSupported])
  }

  @Test("a relay delivers what was asked for and answers once", arguments: [1, 2, 7, 1_000])
  func relay(count: Int) {
    let simulation = Simulation<Relay>(
      SimulationSettings(names: .numbered(count: 3), seed: 1))
    simulation.start()
    simulation.submit(
      Relay.request(count: count, window: 16), as: RequestID(client: 1, number: 1), to: NodeID(1))
    var replies: [Reply] = []
    for event in simulation.advance(until: .seconds(60)) + simulation.advance(until: .seconds(120))
    {
      if case .replied(_, let reply, _) = event { replies.append(reply) }
    }
    let delivered = count + count % 2
    #expect(
      replies == [.custom(["type": "relay_ok", "delivered": .integer(delivered)])])
    #expect(simulation.traffic.betweenServers == delivered)
  }

  @Test("a relay refuses a request that it can't make sense of")
  func malformedRelay() {
    var relay = Driven<Relay>(of: 3)
    #expect(codes(relay.request(.custom(["count": 3])).replies()) == [.malformedRequest])
    #expect(codes(relay.request(.generate).replies()) == [.notSupported])
  }

  @Test("the proxy passes requests on, and a late answer reaches nobody")
  func proxy() {
    var proxy = Driven<KeyValueProxy>(of: 1, options: ["service": "seq-kv", "timeout": "1s"])
    for number in 1...2 {
      proxy.context.now = .milliseconds(Int64(400 * number))
      let effects = proxy.request(.read(key: "x"), number: number)
      #expect(
        effects.contains { effect in
          if case .call(.seqKV, .read(key: "x"), Token(number - 1)) = effect { true } else { false }
        })
    }
    proxy.context.now = .milliseconds(1_500)
    #expect(proxy.handle(.timer(.expiry)).timers() == [.expiry])
    #expect(proxy.handle(.answered(Token(0), .value(1))).isEmpty)
    #expect(proxy.handle(.answered(Token(1), .value(1))).replies() == [.value(1)])
    #expect(codes(proxy.request(.readAll, number: 3).replies()) == [.notSupported])
  }

  @Test("every message of a broadcast and a relay is what its encoding says")
  func encodings() {
    let id = RequestID(client: 3, number: 4)
    for message in [
      BroadcastMessage.share(first: 1, end: 4, values: [1, "a"]), .acknowledge(first: 0, end: 9),
    ] {
      var source = ByteSource(message.encoded)
      #expect(BroadcastMessage(from: &source) == message && source.remaining == 0)
    }
    for message in [Relay.Message.outward(id), .homeward(id)] {
      var source = ByteSource(message.encoded)
      #expect(Relay.Message(from: &source) == message && source.remaining == 0)
    }
  }
}

@Suite("Unique ids")
struct UniqueIDsTests {
  /// How many identifiers were given in a run under faults, and how many of them twice.
  static func run(seed: UInt64, bugs: Set<String> = []) -> (given: Int, repeated: Int) {
    var settings = SimulationSettings(names: .numbered(count: 3), seed: seed)
    settings.bugs = bugs
    let simulation = Simulation<UniqueIDs>(settings)
    var schedule = FaultSchedule(seed: seed)
    var draws = Draws(seed: seed, stream: 7)
    var given = 0
    var distinct: Set<Value> = []
    simulation.start()
    for number in 1...3_000 {
      let id = RequestID(client: number, number: 1)
      simulation.submit(.generate, as: id, to: NodeID(draws.below(3)))
      let deadline = simulation.now + .milliseconds(2)
      while simulation.now < deadline {
        for case .replied(_, .generated(let value), _) in simulation.advance(until: deadline) {
          given += 1
          distinct.insert(value)
        }
      }
      schedule.apply(to: simulation, at: simulation.now, primaries: [])
    }
    return (given, given - distinct.count)
  }

  @Test("are unique under kills and power loss", arguments: 0..<20 as Range<UInt64>)
  func unique(seed: UInt64) {
    let result = Self.run(seed: seed)
    #expect(result.repeated == 0 && result.given > 500, "seed \(seed): \(result)")
  }

  @Test("with volatile-boot they repeat")
  func volatileBoot() {
    #expect(
      (0..<10 as Range<UInt64>).contains {
        Self.run(seed: $0, bugs: ["volatile-boot"]).repeated > 0
      })
  }

  @Test("a boot's number that was torn is used by the next boot, for it answered nobody")
  func tornBoot() {
    let first = Driven<UniqueIDs>(of: 1)
    let file = first.files["boots", default: []]
    for count in 0..<file.count {
      var second = Driven<UniqueIDs>(of: 1, files: ["boots": Array(file.prefix(count))])
      #expect(second.request(.generate).replies() == [.generated("0-1-1")])
    }
    var second = Driven<UniqueIDs>(of: 1, files: first.files)
    #expect(second.request(.generate).replies() == [.generated("0-2-1")])
  }
}

@Suite("Broadcast")
struct BroadcastTests {
  /// What a run left: acknowledged values that some node lacks at its end, and traffic.
  struct Outcome {
    var acknowledged = 0
    var lost = 0
    var invented = 0
    var traffic = Traffic()
    var operations = 0
  }

  /// Broadcasts `rate` values a second to random nodes for ten seconds, and reads all nodes
  /// `settling` later.
  static func run(
    seed: UInt64, nodes: Int = 5, rate: Int = 50, bugs: Set<String> = [],
    options: [String: String] = [:], topology: [NodeID: [NodeID]]? = nil,
    latency: Latency = .uniform(.milliseconds(1)...(.milliseconds(5))),
    settling: Nanoseconds = .seconds(6), isBroken: Bool = true
  ) -> Outcome {
    var settings = SimulationSettings(names: .numbered(count: nodes), seed: seed)
    settings.bugs = bugs
    settings.options = options
    settings.latency = latency
    settings.checksEncoding = true
    let simulation = Simulation<Broadcast>(settings)
    var schedule = FaultSchedule(seed: seed)
    var draws = Draws(seed: seed, stream: 7)
    var outcome = Outcome()
    var tried: Set<Value> = []
    var acknowledged: Set<Value> = []
    simulation.start()
    _ = simulation.advance(until: .milliseconds(100))
    if let topology {
      for node in simulation.names.nodes {
        simulation.submit(
          .topology(topology), as: RequestID(client: node.index, number: 0), to: node)
      }
    }
    func advance(until deadline: Nanoseconds) {
      while simulation.now < deadline {
        let wake = isBroken ? min(deadline, schedule.nextTime) : deadline
        for case .replied(let id, .broadcastAccepted, _) in simulation.advance(until: wake) {
          acknowledged.insert(.integer(id.number))
        }
        if isBroken { schedule.apply(to: simulation, at: simulation.now, primaries: []) }
      }
    }
    for number in 1...10 * rate {
      tried.insert(.integer(number))
      simulation.submit(
        .broadcast(.integer(number)), as: RequestID(client: 1_000, number: number),
        to: NodeID(draws.below(nodes)))
      advance(until: simulation.now + .seconds(1) / Int64(rate))
    }
    outcome.traffic = simulation.traffic
    // A broadcast and a read of each, as the workload has it.
    outcome.operations = 20 * rate
    advance(until: simulation.now + settling)
    outcome.acknowledged = acknowledged.count
    for node in simulation.names.nodes {
      simulation.submit(.readAll, as: RequestID(client: 2_000, number: node.index), to: node)
    }
    var reads = 0
    while reads < nodes, case let events = simulation.advance(until: simulation.now + .seconds(1)),
      !events.isEmpty
    {
      for case .replied(_, .messages(let values), _) in events {
        reads += 1
        outcome.lost += acknowledged.subtracting(values).count
        outcome.invented += Set(values).subtracting(tried).count + values.count - Set(values).count
      }
    }
    if reads < nodes { outcome.lost = .max }
    return outcome
  }

  @Test("an acknowledged value reaches every node, whatever fails", arguments: 0..<30)
  func correct(seed: Int) {
    let outcome = Self.run(seed: UInt64(seed), options: seed % 3 == 0 ? ["batch": "0ms"] : [:])
    #expect(outcome.lost == 0 && outcome.invented == 0, "seed \(seed): \(outcome)")
    #expect(outcome.acknowledged > 100, "seed \(seed)")
  }

  @Test("planted bugs lose values", arguments: ["no-retry", "no-sync"])
  func plantedBugs(bug: String) {
    let found = (0..<1000 as Range<UInt64>).first { Self.run(seed: $0, bugs: [bug]).lost > 0 }
    #expect(found != nil)
  }

  @Test("a topology is followed, survives a restart, and needs no links back")
  func topology() {
    var broadcast = Driven<Broadcast>(of: 5, options: ["batch": "0ms"])
    broadcast.request(.topology([NodeID(0): [NodeID(4), NodeID(0)]]))
    #expect(broadcast.request(.broadcast(1), number: 2).sent().map(\.to) == [4])
    var restarted = Driven<Broadcast>(of: 5, options: ["batch": "0ms"], files: broadcast.files)
    #expect(restarted.node.encoded != Driven<Broadcast>(of: 5).node.encoded)
    #expect(restarted.request(.broadcast(2)).sent().map(\.to) == [4])
  }

  @Test("what is acknowledged is not sent again, and what is overdue is")
  func retry() {
    var broadcast = Driven<Broadcast>(of: 2, options: ["batch": "0ms"])
    broadcast.request(.broadcast(1))
    broadcast.request(.broadcast(2), number: 2)
    broadcast.receive(.acknowledge(first: 0, end: 1), from: 1)
    #expect(broadcast.handle(.timer(.resend)).sent().isEmpty)
    let again = broadcast.handle(.timer(.resend)).sent().map(\.message)
    #expect(again == [.share(first: 1, end: 2, values: [2])])
    broadcast.receive(.acknowledge(first: 1, end: 2), from: 1)
    #expect(broadcast.handle(.timer(.resend)).isEmpty)
  }

  @Test("an acknowledgement with a gap before it proves nothing, and values don't go back")
  func gaps() {
    var broadcast = Driven<Broadcast>(of: 2, options: ["batch": "0ms"])
    broadcast.request(.broadcast(1))
    broadcast.request(.broadcast(2), number: 2)
    broadcast.receive(.acknowledge(first: 1, end: 2), from: 1)
    broadcast.handle(.timer(.resend))
    let again = broadcast.handle(.timer(.resend)).sent().map(\.message)
    #expect(again == [.share(first: 0, end: 2, values: [1, 2])])
    let received = broadcast.receive(.share(first: 0, end: 1, values: [7]), from: 1)
    #expect(received.sent().map(\.message) == [.acknowledge(first: 0, end: 1)])
  }

  @Test("a long list goes out in bounded messages within a window, and on as it is acknowledged")
  func window() {
    var broadcast = Driven<Broadcast>(of: 2)
    for number in 1...10_000 { broadcast.request(.broadcast(.integer(number)), number: number) }
    let shares = broadcast.handle(.timer(.batch)).sent()
    #expect(shares.count == 8)
    #expect(broadcast.receive(.acknowledge(first: 0, end: 1_000), from: 1).sent().count == 1)
  }

  /// 25 nodes, 100 ms a hop, 100 operations a second of which half are broadcasts: the bounds are
  /// those of Gossip Glomers 3d and 3e, on messages an operation and on the slowest value.
  @Test(
    "few messages carry a value far",
    arguments: [
      (["overlay": "tree", "batch": "10ms"], 30, 700),
      (["overlay": "star", "batch": "0ms"], 30, 600),
      (["overlay": "star", "batch": "300ms"], 20, 1_000),
    ])
  func economy(options: [String: String], messages: Int, milliseconds: Int) {
    let outcome = Self.run(
      seed: 1, nodes: 25, options: options, latency: .constant(.milliseconds(100)),
      settling: .milliseconds(Int64(milliseconds)), isBroken: false)
    #expect(outcome.acknowledged == 500 && outcome.lost == 0)
    #expect(outcome.traffic.betweenServers < messages * outcome.operations)
  }
}
