public import Nodes
import Values

/// What the nodes of a Raft cluster send each other.
public enum RaftMessage: NodeMessage {
  case requestVote(RequestVote)
  case vote(Vote)
  case appendEntries(AppendEntries)
  case appended(Appended)
  /// A client's request, for the leader to answer.
  indirect case forward(RequestID, Request)
  /// The leader's answer to a request that was forwarded to it.
  indirect case answer(RequestID, Reply)

  /// A candidate asks for a vote, or asks whether it would get one.
  public struct RequestVote: Hashable, Sendable {
    /// The term of the election.
    public var term: Int
    public var lastIndex: Int
    public var lastTerm: Int
    /// Nobody changes their term for it.
    public var isPreVote: Bool

    public init(term: Int, lastIndex: Int, lastTerm: Int, isPreVote: Bool) {
      self.term = term
      self.lastIndex = lastIndex
      self.lastTerm = lastTerm
      self.isPreVote = isPreVote
    }
  }

  public struct Vote: Hashable, Sendable {
    /// The voter's term; for a granted pre-vote the term of the election.
    public var term: Int
    public var isGranted: Bool
    public var isPreVote: Bool

    public init(term: Int, isGranted: Bool, isPreVote: Bool) {
      self.term = term
      self.isGranted = isGranted
      self.isPreVote = isPreVote
    }
  }

  /// The leader's entries after `previousIndex`; without entries a heartbeat.
  public struct AppendEntries: Hashable, Sendable {
    public var term: Int
    public var previousIndex: Int
    public var previousTerm: Int
    public var commitIndex: Int
    /// The leader's latest check that it still leads, which an answer of any kind confirms.
    public var round: Int
    public var entries: [RaftEntry]

    public init(
      term: Int, previousIndex: Int, previousTerm: Int, commitIndex: Int, round: Int,
      entries: [RaftEntry]
    ) {
      self.term = term
      self.previousIndex = previousIndex
      self.previousTerm = previousTerm
      self.commitIndex = commitIndex
      self.round = round
      self.entries = entries
    }
  }

  public struct Appended: Hashable, Sendable {
    /// The follower's term.
    public var term: Int
    public var round: Int
    /// The `previousIndex` that is answered.
    public var previousIndex: Int
    public var outcome: Outcome

    public init(term: Int, round: Int, previousIndex: Int, outcome: Outcome) {
      self.term = term
      self.round = round
      self.previousIndex = previousIndex
      self.outcome = outcome
    }
  }

  public enum Outcome: Hashable, Sendable {
    /// The follower's log equals the leader's up to this index, durably.
    case matches(upTo: Int)
    /// The follower's log lacks the previous entry, or has one of this other term there, which
    /// begins at `hint`; where it lacks it, `hint` is the index after its last and the term is 0.
    case conflicts(term: Int, hint: Int)
  }

  public var kind: String {
    switch self {
    case .requestVote(let request): request.isPreVote ? "request-pre-vote" : "request-vote"
    case .vote(let vote): vote.isPreVote ? "pre-vote" : "vote"
    case .appendEntries(let append): append.entries.isEmpty ? "heartbeat" : "append-entries"
    case .appended: "appended"
    case .forward: "forward"
    case .answer: "answer"
    }
  }
}
