public import Nodes
public import Values

/// What a Raft entry asks of the state machine.
public enum RaftCommand: Hashable, Sendable {
  /// Nothing: the first entry of a leader, by which it commits its predecessors' entries.
  case nothing
  case request(RequestID, Request)
}

/// One entry of a replicated log.
public struct RaftEntry: Hashable, Sendable {
  public var term: Int
  public var command: RaftCommand
}

/// A replicated log: entries numbered from 1.
///
/// Each entry has a chain value, a hash of all entries up to it: where two logs have the same chain
/// value at an index they are the same up to there.
public struct RaftLog: Hashable, Sendable {
  /// How many entries before the first one held here were compacted away; none yet.
  public private(set) var base = 0
  private var entries: [RaftEntry] = []
  private var chains: [UInt64] = []

  public init() {}

  public var lastIndex: Int { base + entries.count }
  public var lastTerm: Int { entries.last?.term ?? 0 }

  public subscript(index: Int) -> RaftEntry { entries[index - base - 1] }

  /// The term of an entry; 0 for index 0, nothing beyond the end.
  public func term(at index: Int) -> Int? {
    if index == 0 { return 0 }
    guard index > base, index <= lastIndex else { return nil }
    return entries[index - base - 1].term
  }

  /// The chain value at an index that the log reaches.
  public func chain(at index: Int) -> UInt64 { index == base ? 0 : chains[index - base - 1] }

  public mutating func append(_ entry: RaftEntry) {
    var hasher = StableHasher(seed: chain(at: lastIndex))
    hasher.put(UInt64(entry.term))
    entry.command.encode(into: &hasher)
    chains.append(hasher.value)
    entries.append(entry)
  }

  /// Removes an entry and all that follow it.
  public mutating func truncate(from index: Int) {
    entries.removeLast(lastIndex - index + 1)
    chains.removeLast(chains.count - entries.count)
  }

  /// The entries from an index on, at most `limit` of them.
  func suffix(from index: Int, limit: Int) -> [RaftEntry] {
    guard index <= lastIndex else { return [] }
    let first = index - base - 1
    return Array(entries[first..<min(first + limit, entries.count)])
  }

  /// The first index of the run of entries that have the term of the one at `index`.
  func firstIndexOfTerm(at index: Int) -> Int {
    var first = index
    while first > base + 1, term(at: first - 1) == term(at: index) { first -= 1 }
    return first
  }
}

extension RaftCommand: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .nothing: sink.put(false)
    case .request(let id, let request):
      sink.put(true)
      id.encode(into: &sink)
      request.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) {
    switch source.flag() {
    case false?: self = .nothing
    case true?:
      guard let id = RequestID(from: &source), let request = Request(from: &source) else {
        return nil
      }
      self = .request(id, request)
    case nil: return nil
    }
  }
}

extension RaftEntry: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    sink.put(term)
    command.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let term = source.integer(), let command = RaftCommand(from: &source) else { return nil }
    self.init(term: term, command: command)
  }
}

extension RaftLog: StablyEncodable {
  public func encode(into sink: inout some ByteSink) {
    sink.put(base)
    sink.put(entries)
  }
}
