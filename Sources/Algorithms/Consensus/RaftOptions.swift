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

