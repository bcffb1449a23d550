import Nodes
import Values

/// A Raft node's timings and planted bugs.
struct RaftOptions: Hashable, Sendable {
  var heartbeat: Nanoseconds
  var electionTimeout: Nanoseconds
  /// The most entries that one message carries.
  var batch: Int

  // Planted bugs.
  var staleReads: Bool
  var volatileVote: Bool
  var commitOldTerm: Bool
  var earlyAck: Bool
  var noTruncate: Bool
  var tornTail: Bool

  /// A leader gives up after this many heartbeats without a majority: two long election timeouts.
  var silentHeartbeatLimit: Int { Int(4 * electionTimeout / max(1, heartbeat)) }

  init(_ configuration: Configuration) {
    heartbeat = configuration.duration("heartbeat", or: .milliseconds(50))
    electionTimeout = configuration.duration("election-timeout", or: .milliseconds(150))
    batch = configuration.options["batch"].flatMap { Int($0) }.map { max(1, $0) } ?? 64
    staleReads = configuration.bugs.contains("stale-reads")
    volatileVote = configuration.bugs.contains("volatile-vote")
    commitOldTerm = configuration.bugs.contains("commit-old-term")
    earlyAck = configuration.bugs.contains("early-ack")
    noTruncate = configuration.bugs.contains("no-truncate")
    tornTail = configuration.bugs.contains("torn-tail")
  }
}

extension Raft {
  public static let description = AlgorithmDescription(
    name: "raft",
    promise: "A key-value store whose reads, writes and compare-and-sets are linearizable.",
    assumptions: "Fewer than half of the nodes are down at a time; what was synced to disk stays; "
      + "messages may be lost, delayed, duplicated and reordered; clocks matter for progress only.",
    paper: "Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm, 2014",
    workloads: ["lin-kv"],
    options: [
      .init(
        name: "election-timeout", standard: "150ms",
        summary: "a follower waits between one and two of these for a leader"),
      .init(name: "heartbeat", standard: "50ms", summary: "how often a leader makes itself heard"),
      .init(name: "batch", standard: "64", summary: "the most entries that one message carries"),
    ],
    bugs: [
      PlantedBug("stale-reads", "a leader answers reads without making sure that it still leads"),
      PlantedBug("volatile-vote", "a vote is not written to disk, and can be given again"),
      PlantedBug(
        "commit-old-term",
        "a leader commits entries of earlier terms by counting their copies (figure 8)"),
      PlantedBug("early-ack", "a leader acknowledges a write before it is committed"),
      PlantedBug("no-truncate", "a follower keeps entries that conflict with the leader's"),
      PlantedBug("torn-tail", "a torn record at the end of the log is not cut at restart"),
    ])
}
