import Algorithms
import Nodes
import Testing
import Values

/// One configuration of faults and options for the correct Raft and for each planted bug.
///
/// One entry a message and elections without pre-votes make the rare interleavings of the paper's
/// figure 8 and of double votes likely; they change nothing about what is correct.
@Suite("Raft under partitions, kills, power loss, pauses, loss, duplication, reordering and drift")
struct RaftCampaignTests {
  static let options = [
    "entries-per-message": "1", "pre-vote": "false", "election-timeout": "50ms",
    "heartbeat": "20ms",
  ]

  @Test("keeps its invariants, is linearizable, and goes on when faults end", arguments: 0..<40)
  func correct(seed: Int) {
    var campaign = KeyValueCampaign<Raft>(seed: UInt64(seed), options: Self.options)
    let outcome = campaign.run()
    #expect(!outcome.isBroken, "seed \(seed): \(outcome.finding)")
    #expect(outcome.acknowledged > 300, "seed \(seed)")
    #expect(outcome.afterwards > 200, "seed \(seed)")
    #expect(outcome.marks["raft: a leader was elected", default: 0] > 3, "seed \(seed)")
    #expect(outcome.faults.values.reduce(0, +) > 100, "seed \(seed)")
  }

  @Test("is correct with its standard options, on any size of cluster", arguments: 0..<30)
  func standardOptions(seed: Int) {
    var campaign = KeyValueCampaign<Raft>(
      seed: UInt64(seed), nodeCount: 1 + seed % 6, checksEncoding: true)
    let outcome = campaign.run()
    #expect(!outcome.isBroken, "seed \(seed): \(outcome.finding)")
    #expect(outcome.afterwards > 100, "seed \(seed)")
  }

  @Test("gives the same run for the same seed")
  func deterministic() {
    var first = KeyValueCampaign<Raft>(seed: 11, options: Self.options)
    var second = KeyValueCampaign<Raft>(seed: 11, options: Self.options)
    var other = KeyValueCampaign<Raft>(seed: 12, options: Self.options)
    let digest = first.run().digest
    #expect(second.run().digest == digest)
    #expect(other.run().digest != digest)
  }

  @Test("reaches the rare places of recovery and of changing leaders")
  func marks() {
    var marks: [String: Int] = [:]
    for seed in 0..<10 as Range<UInt64> {
      var campaign = KeyValueCampaign<Raft>(seed: seed, options: Self.options)
      marks.merge(campaign.run().marks) { $0 + $1 }
    }
    for mark in [
      "raft: a torn tail was cut", "raft: only uncommitted entries are removed",
      "raft: a leader stepped down with uncommitted entries",
    ] {
      #expect(marks[mark, default: 0] > 0, "\(mark)")
    }
  }

  /// The zoo hunts all bugs; these are what the tests of the algorithm alone were built on.
  @Test(
    "planted bugs are found within 1000 seeds",
    arguments: [
      "stale-reads", "volatile-vote", "commit-old-term", "commit-alone", "early-ack", "no-truncate",
      "torn-tail",
    ])
  func plantedBugs(bug: String) {
    let found = (0..<1000 as Range<UInt64>).first { seed in
      var campaign = KeyValueCampaign<Raft>(seed: seed, bugs: [bug], options: Self.options)
      return campaign.run().isBroken
    }
    #expect(found != nil, "\(bug)")
  }
}
