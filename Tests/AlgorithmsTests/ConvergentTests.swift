import Algorithms
import Environments
import Nodes
import Simulations
import Testing
import Values

@Suite("G-Set")
struct GSetTests {
  @Test(
    "an acknowledged element is in every node's set, whatever fails", arguments: 0..<20,
    ["full", "delta"])
  func correct(seed: Int, gossip: String) {
    let run = Convergence.set(GSet.self, seed: UInt64(seed), options: ["gossip": gossip])
    #expect(run.isConvergedSet, "seed \(seed)")
    #expect(run.acknowledged.count > 100, "seed \(seed)")
  }

  @Test(
    "planted bugs lose elements", arguments: ["no-replication", "no-sync"], ["full", "delta"])
  func plantedBugs(bug: String, gossip: String) {
    let found = (0..<300 as Range<UInt64>).first {
      !Convergence.set(GSet.self, seed: $0, bugs: [bug], options: ["gossip": gossip])
        .isConvergedSet
    }
    #expect(found != nil)
  }

  @Test("a delta is told until it is received, and what was received is not told again")
  func deltas() {
    var set = Driven<GSet>(of: 2, options: ["gossip": "delta"])
    set.request(.addElement("a"))
    set.request(.addElement("b"), number: 2)
    let all = GSet.Message.delta(first: 0, ["a", "b"])
    #expect(set.handle(.timer(.gossip)).sent().map(\.message) == [all])
    #expect(set.handle(.timer(.gossip)).sent().map(\.message) == [all])
    set.receive(.received(end: 1), from: 1)
    #expect(set.handle(.timer(.gossip)).sent().map(\.message) == [.delta(first: 1, ["b"])])
    set.receive(.received(end: 2), from: 1)
    // One that says more than there is comes from a time that this node has forgotten.
    set.receive(.received(end: 9), from: 1)
    #expect(set.handle(.timer(.gossip)).sent().isEmpty)
    let received = set.receive(.delta(first: 3, ["c", "a"]), from: 1)
    #expect(received.sent().map(\.message) == [.received(end: 5)])
    #expect(set.request(.readAll, number: 3).replies() == [.value(["a", "b", "c"])])
  }

  @Test("a restarted node has what it acknowledged, and tells it to those who may lack it")
  func restart() {
    var set = Driven<GSet>(of: 2, options: ["gossip": "delta"])
    set.request(.addElement("a"))
    set.receive(.received(end: 1), from: 1)
    var again = Driven<GSet>(of: 2, options: ["gossip": "delta"], files: set.files)
    #expect(again.request(.readAll).replies() == [.value(["a"])])
    #expect(again.handle(.timer(.gossip)).sent().map(\.message) == [.delta(first: 0, ["a"])])
    #expect(again.node.encoded != set.node.encoded)
  }

  @Test("a file that lost something in the middle is not served from")
  func corruption() {
    var set = Driven<GSet>(of: 1)
    set.request(.addElement("a"))
    set.request(.addElement("b"), number: 2)
    var files = set.files
    files["elements"]?[14] ^= 1
    var again = Driven<GSet>(of: 1, files: files)
    #expect(again.request(.readAll).isEmpty)
  }

  @Test("every message is what its encoding says")
  func encodings() {
    for message in [
      GSet.Message.state([1, "a"]), .delta(first: 3, [2]), .received(end: 7),
    ] {
      var source = ByteSource(message.encoded)
      #expect(GSet.Message(from: &source) == message && source.remaining == 0)
    }
  }
}

@Suite("Counters")
struct CounterAlgorithmTests {
  @Test("a grow-only counter comes to the sum of all adds, whatever fails", arguments: 0..<30)
  func growOnly(seed: Int) {
    let run = Convergence.counter(GCounter.self, seed: UInt64(seed), falls: false)
    #expect(run.isConvergedCounter && run.acknowledged.count > 20, "seed \(seed)")
  }

  @Test("a counter that also falls does, too", arguments: 0..<30)
  func upDown(seed: Int) {
    let run = Convergence.counter(PNCounter.self, seed: UInt64(seed), falls: true)
    #expect(run.isConvergedCounter && run.acknowledged.count > 20, "seed \(seed)")
  }

