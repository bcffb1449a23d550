import Algorithms
import Environments
import Nodes
import Simulations
import Testing
import Values

/// What the nodes of a broadcast delivered in a run with faults, and what was acknowledged.
struct BroadcastRun {
  var acknowledged: [Value] = []
  var deliveries: [[Value]]

  var hasAll: Bool {
    deliveries.allSatisfy { log in
      Set(log).count == log.count && Set(acknowledged).isSubset(of: Set(log))
    }
  }

  var agrees: Bool { deliveries.allSatisfy { Set($0) == Set(deliveries[0]) } }

  init<N: Algorithm>(
    _: N.Type, seed: UInt64, count: Int = 150, isBroken: Bool = true, bugs: Set<String> = []
  ) {
    var settings = SimulationSettings(names: .numbered(count: 4), seed: seed)
    settings.checksEncoding = true
    settings.bugs = bugs
    settings.latency = .uniform(.milliseconds(1)...(.milliseconds(20)))
    let simulation = Simulation<N>(settings)
    var schedule = FaultSchedule(seed: seed)
    schedule.end = .seconds(3)
    var draws = Draws(seed: seed, stream: 7)
    var acknowledged: [Value] = []
    var deliveries = Array(repeating: [Value](), count: 4)
    func advance(_ span: Nanoseconds) {
      let deadline = simulation.now + span
      while simulation.now < deadline {
        for case .replied(let id, .custom(let body), _) in simulation.advance(until: deadline) {
          if body["type"]?.name == "publish_ok" { acknowledged.append(.integer(id.client)) }
          guard body["type"]?.name == "deliveries_ok", let node = body["at"]?.integer else {
            continue
          }
          deliveries[node] = body["messages"]?.elements ?? []
        }
      }
    }
    simulation.start()
    for number in 0..<count {
      simulation.submit(
        .custom(["type": "publish", "message": .integer(number)]),
        as: RequestID(client: number, number: 1), to: NodeID(draws.below(4)))
      advance(.milliseconds(20))
      if isBroken {
        schedule.apply(to: simulation, at: simulation.now, primaries: [])
      }
    }
    while isBroken && schedule.nextTime < .max {
      advance(.milliseconds(100))
      schedule.apply(to: simulation, at: simulation.now, primaries: [])
    }
    advance(.seconds(10))
    for node in simulation.names.nodes {
      simulation.submit(
        .custom(["type": "deliveries", "from": 0]),
        as: RequestID(client: 1_000_000 + node.index, number: 1), to: node)
    }
    advance(.seconds(1))
    self.acknowledged = acknowledged
    self.deliveries = deliveries
  }
}

@Suite("The broadcast family")
struct BroadcastFamilyTests {
  @Test("delivers all that was acknowledged, everywhere, once", arguments: 0..<3 as Range<UInt64>)
  func reliable(seed: UInt64) {
    for run in [
      BroadcastRun(ReliableBroadcast.self, seed: seed),
      BroadcastRun(FIFOBroadcast.self, seed: seed),
      BroadcastRun(CausalBroadcast.self, seed: seed),
      BroadcastRun(SequencerBroadcast.self, seed: seed),
      BroadcastRun(LamportBroadcast.self, seed: seed),
    ] {
      #expect(run.hasAll && run.agrees && run.acknowledged.count > 30, "seed \(seed)")
    }
  }

  @Test("has one order where that is promised", arguments: 0..<3 as Range<UInt64>)
  func total(seed: UInt64) {
    for run in [
      BroadcastRun(SequencerBroadcast.self, seed: seed),
      BroadcastRun(LamportBroadcast.self, seed: seed),
    ] {
      #expect(run.deliveries.allSatisfy { $0 == run.deliveries[0] }, "seed \(seed)")
    }
  }

  @Test("loses at best effort what the network loses, and nothing where it loses nothing")
  func bestEffort() {
    #expect(BroadcastRun(BestEffortBroadcast.self, seed: 1, isBroken: false).hasAll)
    #expect(!BroadcastRun(BestEffortBroadcast.self, seed: 1).hasAll)
  }

  @Test("sends on what it got, so that a sender that never comes back leaves agreement behind")
  func relay() throws {
    var sender = Driven<ReliableBroadcast>(of: 3)
    let publish = Request.custom(["type": "publish", "message": "m"])
    let sent = sender.request(publish).sent()
    #expect(sent.map(\.to) == [1, 2])
    var second = Driven<ReliableBroadcast>(1, of: 3)
    let relayed = second.receive(try #require(sent.first?.message), from: 0).sent()
    #expect(relayed.map(\.to) == [2, 0])
    var third = Driven<ReliableBroadcast>(2, of: 3)
    third.receive(try #require(relayed.first?.message), from: 1)
    #expect(deliveries(third.request(.custom(["type": "deliveries", "from": 0]))) == ["m"])
    // What comes from the sender after all is known, and acknowledged again.
    #expect(third.receive(sent[1].message, from: 0).sent().map(\.to) == [0])
    #expect(deliveries(third.request(.custom(["type": "deliveries", "from": 0]))) == ["m"])
  }

  @Test("keeps a causal reply back until what it replies to has come")
  func causal() throws {
    var nodes = (0..<3).map { Driven<CausalBroadcast>($0, of: 3) }
    let question = nodes[0].request(.custom(["type": "publish", "message": "question"])).sent()
    nodes[1].receive(question[0].message, from: 0)
    let reply = nodes[1].request(.custom(["type": "publish", "message": "reply"]), client: 2).sent()
    let read = Request.custom(["type": "deliveries", "from": 0])
    nodes[2].receive(try #require(reply.last?.message), from: 1)
    #expect(deliveries(nodes[2].request(read)) == [])
    nodes[2].receive(question[1].message, from: 0)
    #expect(deliveries(nodes[2].request(read)) == ["question", "reply"])
  }

  @Test("delivers by Lamport timestamps only when every node is known to be past them")
  func lamport() throws {
    var nodes = (0..<3).map { Driven<LamportBroadcast>($0, of: 3) }
    let posts = nodes[0].request(.custom(["type": "publish", "message": "m"])).sent()
    let read = Request.custom(["type": "deliveries", "from": 0])
    let clocks = nodes[1].receive(posts[0].message, from: 0).sent()
    #expect(clocks.map(\.message.kind) == ["received", "clock", "clock"])
    nodes[0].receive(try #require(clocks.first { $0.message.kind == "clock" }?.message), from: 1)
    #expect(deliveries(nodes[0].request(read)) == [])
    let others = nodes[2].receive(posts[1].message, from: 0).sent()
    nodes[0].receive(try #require(others.first { $0.message.kind == "clock" }?.message), from: 2)
    #expect(deliveries(nodes[0].request(read)) == ["m"])
  }

  @Test(
    "refuses what it does not know", arguments: [Request.generate, .custom(["type": "publish"])])
  func refusal(request: Request) {
    var node = Driven<CausalBroadcast>(of: 3)
    let codes = node.request(request).replies().map {
      if case .failed(let error) = $0 { error.code } else { ErrorCode.crash }
    }
    #expect(codes == [.notSupported])
  }

  private func deliveries<N: Algorithm>(_ effects: [Effect<N>]) -> [Value] {
    guard case .custom(let body)? = effects.replies().first else { return [] }
    return body["messages"]?.elements ?? []
  }
}
