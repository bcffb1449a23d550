import Nodes

/// The bugs that can be planted in Raft, by the names that `--bug` takes.
///
/// "The paper" is Ongaro and Ousterhout's of 2014, "the thesis" Ongaro's of 2014, "the guide" Gjengset's
/// *Students' Guide to Raft* (2016), which collects what implementers get wrong.
enum RaftBug: UInt64, CaseIterable {
  // Elections.
  case volatileVote
  case voteBeforeSync
  case doubleVote
  case shorterLog
  case lengthOnly
  case oldVotes
  case timerNotReset
  case voterNeverStands
  case keepsLeading
  // Replication.
  case noTruncate
  case truncateAlways
  case previousTermUnchecked
  case oldLeader
  case ackBeforeSync
  case matchGuessed
  case tornTail
  case noMirror
  // Commitment.
  case commitOldTerm
  case commitAlone
  case leaderUnsynced
  case commitUnchecked
  // Clients.
  case staleReads
  case confirmedOnce
  case readBeforeOwnTerm
  case earlyAck
  case appliedTwice
  case retryRecomputed
  case abandonedRefused
  case forwardedRefused

  var planted: PlantedBug {
    let (name, summary, source) = entry
    return PlantedBug(name, summary, source: source, violates: violates)
  }

  private var entry: (name: String, summary: String, source: String) {
    switch self {
    case .volatileVote:
      (
        "volatile-vote", "the vote is not stored, so a restarted node can vote twice in a term",
        "the paper, figure 2: persistent state"
      )
    case .voteBeforeSync:
      (
        "vote-before-sync", "a vote is answered before it is durable",
        "the paper, figure 2: updated on stable storage before responding"
      )
    case .doubleVote:
      (
        "double-vote", "a node votes for every candidate of a term",
        "the paper, section 5.2"
      )
    case .shorterLog:
      (
        "shorter-log", "candidates whose log is shorter get votes, if its last term is as high",
        "the paper, section 5.4.1"
      )
    case .lengthOnly:
      (
        "length-only", "candidates get votes by the length of their logs, whatever its last term",
        "the paper, section 5.4.1"
      )
    case .oldVotes:
      (
        "old-votes", "votes for an earlier term are counted",
        "the guide, Term confusion"
      )
    case .timerNotReset:
      (
        "timer-not-reset", "a follower's election timer runs on though its leader is heard",
        "the guide, Livelocks"
      )
    case .voterNeverStands:
      (
        "voter-never-stands", "a node that has voted for another never stands for election",
        "the paper, section 5.2"
      )
    case .keepsLeading:
      (
        "keeps-leading", "a leader that hears of a higher term adopts it and goes on to lead",
        "the paper, section 5.1"
      )
    case .noTruncate:
      (
        "no-truncate", "a follower keeps entries that conflict with its leader's",
        "the paper, section 5.3"
      )
    case .truncateAlways:
      (
        "truncate-always", "a follower cuts its log after an old message's entries, which it has",
        "the guide, The importance of details"
      )
    case .previousTermUnchecked:
      (
        "previous-term-unchecked",
        "a follower looks whether it has the entry before new ones, not which",
        "the paper, section 5.3"
      )
    case .oldLeader:
      (
        "old-leader", "a follower takes entries from the leader of an earlier term",
        "the paper, section 5.1"
      )
    case .ackBeforeSync:
      (
        "ack-before-sync", "a follower acknowledges entries before they are durable",
        "the paper, section 5.1 and figure 2"
      )
    case .matchGuessed:
      (
        "match-guessed", "a leader takes what it has sent for what a follower has",
        "the guide, An aside on optimizations: nextIndex and matchIndex"
      )
    case .tornTail:
      (
        "torn-tail",
        "an unfinished record at the log's end is not cut at restart, only passed over",
        "Alagappan et al., Protocol-aware recovery, FAST 2018"
      )
    case .noMirror:
      (
        "no-mirror", "a damaged record is taken for a torn one, and cut with all that follows",
        "Alagappan et al., Protocol-aware recovery, FAST 2018"
      )
    case .commitOldTerm:
      (
        "commit-old-term",
        "a leader commits entries of earlier terms by counting copies (figure 8)",
        "the paper, section 5.4.2 and figure 8"
      )
    case .commitAlone:
      (
        "commit-alone", "a leader commits what its own log has, before a majority has it",
        "the paper, section 5.3"
      )
    case .leaderUnsynced:
      (
        "leader-unsynced", "a leader counts its own copy before it is durable",
        "the thesis, section 10.2.1"
      )
    case .commitUnchecked:
      (
        "commit-unchecked",
        "a follower takes the commit index from a message whose entries it refuses",
        "the guide, The importance of details: min(leaderCommit, last new entry)"
      )
    case .staleReads:
      (
        "stale-reads", "a leader answers reads without asking a majority whether it still leads",
        "Kingsbury, Jepsen: etcd and Consul, 2014"
      )
    case .confirmedOnce:
      (
        "confirmed-once",
        "a leader that a majority has confirmed answers later reads without asking again",
        "the thesis, section 6.4"
      )
    case .readBeforeOwnTerm:
      (
        "read-before-own-term",
        "a new leader answers reads before it has committed in its own term",
        "the thesis, section 6.4"
      )
    case .earlyAck:
      (
        "early-ack", "a leader answers a write before a majority has it",
        "the paper, section 5.3"
      )
    case .appliedTwice:
      (
        "applied-twice", "a request that comes again is appended and takes effect again",
        "the thesis, section 6.3"
      )
    case .retryRecomputed:
      (
        "retry-recomputed",
        "a request that comes again is answered by what it would do now, not by what it did",
        "the thesis, section 6.3"
      )
    case .abandonedRefused:
      (
        "abandoned-refused",
        "a leader that steps down refuses requests that are in its log, and may yet be committed",
        "the thesis, section 6.3; the guide, Duplicate detection"
      )
    case .forwardedRefused:
      (
        "forwarded-refused",
        "a node that no longer leads refuses a request that it may have taken while it did",
        "the thesis, section 6.3; the guide, Duplicate detection"
      )
    }
  }

  /// What finds the bug; which of them comes first is a matter of chance.
  private var violates: [String] {
    let safety = [
      "election-safety", "log-matching", "leader-completeness", "state-machine-safety",
      "raft: only uncommitted entries are removed", "nonlinearizable",
    ]
    switch self {
    case .timerNotReset: return ["raft: who hears a leader doesn't campaign"]
    case .voterNeverStands: return ["no-progress"]
    case .staleReads, .confirmedOnce, .readBeforeOwnTerm, .appliedTwice, .retryRecomputed,
      .abandonedRefused, .forwardedRefused:
      return ["nonlinearizable"]
    case .noTruncate, .truncateAlways, .matchGuessed, .leaderUnsynced:
      return safety + ["no-progress"]
    default: return safety
    }
  }
}

/// Which of the planted bugs are switched on.
struct RaftBugs: Hashable, Sendable {
  /// A bit for each bug.
  let bits: UInt64

  init(_ names: Set<String>) {
    guard !names.isEmpty else {
      bits = 0
      return
    }
    bits = RaftBug.allCases.filter { names.contains($0.planted.name) }
      .reduce(0) { $0 | 1 << $1.rawValue }
  }

  subscript(bug: RaftBug) -> Bool { bits >> bug.rawValue & 1 == 1 }
}
