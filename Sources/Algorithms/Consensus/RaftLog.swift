public import Values

/// A replicated log's entries, numbered from 1, each with a hash of everything up to it.
///
/// The chain of hashes makes "the same log up to here" one comparison of two words. The log may
/// begin after a base, which stands for the prefix that a snapshot replaced.
public struct RaftLog: Sendable, StablyEncodable {
  /// The index, term and chain of the last entry before the first that is held.
  private let baseIndex = 0
  private let baseTerm = 0
  private let baseChain: UInt64 = 0
  private var entries: [RaftEntry] = []
  private var chains: [UInt64] = []

  public init() {}

  public var lastIndex: Int { baseIndex + entries.count }
  public var lastTerm: Int { entries.last?.term ?? baseTerm }
  public var lastChain: UInt64 { chains.last ?? baseChain }

  /// The entry at an index that the log holds.
  public subscript(index: Int) -> RaftEntry { entries[index - baseIndex - 1] }

  /// The term of the entry at an index; nothing for one that is not known.
  public func term(at index: Int) -> Int? {
    if index > baseIndex && index <= lastIndex { return entries[index - baseIndex - 1].term }
    return index == baseIndex ? baseTerm : nil
  }

  /// A hash of all entries up to an index; nothing for an index that is not known.
  public func chain(at index: Int) -> UInt64? {
    if index > baseIndex && index <= lastIndex { return chains[index - baseIndex - 1] }
    return index == baseIndex ? baseChain : nil
  }

  mutating func append(_ entry: RaftEntry) {
    var hasher = StableHasher(seed: lastChain)
    hasher.put(entry.term)
    hasher.put(entry.command.fingerprint)
    chains.append(hasher.value)
    entries.append(entry)
  }

  /// Removes all entries after `lastIndex`.
  mutating func truncate(to lastIndex: Int) {
    let count = max(0, self.lastIndex - lastIndex)
    entries.removeLast(count)
    chains.removeLast(count)
  }

  /// At most `limit` entries from an index on.
  func entries(from index: Int, limit: Int) -> [RaftEntry] {
    guard index <= lastIndex else { return [] }
    let first = index - baseIndex - 1
    return Array(entries[first..<min(first + limit, entries.count)])
  }

  /// The first index that has the term of the entry at `index`.
  func firstIndex(ofTermAt index: Int) -> Int {
    let term = term(at: index)
    var first = index
    while first > baseIndex + 1, self.term(at: first - 1) == term { first -= 1 }
    return first
  }

  /// The last index at or before `index` whose term is not above `term`.
  func lastIndex(ofTermsUpTo term: Int, from index: Int) -> Int {
    var last = min(index, lastIndex)
    while last > baseIndex, self[last].term > term { last -= 1 }
    return last
  }

  public func encode(into sink: inout some ByteSink) { sink.put(entries) }
}
