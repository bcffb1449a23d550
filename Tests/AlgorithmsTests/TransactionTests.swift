import Algorithms
import Environments
import Nodes
import Simulations
import Testing
import Values

extension Array {
  fileprivate func calls<N: Node>() -> [Call] where Element == Effect<N> {
    compactMap {
      if case .call(let service, let request, let token) = $0 {
        Call(service: service, request: request, token: token)
      } else {
        nil
      }
    }
  }
}

private struct Call {
  var service: Service
  var request: Request
  var token: Token
}

extension Driven {
  /// Answers a call as the service would that has this much state, until the node says something.
  fileprivate mutating func serve(
    _ effects: [Effect<N>], _ services: inout [Service: ServiceState]
  ) -> [Reply] {
    var effects = effects
    while let call = effects.calls().first {
      let reply = services[call.service]?.handle(call.request, from: 0) ?? .value(nil)
      effects = handle(.answered(call.token, reply))
    }
    return effects.replies()
  }
}

private func makeServices() -> [Service: ServiceState] {
  Dictionary(
    uniqueKeysWithValues: Service.allCases.map { ($0, ServiceState($0, draws: Draws(seed: 1))) })
}

@Suite("Transaction stores")
struct TransactionTests {
  static let steps: [Value] = [
    ["r", 1, nil], ["append", 1, 7], ["r", 1, nil], ["append", 1, 8], ["w", "x", 3],
    ["r", "x", nil], ["w", "x", nil], ["r", "x", nil], ["r", 1, nil],
  ]
  static let filled: [Value] = [
    ["r", 1, nil], ["append", 1, 7], ["r", 1, [7]], ["append", 1, 8], ["w", "x", 3],
    ["r", "x", 3], ["w", "x", nil], ["r", "x", nil], ["r", 1, [7, 8]],
  ]
  static let later: [Value] = [["r", "x", nil], ["append", 1, 9], ["r", 1, nil]]
  static let laterFilled: [Value] = [["r", "x", nil], ["append", 1, 9], ["r", 1, [7, 8, 9]]]

