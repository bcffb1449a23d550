public import Nodes
import Values

extension Raft {
  public static let bugs = [
    staleReads, volatileVote, commitOldTerm, commitAlone, earlyAck, noTruncate, tornTail,
  ]

  static let staleReads = PlantedBug(
    "stale-reads", "a leader answers reads without asking a majority whether it still leads")
  static let volatileVote = PlantedBug(
    "volatile-vote", "the vote is not stored, so a restarted node can vote twice in a term")
  static let commitOldTerm = PlantedBug(
    "commit-old-term", "a leader commits entries of earlier terms by counting copies (figure 8)")
  static let commitAlone = PlantedBug(
    "commit-alone", "a leader commits what its own log has, before a majority has it")
  static let earlyAck = PlantedBug(
    "early-ack", "a leader answers a write before a majority has it")
  static let noTruncate = PlantedBug(
    "no-truncate", "a follower keeps entries that conflict with its leader's")
  static let tornTail = PlantedBug(
    "torn-tail", "an unfinished record at the log's end is not cut at restart, only passed over")

  static let electionTimeout = AlgorithmOption(
    "election-timeout", standard: "150ms",
    "an election begins when no leader was heard of for this long up to twice as long")
  static let heartbeatInterval = AlgorithmOption(
    "heartbeat", standard: "50ms", "how often a leader shows that it lives")
  static let entriesLimit = AlgorithmOption(
    "entries-per-message", standard: "256", "the most log entries in one message")
  static let preVote = AlgorithmOption(
    "pre-vote", standard: "true", "whether a node asks for pre-votes before it raises its term")

  public static let description = AlgorithmDescription(
    name: "raft", summary: "A linearizable key-value store on the Raft consensus algorithm.",
    promise: "Reads, writes and compare-and-sets are linearizable; a majority makes progress.",
    assumptions: "A majority is up and connected; a disk keeps what was synced; clocks may drift "
      + "and jump as they like.",
    paper: "Ongaro and Ousterhout, In search of an understandable consensus algorithm, 2014; "
      + "Ongaro's thesis, sections 6.3, 6.4 and 9.6.",
    options: [electionTimeout, heartbeatInterval, entriesLimit, preVote], bugs: bugs,
    workloads: ["lin-kv"])
}

/// The options of one node.
struct RaftSettings: Hashable, Sendable {
  var electionDelays: ClosedRange<Nanoseconds>
  var heartbeat: Nanoseconds
  var entriesLimit: Int
  var usesPreVote: Bool

  init(_ configuration: Configuration) {
    let timeout = Raft.electionTimeout.duration(in: configuration)
    electionDelays = timeout...(2 * timeout)
    heartbeat = Raft.heartbeatInterval.duration(in: configuration)
    entriesLimit = Raft.entriesLimit.count(in: configuration)
    usesPreVote = Raft.preVote.isOn(in: configuration)
  }
}

/// Which of the planted bugs are switched on.
struct RaftBugs: Hashable, Sendable {
  var staleReads: Bool
  var volatileVote: Bool
  var commitOldTerm: Bool
  var commitAlone: Bool
  var earlyAck: Bool
  var noTruncate: Bool
  var tornTail: Bool

  init(_ names: Set<String>) {
    staleReads = names.contains(Raft.staleReads.name)
    volatileVote = names.contains(Raft.volatileVote.name)
    commitOldTerm = names.contains(Raft.commitOldTerm.name)
    commitAlone = names.contains(Raft.commitAlone.name)
    earlyAck = names.contains(Raft.earlyAck.name)
    noTruncate = names.contains(Raft.noTruncate.name)
    tornTail = names.contains(Raft.tornTail.name)
  }
}
