import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("Stores with replicas are what their way of passing writes on makes them")
struct CausalStoreTests {
  private typealias Operation = OperationDefinitions.Operation

  private static let guarantees: [ConsistencyModel] = [
    .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads,
  ]

  private static func run(
    _ delivery: CausalStore.Delivery, isStamped: Bool, seed: UInt64, crashes: Double = 0
  ) -> [OperationDefinitions.Operation] {
    var store = CausalStore(processes: 12, delivery, isStamped: isStamped, seed: seed)
    return store.run(6_000, keys: 40, rate: 6, crashes: crashes)
  }

  @Test("what holds is never denied, and what does not is found", arguments: 0..<3 as Range<UInt64>)
  func stores(seed: UInt64) throws {
    for (delivery, isStamped, holds, broken) in [
      (
        CausalStore.Delivery.causal, false,
        [ConsistencyModel.causalMemory, .causal, .pram] + Self.guarantees,
        [ConsistencyModel.causalConvergence]
      ),
      (.causal, true, [.causalConvergence, .causal] + Self.guarantees, [.causalMemory, .pram]),
      (.fifo, false, [.pram] + Self.guarantees, [.causal, .causalMemory, .causalConvergence]),
      (.any, true, [.readYourWrites, .monotonicReads, .writesFollowReads], [.pram, .causal]),
    ] {
      for crashes in [0, 0.02] {
        let history = try History(
          Self.run(delivery, isStamped: isStamped, seed: seed, crashes: crashes))
        for (levels, verdict) in [(holds, Verdict.valid), (broken, .invalid)] {
          for level in levels {
            let finding = level.finding(on: history)
            #expect(finding.verdict == verdict, "\(delivery) \(level): \(finding.reason ?? "")")
          }
        }
      }
    }
  }

  @Test("one anomaly among thousands of operations is found", arguments: 0..<4 as Range<UInt64>)
  func planted(seed: UInt64) throws {
    var draws = Draws(seed: seed, stream: 43)
    let base = Self.run(.causal, isStamped: false, seed: seed)
    for (plant, levels) in [
      (lostWrite, [ConsistencyModel.causal, .causalMemory, .pram, .readYourWrites]),
      (staleRead, [.causal, .causalMemory, .pram, .monotonicReads]),
      (missedCause, [.causal, .causalMemory]), (turnedAround, [.causalMemory, .pram]),
      (circle, [.causal, .causalMemory, .causalConvergence, .writesFollowReads]),
    ]
      as [(
        ([OperationDefinitions.Operation], inout Draws) -> [OperationDefinitions.Operation],
        [ConsistencyModel]
      )]
    {
      let history = try History(plant(base, &draws))
      for level in levels {
        let finding = level.finding(on: history)
        #expect(finding.verdict == .invalid, "\(level): \(finding.reason ?? "")")
      }
    }
  }

  /// A read of the initial state of what its process has written.
  private func lostWrite(_ base: [Operation], _ draws: inout Draws) -> [Operation] {
    var base = base
    let places = base.indices.filter { !base[$0].isRead }
    let place = draws.element(of: places.suffix(places.count / 2))
    var read = base[place]
    (read.isRead, read.value) = (true, 0)
    base.insert(read, at: place + 1 + draws.below(base.count - place - 1))
    return base
  }

  /// A read of a version that its process has left.
  private func staleRead(_ base: [Operation], _ draws: inout Draws) -> [Operation] {
    var base = base
    while true {
      let first = draws.below(base.count)
      guard base[first].isRead, base[first].value != 0 else { continue }
      let next = base[first...].dropFirst().firstIndex {
        $0.isRead && $0.process == base[first].process && $0.key == base[first].key
          && $0.value != base[first].value
      }
      guard let next else { continue }
      base.insert(base[first], at: next + 1)
      return base
    }
  }

  /// Operations of the store's processes on keys of their own, in order but with others between them.
  private func spread(
    _ added: [Operation], over base: [Operation], _ draws: inout Draws
  ) -> [Operation] {
    var all = base
    let places = draws.shuffled(Array(0..<base.count)).prefix(added.count).sorted()
    for (number, (place, one)) in zip(places, added).enumerated() {
      all.insert(one, at: place + number)
    }
    return all
  }

  /// A write is overwritten by who saw it, who writes another key; who reads that reads the former.
  private func missedCause(_ base: [Operation], _ draws: inout Draws) -> [Operation] {
    let added: [Operation] = [
      .init(process: 0, key: 100, value: 100_001, isRead: false),
      .init(process: 1, key: 100, value: 100_001, isRead: true),
      .init(process: 1, key: 100, value: 100_002, isRead: false),
      .init(process: 1, key: 101, value: 100_003, isRead: false),
      .init(process: 2, key: 101, value: 100_003, isRead: true),
      .init(process: 2, key: 100, value: 100_001, isRead: true),
    ]
    return spread(added, over: base, &draws)
  }

  /// A process sees two writes in turn that others made, and the first one again.
  private func turnedAround(_ base: [Operation], _ draws: inout Draws) -> [Operation] {
    let added: [Operation] = [
      .init(process: 12, key: 100, value: 100_001, isRead: false),
      .init(process: 13, key: 100, value: 100_002, isRead: false),
      .init(process: 13, key: 100, value: 100_001, isRead: true),
      .init(process: 13, key: 100, value: 100_002, isRead: true),
    ]
    return spread(added, over: base, &draws)
  }

  /// Two processes each read what the other one writes only afterwards.
  private func circle(_ base: [Operation], _ draws: inout Draws) -> [Operation] {
    let added: [Operation] = [
      .init(process: 0, key: 100, value: 100_001, isRead: true),
      .init(process: 0, key: 101, value: 100_002, isRead: false),
      .init(process: 1, key: 101, value: 100_002, isRead: true),
      .init(process: 1, key: 100, value: 100_001, isRead: false),
    ]
    return spread(added, over: base, &draws)
  }
}