  @Test("in memory runs steps in order, and comes back from its log")
  func memory() {
    var store = Driven<MemoryTransactions>(of: 1)
    #expect(store.request(.transaction(Self.steps)).replies() == [.transaction(Self.filled)])
    var restarted = Driven<MemoryTransactions>(of: 1, files: store.files)
    // The copy of a request that the log knows is answered by nobody, and changes nothing.
    #expect(restarted.request(.transaction(Self.steps)).isEmpty)
    #expect(
      restarted.request(.transaction(Self.later), number: 2).replies()
        == [.transaction(Self.laterFilled)])
  }

  @Test("on services runs steps in order, and its database outlives the node")
  func services() {
    onServices(PerKeyTransactions.self)
    onServices(WholeTransactions.self)
    onServices(ThunkTransactions.self)
    onServices(ThunkTransactions.self, ["thunk-store": "seq-kv"])
  }

  private func onServices<N: Node>(_: N.Type, _ options: [String: String] = [:]) {
    var services = makeServices()
    var store = Driven<N>(of: 2, options: options)
    let first = store.request(.transaction(Self.steps))
    #expect(store.request(.transaction(Self.steps)).isEmpty, "a copy")
    #expect(store.serve(first, &services) == [.transaction(Self.filled)], "\(N.self)")
    var other = Driven<N>(1, of: 2, options: options)
    let effects = other.request(.transaction(Self.later))
    #expect(other.serve(effects, &services) == [.transaction(Self.laterFilled)], "\(N.self)")
  }

  @Test("refuses what is no transaction, and to append to what is no list")
  func refusals() {
    var services = makeServices()
    var memory = Driven<MemoryTransactions>(of: 1)
    var whole = Driven<WholeTransactions>(of: 1)
    for (number, steps) in ([[["r", 1]], [["x", 1, 2]], [4]] as [[Value]]).enumerated() {
      let request = Request.transaction(steps)
      #expect(codes(memory.request(request, number: number).replies()) == [.malformedRequest])
      #expect(codes(whole.request(request, number: number).replies()) == [.malformedRequest])
    }
    let wrong = Request.transaction([["w", 1, 5], ["append", 1, 6]])
    #expect(codes(memory.request(wrong, number: 10).replies()) == [.preconditionFailed])
    let effects = whole.request(wrong, number: 10)
    #expect(codes(whole.serve(effects, &services)) == [.preconditionFailed])
    let read = Request.transaction([["r", 1, nil]])
    #expect(memory.request(read, number: 11).replies() == [.transaction([["r", 1, nil]])])
    #expect(codes(memory.request(.readAll, number: 12).replies()) == [.notSupported])
    #expect(codes(whole.request(.generate, number: 12).replies()) == [.notSupported])
  }

  @Test("an append in part, on keys that stand alone, is no definite failure")
  func partial() {
    var services = makeServices()
    var store = Driven<PerKeyTransactions>(of: 1)
    let effects = store.request(.transaction([["w", 1, 5], ["append", 1, 6]]))
    let codes = codes(store.serve(effects, &services))
    #expect(codes == [.crash] && !ErrorCode.crash.isDefinite)
  }

  @Test("a call without an answer is a definite failure only where nothing can have changed")
  func timeouts() {
    timesOut(PerKeyTransactions.self) { call, place in
      // The third call is the first append.
      if case .compareAndSet = call { true } else { place >= 3 }
    }
    timesOut(WholeTransactions.self) { call, _ in
      if case .compareAndSet = call { true } else { false }
    }
    timesOut(ThunkTransactions.self) { call, _ in
      if case .compareAndSet = call { true } else { false }
    }
  }

  /// Leaves the first call unanswered, in another run the second, and so on.
  ///
  /// - Parameter mayHaveChanged: Whether a call at this place may have changed something.
  private func timesOut<N: Node>(_: N.Type, _ mayHaveChanged: (Request, Int) -> Bool)
  where N.Timer == ServiceTimer {
    let steps = Request.transaction([["r", 1, nil], ["append", 1, 2], ["append", 2, 3]])
    for answered in 0... {
      var services = makeServices()
      var store = Driven<N>(of: 1)
      var effects = store.request(steps)
      store.request(.transaction([["r", 2, nil]]), number: 2)
      for _ in 0..<answered where effects.replies().isEmpty {
        let call = effects.calls()[0]
        let reply = services[call.service]?.handle(call.request, from: 0) ?? .value(nil)
        effects = store.handle(.answered(call.token, reply))
      }
      guard effects.replies().isEmpty else {
        #expect(answered > 1)
        return
      }
      let call = effects.calls()[0]
      let given = store.handle(.timer(.timeout))
      #expect(given.calls().count == 1, "the next transaction begins")
      #expect(
        codes(given.replies())
          == [mayHaveChanged(call.request, answered) ? .timeout : .temporarilyUnavailable],
        "\(N.self): \(call)")
      // An answer that comes late is the answer to nothing.
      #expect(store.handle(.answered(call.token, .compareAndSetDone)).isEmpty)
    }
  }

  @Test("a transaction that others overtake is tried again, and refused in the end")
  func conflicts() {
    for attempts in 1...4 {
      var services = makeServices()
      var store = Driven<WholeTransactions>(of: 1, options: ["attempts": "\(attempts)"])
      var effects = store.request(.transaction([["append", 1, 2]]))
      var tried = 0
      while let call = effects.calls().first {
        if case .compareAndSet = call.request {
          tried += 1
          _ = services[.linKV]?.handle(
            .write(key: "database", value: [[1, [.integer(100 + tried)]]]), from: 1)
        }
        let reply = services[call.service]?.handle(call.request, from: 0) ?? .value(nil)
        effects = store.handle(.answered(call.token, reply))
      }
      #expect(tried == attempts)
      #expect(codes(effects.replies()) == [.transactionConflict])
    }
  }

  @Test(
    "waits for a thunk that is still on its way; with no-retry it does not",
    arguments: [true, false])
  func missingThunk(retries: Bool) {
    var services = makeServices()
    var writer = Driven<ThunkTransactions>(of: 2)
    let written = writer.request(.transaction([["append", 1, 2]]))
    #expect(writer.serve(written, &services) == [.transaction([["append", 1, 2]])])
    var reader = Driven<ThunkTransactions>(
      1, of: 2, bugs: retries ? [] : ["no-retry"])
    var effects = reader.request(.transaction([["r", 1, nil]]))
    var looks = 0
    while let call = effects.calls().first {
      var reply = services[call.service]?.handle(call.request, from: 1) ?? .value(nil)
      if case .read(.string(let name)) = call.request, name.hasPrefix("thunk") {
        looks += 1
        if looks < 4 { reply = .failed(ErrorReply(.keyDoesNotExist)) }
      }
      effects = reader.handle(.answered(call.token, reply))
      if effects.timers() == [.pause] { effects = reader.handle(.timer(.pause)) }
    }
    #expect(looks == (retries ? 4 : 1))
    #expect(effects.replies() == [.transaction([["r", 1, retries ? [2] : nil]])])
  }
}

