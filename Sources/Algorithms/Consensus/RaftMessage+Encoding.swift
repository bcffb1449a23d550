import Nodes
public import Values

extension RaftMessage {
  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .requestVote(let request):
      sink.put(UInt8(0))
      sink.put(request.term)
      sink.put(request.lastIndex)
      sink.put(request.lastTerm)
      sink.put(request.isPreVote)
    case .vote(let vote):
      sink.put(UInt8(1))
      sink.put(vote.term)
      sink.put(vote.isGranted)
      sink.put(vote.isPreVote)
    case .appendEntries(let append):
      sink.put(UInt8(2))
      sink.put(append.term)
      sink.put(append.previousIndex)
      sink.put(append.previousTerm)
      sink.put(append.commitIndex)
      sink.put(append.round)
      sink.put(append.entries)
    case .appended(let appended):
      sink.put(UInt8(3))
      sink.put(appended.term)
      sink.put(appended.round)
      sink.put(appended.previousIndex)
      switch appended.outcome {
      case .matches(let index):
        sink.put(true)
        sink.put(index)
      case .conflicts(let term, let hint):
        sink.put(false)
        sink.put(term)
        sink.put(hint)
      }
    case .forward(let id, let request):
      sink.put(UInt8(4))
      id.encode(into: &sink)
      request.encode(into: &sink)
    case .answer(let id, let reply):
      sink.put(UInt8(5))
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
        let lastTerm = source.integer(), let isPreVote = source.flag()
      else { return nil }
      return .requestVote(
        RequestVote(term: term, lastIndex: lastIndex, lastTerm: lastTerm, isPreVote: isPreVote))
    case 1:
      guard let term = source.integer(), let isGranted = source.flag(),
        let isPreVote = source.flag()
      else { return nil }
      return .vote(Vote(term: term, isGranted: isGranted, isPreVote: isPreVote))
    case 2:
      guard let term = source.integer(), let previousIndex = source.integer(),
        let previousTerm = source.integer(), let commitIndex = source.integer(),
        let round = source.integer(), let entries = source.elements(RaftEntry.self)
      else { return nil }
      return .appendEntries(
        AppendEntries(
          term: term, previousIndex: previousIndex, previousTerm: previousTerm,
          commitIndex: commitIndex, round: round, entries: entries))
    case 3:
      guard let term = source.integer(), let round = source.integer(),
        let previousIndex = source.integer(), let outcome = outcome(from: &source)
      else { return nil }
      return .appended(
        Appended(term: term, round: round, previousIndex: previousIndex, outcome: outcome))
    case 4:
      guard let id = RequestID(from: &source), let request = Request(from: &source) else {
        return nil
      }
      return .forward(id, request)
    case 5:
      guard let id = RequestID(from: &source), let reply = Reply(from: &source) else { return nil }
      return .answer(id, reply)
    default: return nil
    }
  }

  private static func outcome(from source: inout ByteSource) -> Outcome? {
    switch source.flag() {
    case true?: return source.integer().map { .matches(upTo: $0) }
    case false?:
      guard let term = source.integer(), let hint = source.integer() else { return nil }
      return .conflicts(term: term, hint: hint)
    case nil: return nil
    }
  }
}
