public import Nodes
import Values

extension Raft {
  public static let bugs = RaftBug.allCases.map(\.planted)

  static let electionTimeout = AlgorithmOption(
    "election-timeout", standard: "150ms", variants: ["60ms", "400ms"],
    "an election begins when no leader was heard of for this long up to twice as long")
  static let heartbeatInterval = AlgorithmOption(
    "heartbeat", standard: "50ms", variants: ["20ms"], "how often a leader shows that it lives")
  static let entriesLimit = AlgorithmOption(
    "entries-per-message", standard: "256", variants: ["1", "4"],
    "the most log entries in one message")
  static let preVote = AlgorithmOption(
    "pre-vote", standard: "true", variants: ["false"],
    "whether a node asks for pre-votes before it raises its term")

  public static let description = AlgorithmDescription(
    name: "raft", summary: "A linearizable key-value store on the Raft consensus algorithm.",
    promise: "Reads, writes and compare-and-sets are linearizable; a majority makes progress.",
    assumptions: "A majority is up and connected; a disk keeps what was synced; clocks may drift "
      + "and jump as they like.",
    paper: "Ongaro and Ousterhout, In search of an understandable consensus algorithm, 2014; "
      + "Ongaro's thesis, sections 6.3, 6.4 and 9.6.",
    options: [electionTimeout, heartbeatInterval, entriesLimit, preVote], bugs: bugs,
    workloads: ["lin-kv"],
    survives: AlgorithmDescription.allButLostData + [
      "kill:upgrade", "disk:reorder:minority", "disk:corrupt:minority", "disk:misdirect:minority",
    ],
    marks: [
      "raft: a leader was elected", "raft: a leader stepped down with uncommitted entries",
      "raft: conflicting entries were removed", "raft: a torn tail was cut",
      "raft: a damaged copy of the log was made anew", "raft: a vote was refused for an older log",
      "raft: a request came again", "raft: an election ended without a leader",
    ],
    quorum: .majority,
    versions: ["asks for no pre-votes and grants each", "has the option pre-vote"],
    messageTypes: [
      "request-pre-vote", "pre-vote", "request-vote", "vote", "append-entries", "heartbeat",
      "appended", "forward", "answer",
    ])
}

/// The options of one node.
struct RaftSettings: Hashable, Sendable {
  var electionDelays: ClosedRange<Nanoseconds>
  var heartbeat: Nanoseconds
  var entriesLimit: Int
  var usesPreVote: Bool
  /// Whether it has an opinion on others' pre-votes.
  var judgesPreVotes: Bool

  init(_ configuration: Configuration) {
    let timeout = Raft.electionTimeout.duration(in: configuration)
    electionDelays = timeout...(2 * timeout)
    heartbeat = Raft.heartbeatInterval.duration(in: configuration)
    entriesLimit = Raft.entriesLimit.count(in: configuration)
    judgesPreVotes = configuration.version > 1
    usesPreVote = judgesPreVotes && Raft.preVote.isOn(in: configuration)
  }
}