@Suite("Highly available transactions")
struct HighlyAvailableTransactionTests {
  static let keys = 5

  /// What each node holds in the end, after ten seconds of writes under faults.
  static func run(seed: UInt64, bugs: Set<String> = []) -> (acknowledged: Int, final: [[Value]]) {
    var settings = SimulationSettings(names: .numbered(count: 4), seed: seed)
    settings.bugs = bugs
    settings.latency = .uniform(.milliseconds(1)...(.milliseconds(5)))
    settings.checksEncoding = true
    let simulation = Simulation<HighlyAvailableTransactions>(settings)
    var schedule = FaultSchedule(seed: seed)
    var draws = Draws(seed: seed, stream: 7)
    var acknowledged = 0
    var final: [Int: [Value]] = [:]
    func advance(until deadline: Nanoseconds) {
      while simulation.now < deadline {
        let wake = min(deadline, schedule.nextTime)
        for case .replied(let id, .transaction(let steps), _) in simulation.advance(until: wake) {
          acknowledged += 1
          if id.client >= 1_000_000 { final[id.client] = steps }
        }
        schedule.apply(to: simulation, at: simulation.now, primaries: [])
      }
    }
    simulation.start()
    for number in 1...500 {
      let steps = (0..<2).map { _ -> Value in
        ["w", .integer(draws.below(keys)), .integer(number)]
      }
      simulation.submit(
        .transaction(steps), as: RequestID(client: number, number: 1), to: NodeID(draws.below(4)))
      advance(until: simulation.now + .milliseconds(20))
    }
    advance(until: max(simulation.now, schedule.end) + .seconds(6))
    let reads = (0..<keys).map { key -> Value in ["r", .integer(key), nil] }
    for node in simulation.names.nodes {
      simulation.submit(
        .transaction(reads), as: RequestID(client: 1_000_000 + node.index, number: 1), to: node)
    }
    advance(until: simulation.now + .seconds(1))
    return (acknowledged, (0..<4).map { final[1_000_000 + $0] ?? [] })
  }

  @Test("are the same everywhere once the faults are over", arguments: 0..<20 as Range<UInt64>)
  func converge(seed: UInt64) {
    let result = Self.run(seed: seed)
    #expect(result.acknowledged > 150, "seed \(seed)")
    #expect(Set(result.final).count == 1 && result.final[0].count == Self.keys, "seed \(seed)")
    #expect(result.final[0].allSatisfy { $0.elements?[2] != .null }, "seed \(seed)")
  }

  @Test("with no-replication stay apart")
  func apart() {
    #expect(Set(Self.run(seed: 1, bugs: ["no-replication"]).final).count == 4)
  }

