import Environments
import Nodes
import Simulations
import Testing
import Values

@Suite("The record of a simulation")
struct RecordTests {
  /// What a run under every fault there is leaves behind, and its record.
  private func run(_ seed: UInt64) -> (run: DeterminismTests.Run, record: SimulationRecord) {
    let record = SimulationRecord()
    return (DeterminismTests.run(seed, record: record), record)
  }

  /// The places of messages by what became of them.
  private struct Fates {
    var sent: [Int: Int] = [:]
    var received: [Int: Int] = [:]
    var lost: [Int: Int] = [:]

    init(_ record: SimulationRecord) {
      for (place, event) in record.events.enumerated() {
        switch event.what {
        case .sent(let message):
          #expect(sent.updateValue(place, forKey: message) == nil)
        case .received(let message):
          #expect(received.updateValue(place, forKey: message) == nil)
        case .lost(let message, _):
          #expect(lost.updateValue(place, forKey: message) == nil)
        default: break
        }
      }
    }
  }

  @Test("agrees with the traffic that was counted", arguments: 0..<20 as Range<UInt64>)
  func traffic(seed: UInt64) {
    let (run, record) = run(seed)
    let fates = Fates(record)
    let messages = record.messages
    func isBetweenNodes(_ message: Int) -> Bool {
      if case .node = messages[message].source, case .node = messages[message].destination {
        true
      } else {
        false
      }
    }
    #expect(fates.sent.count == messages.count)
    #expect(
      messages.count { !$0.isCopy } == run.traffic.betweenServers + run.traffic.withClients,
      "seed \(seed)")
    // A copy may be lost at once, where a link of limited rate has no room for it.
    #expect(messages.count(where: \.isCopy) <= run.faults.duplicated, "seed \(seed)")
    #expect(fates.received.count == run.traffic.delivered, "seed \(seed)")
    #expect(fates.lost.keys.count(where: isBetweenNodes) == run.traffic.lost, "seed \(seed)")
    #expect(
      messages.count == fates.received.count + fates.lost.count + record.inFlightCount,
      "seed \(seed)")
    #expect(Set(fates.received.keys).isDisjoint(with: fates.lost.keys))
    // Nothing arrives before it was sent.
    for (message, place) in fates.received.merging(fates.lost, uniquingKeysWith: { $1 }) {
      #expect(place > fates.sent[message] ?? .max, "seed \(seed)")
    }
    #expect(zip(record.events, record.events.dropFirst()).allSatisfy { $0.time <= $1.time })
  }

  @Test(
    "tells who came up and went down as often as it happened", arguments: 0..<20 as Range<UInt64>)
  func processes(seed: UInt64) {
    let (_, record) = run(seed)
    var up: Set<NodeID> = []
    var startCount = 0
    for event in record.events {
      switch event.what {
      case .started(let node, _):
        #expect(up.insert(node).inserted, "seed \(seed)")
        startCount += 1
      case .ended(let node, _): up.remove(node)
      case .received(let message):
        if case .node(let node) = record.messages[message].destination {
          #expect(up.contains(node), "seed \(seed): \(node) receives while it is down")
        }
      default: break
      }
    }
    #expect(startCount > 3, "seed \(seed)")
  }

  @Test("changes nothing of the run", arguments: 0..<10 as Range<UInt64>)
  func unchanged(seed: UInt64) {
    #expect(run(seed).run == DeterminismTests.run(seed), "seed \(seed)")
  }

  @Test("is the same each time", arguments: 0..<5 as Range<UInt64>)
  func repeats(seed: UInt64) {
    let (first, second) = (run(seed).record, run(seed).record)
    #expect(first.events == second.events && first.messages == second.messages, "seed \(seed)")
  }

  @Test("has every kind of event")
  func kinds() {
    var kinds: Set<String> = []
    for seed in 0..<20 as Range<UInt64> {
      for event in run(seed).record.events {
        kinds.insert(String("\(event.what)".prefix { $0 != "(" }))
        if case .lost(_, let loss) = event.what { kinds.insert(loss.rawValue) }
      }
    }
    for kind in [
      "sent", "received", "lost", "synced", "started", "ended", "paused", "resumed",
      "fault",
      "cut", "dropped", "corrupt", "down",
    ] {
      #expect(kinds.contains(kind), "\(kind)")
    }
  }

  @Test("takes in no more than its limit, and counts the rest")
  func limit() {
    let all = run(1).record.events.count
    let record = SimulationRecord(limit: 100)
    _ = DeterminismTests.run(1, record: record)
    #expect(record.events.count == 100)
    #expect(record.omittedCount == all - 100)
  }
}