  @Test("so does one in seq-kv", arguments: 0..<30)
  func keyValue(seed: Int) {
    let run = Convergence.counter(KVCounter.self, seed: UInt64(seed), falls: true)
    #expect(run.isConvergedCounter && run.acknowledged.count > 20, "seed \(seed)")
  }

  @Test("a grow-only counter is wrong where it should fall")
  func falling() {
    #expect(!Convergence.counter(GCounter.self, seed: 1, falls: true).isConvergedCounter)
  }

  @Test("planted bugs are wrong", arguments: ["no-replication", "add-on-merge", "no-sync"])
  func plantedBugs(bug: String) {
    let seeds = 0..<300 as Range<UInt64>
    #expect(
      seeds.contains {
        !Convergence.counter(GCounter.self, seed: $0, falls: false, bugs: [bug])
          .isConvergedCounter
      })
    #expect(
      seeds.contains {
        !Convergence.counter(PNCounter.self, seed: $0, falls: true, bugs: [bug])
          .isConvergedCounter
      })
  }

  @Test("planted bugs of the one in seq-kv are wrong", arguments: ["blind-write", "stale-read"])
  func keyValueBugs(bug: String) {
    let found = (0..<100 as Range<UInt64>).first {
      !Convergence.counter(KVCounter.self, seed: $0, falls: false, bugs: [bug])
        .isConvergedCounter
    }
    #expect(found != nil)
  }

  @Test("a request that comes twice is added once, also by the next process")
  func duplicates() {
    var counter = Driven<GCounter>(of: 1)
    for number in [1, 1, 2] {
      #expect(counter.request(.addDelta(3), number: number).replies() == [.added])
    }
    #expect(counter.request(.addDelta(3), number: 1).isEmpty)
    #expect(counter.request(.readAll, number: 3).replies() == [.value(6)])
    var again = Driven<GCounter>(of: 1, files: counter.files)
    #expect(again.request(.addDelta(3), number: 2).replies() == [.added])
    #expect(again.request(.addDelta(4), number: 3).replies() == [.added])
    #expect(again.request(.readAll, number: 4).replies() == [.value(10)])
  }

  @Test("what is told twice, or late, changes nothing")
  func merging() {
    var first = Driven<PNCounter>(0, of: 2)
    var second = Driven<PNCounter>(1, of: 2)
    first.request(.addDelta(5))
    let early = first.handle(.timer(.gossip)).sent().map(\.message)
    first.request(.addDelta(-7), number: 2)
    let late = first.handle(.timer(.gossip)).sent().map(\.message)
    second.request(.addDelta(1))
    for message in late + early + late { second.receive(message, from: 0) }
    #expect(second.request(.readAll, number: 2).replies() == [.value(-1)])
  }

  @Test("shares form a join-semilattice", arguments: 0..<200 as Range<UInt64>)
  func laws(seed: UInt64) {
    func check<Entry: CounterEntry>(_: Entry.Type, lowest: Int64) {
      var draws = Draws(seed: seed)
      var shares = [Entry](repeating: Entry(), count: 3)
      for _ in 0..<6 {
        shares[draws.below(3)].add(Int(draws.within(lowest...4)))
      }
      func join(_ left: Entry, _ right: Entry) -> Entry {
        var joined = left
        joined.merge(right)
        return joined
      }
      let (a, b, c) = (shares[0], shares[1], shares[2])
      #expect(join(a, a) == a && join(a, b) == join(b, a))
      #expect(join(join(a, b), c) == join(a, join(b, c)))
      var later = a
      later.add(2)
      #expect(join(a, later) == later)
      var source = ByteSource(a.encoded)
      #expect(Entry(from: &source) == a && source.remaining == 0)
    }
    check(GrowOnlyEntry.self, lowest: 0)
    check(UpDownEntry.self, lowest: -5)
  }
}

@Suite("The counter in seq-kv")
struct KVCounterTests {
  private func calls(_ effects: [Effect<KVCounter>]) -> [(request: Request, token: Token)] {
    effects.compactMap {
      if case .call(.seqKV, let request, let token) = $0 { (request, token) } else { nil }
    }
  }