  @Test("of two writes the later wins, however they come; a write that follows a read is later")
  func order() {
    var first = Driven<HighlyAvailableTransactions>(0, of: 2)
    var second = Driven<HighlyAvailableTransactions>(1, of: 2)
    let one = first.request(.transaction([["w", 1, "a"]])).sent()
    let two = second.request(.transaction([["w", 1, "b"]])).sent()
    // Both have time 1, so the higher node wins on both.
    second.receive(one[0].message, from: 0)
    first.receive(two[0].message, from: 1)
    let read = Request.transaction([["r", 1, nil], ["w", 1, "c"]])
    #expect(
      second.request(.transaction([["r", 1, nil]]), number: 2).replies() == [
        .transaction([["r", 1, "b"]])
      ])
    let three = first.request(read, number: 2)
    #expect(three.replies() == [.transaction([["r", 1, "b"], ["w", 1, "c"]])])
    second.receive(three.sent()[0].message, from: 0)
    #expect(
      second.request(.transaction([["r", 1, nil]]), number: 3).replies()
        == [.transaction([["r", 1, "c"]])])
  }

  @Test(
    "commits with a gap before them wait, copies change nothing, and what is overdue comes again")
  func gaps() {
    var sender = Driven<HighlyAvailableTransactions>(0, of: 2)
    let shares = (1...3).map { number in
      sender.request(.transaction([["w", 1, .integer(number)]]), number: number).sent()[0].message
    }
    var receiver = Driven<HighlyAvailableTransactions>(1, of: 2)
    #expect(receiver.receive(shares[1], from: 0).sent().map(\.message) == [.acknowledge(count: 0)])
    #expect(receiver.receive(shares[0], from: 0).sent().map(\.message) == [.acknowledge(count: 1)])
    let stored = receiver.files["log", default: []].count
    #expect(receiver.receive(shares[0], from: 0).sent().map(\.message) == [.acknowledge(count: 1)])
    #expect(receiver.files["log", default: []].count == stored)
    sender.receive(.acknowledge(count: 1), from: 1)
    #expect(sender.handle(.timer(.resend)).sent().isEmpty)
    let again = sender.handle(.timer(.resend)).sent()
    #expect(again.count == 1)
    #expect(
      receiver.receive(again[0].message, from: 0).sent().map(\.message) == [.acknowledge(count: 3)])
    sender.receive(.acknowledge(count: 3), from: 1)
    #expect(sender.handle(.timer(.resend)).isEmpty)
  }

  @Test("come back from the disk with their clock, and ask peers what they have")
  func restart() {
    var node = Driven<HighlyAvailableTransactions>(0, of: 2)
    node.request(.transaction([["w", 1, 5]]))
    node.receive(.share(first: 0, commits: [HATCommit(time: 9, written: ValueMap())]), from: 1)
    var restarted = Driven<HighlyAvailableTransactions>(0, of: 2, files: node.files)
    #expect(
      restarted.context.effects.sent().map(\.message) == [.share(first: 1, commits: [])])
    #expect(restarted.request(.transaction([["w", 1, 5]])).isEmpty, "a copy")
    let next = restarted.request(.transaction([["r", 1, nil], ["w", 1, 6]]), number: 2)
    #expect(next.replies() == [.transaction([["r", 1, 5], ["w", 1, 6]])])
    guard case .share(1, let commits)? = next.sent().first?.message else {
      #expect(Bool(false), "nothing was shared: \(next)")
      return
    }
    #expect(commits.map(\.time) == [10])
    // The peer has nothing, or does not answer.
    restarted.receive(.acknowledge(count: 0), from: 1)
    guard case .share(0, let all)? = restarted.handle(.timer(.resend)).sent().first?.message else {
      #expect(Bool(false), "nothing was sent again")
      return
    }
    #expect(all.count == 2)
  }

  @Test("have no lists")
  func lists() {
    var node = Driven<HighlyAvailableTransactions>(of: 1)
    let replies = node.request(.transaction([["w", 1, 2], ["append", 1, 2]])).replies()
    #expect(codes(replies) == [.notSupported])
    #expect(
      node.request(.transaction([["r", 1, nil]]), number: 2).replies()
        == [.transaction([["r", 1, nil]])])
  }

  @Test("every message is what its encoding says")
  func encodings() {
    let commit = HATCommit(time: 3, written: ValueMap([.init(key: 1, value: [2, "x"])]))
    for message in [HATMessage.share(first: 4, commits: [commit, commit]), .acknowledge(count: 7)] {
      var source = ByteSource(message.encoded)
      #expect(HATMessage(from: &source) == message && source.remaining == 0)
    }
  }
}

@Suite("The node-local key-value store")
struct LocalKeyValueStoreTests {
  @Test("is linearizable alone, whatever happens to its node", arguments: 0..<20 as Range<UInt64>)
  func alone(seed: UInt64) {
    var campaign = KeyValueCampaign<LocalKeyValueStore>(seed: seed, nodeCount: 1)
    let outcome = campaign.run()
    #expect(!outcome.isBroken, "seed \(seed): \(outcome.finding)")
    #expect(outcome.acknowledged > 300, "seed \(seed)")
  }

  @Test("is not with two nodes")
  func together() {
    var campaign = KeyValueCampaign<LocalKeyValueStore>(seed: 1, nodeCount: 2)
    #expect(campaign.run().isBroken)
  }

  @Test("answers a copy of a request as it did, after a restart too")
  func copies() {
    var store = Driven<LocalKeyValueStore>(of: 1)
    store.request(.write(key: 1, value: 2))
    let change = Request.compareAndSet(key: 1, from: 2, to: 3, createIfMissing: false)
    #expect(store.request(change, number: 2).replies() == [.compareAndSetDone])
    var restarted = Driven<LocalKeyValueStore>(of: 1, files: store.files)
    #expect(restarted.request(change, number: 2).replies() == [.compareAndSetDone])
    #expect(restarted.request(.write(key: 1, value: 2)).isEmpty)
    #expect(restarted.request(.read(key: 1), number: 3).replies() == [.value(3)])
    #expect(codes(restarted.request(.readAll, number: 4).replies()) == [.notSupported])
  }
}
