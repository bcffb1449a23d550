public import Nodes
public import Values

/// What the nodes of a Raft cluster send each other.
public enum RaftMessage: NodeMessage {
  case requestVote(term: Int, lastIndex: Int, lastTerm: Int)
  case vote(term: Int, isGranted: Bool)
  /// `round` numbers the leader's checks that it still leads; the answer repeats it.
  case appendEntries(
    term: Int, previousIndex: Int, previousTerm: Int, entries: [RaftEntry], commitIndex: Int,
    round: Int)
  /// The log agrees with the leader's up to `matchIndex`.
  case appended(term: Int, matchIndex: Int, round: Int)
  /// The log has no such previous entry; the leader should go on from `nextIndex`.
  case rejected(term: Int, nextIndex: Int, round: Int)
  /// A client's request, from the node that received it to the leader.
  case forward(RequestID, Request)
  /// The leader's answer to a forwarded request.
  case answer(RequestID, Reply)

  public var kind: String {
    switch self {
    case .requestVote: "request-vote"
    case .vote: "vote"
    case .appendEntries: "append-entries"
    case .appended: "appended"
    case .rejected: "rejected"
    case .forward: "forward"
    case .answer: "answer"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .requestVote(let term, let lastIndex, let lastTerm):
      sink.put(UInt8(0))
      sink.put(term)
      sink.put(lastIndex)
      sink.put(lastTerm)
    case .vote(let term, let isGranted):
      sink.put(UInt8(1))
      sink.put(term)
      sink.put(isGranted)
    case .appendEntries(
      let term, let previousIndex, let previousTerm, let entries, let commitIndex, let round):
      sink.put(UInt8(2))
      sink.put(term)
      sink.put(previousIndex)
      sink.put(previousTerm)
      sink.put(entries)
      sink.put(commitIndex)
      sink.put(round)
    case .appended(let term, let matchIndex, let round):
      sink.put(UInt8(3))
      sink.put(term)
      sink.put(matchIndex)
      sink.put(round)
    case .rejected(let term, let nextIndex, let round):
      sink.put(UInt8(4))
      sink.put(term)
      sink.put(nextIndex)
      sink.put(round)
    case .forward(let id, let request):
      sink.put(UInt8(5))
      id.encode(into: &sink)
      request.encode(into: &sink)
    case .answer(let id, let reply):
      sink.put(UInt8(6))
      id.encode(into: &sink)
      reply.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) {
    guard let tag = source.byte(), let message = RaftMessage.read(tag, from: &source) else {
      return nil
    }
    self = message
  }

  private static func read(_ tag: UInt8, from source: inout ByteSource) -> RaftMessage? {
    switch tag {
    case 0:
      guard let term = source.integer(), let lastIndex = source.integer(),
        let lastTerm = source.integer()
      else { return nil }
      return .requestVote(term: term, lastIndex: lastIndex, lastTerm: lastTerm)
    case 1:
      guard let term = source.integer(), let isGranted = source.flag() else { return nil }
      return .vote(term: term, isGranted: isGranted)
    case 2:
      guard let term = source.integer(), let previousIndex = source.integer(),
        let previousTerm = source.integer(), let entries = source.elements(RaftEntry.self),
        let commitIndex = source.integer(), let round = source.integer()
      else { return nil }
      return .appendEntries(
        term: term, previousIndex: previousIndex, previousTerm: previousTerm, entries: entries,
        commitIndex: commitIndex, round: round)
    case 3, 4:
      guard let term = source.integer(), let index = source.integer(),
        let round = source.integer()
      else { return nil }
      return tag == 3
        ? .appended(term: term, matchIndex: index, round: round)
        : .rejected(term: term, nextIndex: index, round: round)
    case 5:
      guard let id = RequestID(from: &source), let request = Request(from: &source) else {
        return nil
      }
      return .forward(id, request)
    case 6:
      guard let id = RequestID(from: &source), let reply = Reply(from: &source) else { return nil }
      return .answer(id, reply)
    default: return nil
    }
  }
}