  @Test("a round loads the own key, changes it, and reads the others'")
  func round() throws {
    var counter = Driven<KVCounter>(0, of: 3)
    let load = calls(counter.request(.addDelta(4), client: 1))
    #expect(load.map(\.request) == [.read(key: "counter-0")])
    // What comes meanwhile joins the round.
    #expect(counter.request(.readAll, client: 2).isEmpty)
    let store = calls(counter.handle(.answered(load[0].token, .value([7, 10]))))
    #expect(
      store.map(\.request) == [
        .compareAndSet(key: "counter-0", from: [7, 10], to: [8, 14], createIfMissing: true)
      ])
    let stored = counter.handle(.answered(store[0].token, .compareAndSetDone))
    #expect(stored.replies() == [.added])
    let reads = calls(stored)
    #expect(reads.map(\.request) == [.read(key: "counter-1"), .read(key: "counter-2")])
    #expect(counter.handle(.answered(reads[1].token, .value([3, -1]))).replies().isEmpty)
    // An answer that came already, and one that nobody waits for.
    #expect(counter.handle(.answered(reads[1].token, .value([3, -1]))).isEmpty)
    #expect(counter.handle(.answered(load[0].token, .value([0, 0]))).isEmpty)
    let missing = Reply.failed(ErrorReply(.keyDoesNotExist))
    #expect(
      counter.handle(.answered(reads[0].token, missing)).replies() == [.value(.integer(13))])
  }

  @Test("adds that were refused are tried again on what stands there now")
  func refused() {
    var counter = Driven<KVCounter>(0, of: 1)
    let load = calls(counter.request(.addDelta(4)))
    let store = calls(
      counter.handle(.answered(load[0].token, .failed(ErrorReply(.keyDoesNotExist)))))
    let again = calls(
      counter.handle(.answered(store[0].token, .failed(ErrorReply(.preconditionFailed)))))
    #expect(again.map(\.request) == [.read(key: "counter-0")])
    let retried = calls(counter.handle(.answered(again[0].token, .value([1, 2]))))
    #expect(
      retried.map(\.request) == [
        .compareAndSet(key: "counter-0", from: [1, 2], to: [2, 6], createIfMissing: true)
      ])
    #expect(
      counter.handle(.answered(retried[0].token, .compareAndSetDone)).replies() == [.added])
  }

  @Test("adds whose outcome is unknown are never tried again")
  func overdue() {
    var counter = Driven<KVCounter>(0, of: 1)
    let load = calls(counter.request(.addDelta(4)))
    let store = calls(counter.handle(.answered(load[0].token, .value([0, 0]))))
    #expect(counter.handle(.timer(.overdue)).replies().isEmpty)
    #expect(counter.handle(.answered(store[0].token, .compareAndSetDone)).isEmpty)
    let next = calls(counter.request(.readAll, client: 2))
    #expect(next.map(\.request) == [.read(key: "counter-0")])
  }

  /// Every read is compared with what was acknowledged before it began, and with what was begun
  /// before it ended.
  @Test("reads contain all that was acknowledged before them", arguments: 0..<20 as Range<UInt64>)
  func linearizable(seed: UInt64) {
    #expect(Self.outOfBounds(seed: seed, bugs: []) == 0, "seed \(seed)")
  }

  @Test("with stale-read they don't")
  func stale() {
    #expect(
      (0..<20 as Range<UInt64>).contains { Self.outOfBounds(seed: $0, bugs: ["stale-read"]) > 0 })
  }

  static func outOfBounds(seed: UInt64, bugs: Set<String>) -> Int {
    var settings = SimulationSettings(names: .numbered(count: 3), seed: seed)
    settings.bugs = bugs
    let simulation = Simulation<KVCounter>(settings)
    var draws = Draws(seed: seed, stream: 3)
    var (begun, acknowledged, found) = (0, 0, 0)
    /// What was acknowledged when a read began.
    var floors: [Int: Int] = [:]
    simulation.start()
    for number in 0..<2_000 {
      let id = RequestID(client: number, number: 1)
      let isAdd = draws.below(2) == 0
      if isAdd { begun += 1 } else { floors[number] = acknowledged }
      simulation.submit(isAdd ? .addDelta(1) : .readAll, as: id, to: NodeID(draws.below(3)))
      let deadline = simulation.now + .milliseconds(1)
      while simulation.now < deadline {
        for event in simulation.advance(until: deadline) {
          switch event {
          case .replied(_, .added, _): acknowledged += 1
          case .replied(let id, .value(.integer(let value)), _):
            if value < floors[id.client] ?? 0 || value > begun { found += 1 }
          default: break
          }
        }
      }
    }
    return acknowledged > 500 ? found : .max
  }
}
