public import Nodes
public import Values

// The safety properties of the paper's figure 3, as they hold while disks may lose what was not
// synced. Each check costs what the event changed.
//
// The invariants see states that are ahead of their disks: an entry may show in a leader's log and
// be gone after power loss, and no copy of it may have left. Hence
//
// - *Election safety* and *leader completeness* rest on votes, and a vote is counted only where it
//   arrived, which is after it was durable.
// - *Log matching* is about all entries that ever showed, also those that are lost: a leader that
//   lost power never leads the same term again, so no entry of that term and index is made twice.
// - An entry counts as committed when the first node's commit index reaches it. A majority has it
//   durably then: followers acknowledge, and leaders send, only what is synced. A node may lose
//   unsynced copies of committed entries; it may not come to lead before it has them back.

extension Raft {
  public static func invariants() -> [any Invariant<Raft>] {
    [ElectionSafety(), LogMatching(), LeaderCompleteness(), StateMachineSafety()]
  }
}

/// At most one leader is elected in a term.
public struct ElectionSafety: Invariant, StablyEncodable {
  /// The leader of each term, or -1.
  var leaders: [Int32] = []

  public init() {}

  public mutating func check(_ changed: NodeID, in cluster: ClusterStates<Raft>) -> Violation? {
    let cell = cluster.cells[changed.index]
    guard cell.isUp, cell.node.role == .leader else { return nil }
    let term = cell.node.term
    while leaders.count <= term { leaders.append(-1) }
    guard leaders[term] != changed.rawValue else { return nil }
    guard leaders[term] >= 0 else {
      leaders[term] = changed.rawValue
      return nil
    }
    let first = NodeID(Int(leaders[term]))
    return Violation(
      "election-safety", "two nodes lead term \(term)", nodes: [first, changed])
  }

  public func encode(into sink: inout some ByteSink) {
    for leader in leaders { sink.put(Int(leader)) }
  }
}

/// Logs that have an entry of the same index and term are equal up to it.
public struct LogMatching: Invariant, StablyEncodable {
  struct Seen: Hashable, Sendable {
    var term: Int
    var chain: UInt64
    var node: NodeID
  }

  /// The latest of the different entries that were seen at each index; few indices have others.
  var latest: [Seen] = []
  var others: [[Seen]] = []
  /// The chains of each node's log when it was last looked at.
  var looked: [[UInt64]] = []

  public init() {}

  public mutating func check(_ changed: NodeID, in cluster: ClusterStates<Raft>) -> Violation? {
    let cell = cluster.cells[changed.index]
    guard cell.isUp else { return nil }
    while looked.count <= changed.index { looked.append([]) }
    let count = cell.node.log.lastIndex
    if looked[changed.index].count == count,
      looked[changed.index].last ?? 0 == cell.node.log.lastChain
    {
      return nil
    }
    // Equal chains mean equal prefixes, so walking back ends where the log did not change.
    var common = min(looked[changed.index].count, count)
    while common > 0, looked[changed.index][common - 1] != cell.node.log.chain(at: common) {
      common -= 1
    }
    looked[changed.index].removeLast(looked[changed.index].count - common)
    for index in common..<count {
      guard let term = cell.node.log.term(at: index + 1),
        let chain = cell.node.log.chain(at: index + 1)
      else { continue }
      looked[changed.index].append(chain)
      let seen = Seen(term: term, chain: chain, node: changed)
      if let other = conflict(with: seen, at: index) {
        return Violation(
          "log-matching",
          "the logs have an entry of term \(term) at index \(index + 1), and differ up to it",
          nodes: [other, changed])
      }
    }
    return nil
  }

  /// Remembers an entry.
  ///
  /// - Returns: The node whose log had an entry of the same term there after another prefix.
  private mutating func conflict(with seen: Seen, at index: Int) -> NodeID? {
    guard index < latest.count else {
      latest.append(seen)
      others.append([])
      return nil
    }
    if latest[index].term == seen.term {
      return latest[index].chain == seen.chain ? nil : latest[index].node
    }
    if let other = others[index].first(where: { $0.term == seen.term }) {
      return other.chain == seen.chain ? nil : other.node
    }
    others[index].append(latest[index])
    latest[index] = seen
    return nil
  }

  public func encode(into sink: inout some ByteSink) {
    for index in latest.indices {
      for seen in (others[index] + [latest[index]]).sorted(by: { $0.term < $1.term }) {
        sink.put(seen.term)
        sink.put(seen.chain)
      }
    }
  }
}

/// The chains of a log's entries, as the first node that had each to show has them.
private struct Chains: StablyEncodable {
  private(set) var values: [UInt64] = []

  var count: Int { values.count }

  /// Takes in the entries up to an index beyond what is known.
  mutating func extend(to index: Int, from log: RaftLog) {
    while values.count < index, let chain = log.chain(at: values.count + 1) { values.append(chain) }
  }

  /// Whether a log has the same entries up to an index.
  func agree(with log: RaftLog, upTo index: Int) -> Bool {
    index == 0 || log.chain(at: index) == values[index - 1]
  }

  /// The first index at which a log that does not agree up to `index` has something else.
  func firstDifference(from log: RaftLog, upTo index: Int) -> Int {
    (1...index).first { !agree(with: log, upTo: $0) } ?? index
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(values.count)
    for chain in values { sink.put(chain) }
  }
}

/// An entry that is committed in a term is in the logs of the leaders of all later terms.
///
/// A leader may well lack what a later term committed: one that was paused while its votes came
/// finds itself elected when its successor has long been at work.
public struct LeaderCompleteness: Invariant, StablyEncodable {
  private var committed = Chains()
  /// For each committed entry the lowest term in which it, or a later one, was seen committed.
  private var terms: [Int] = []
  /// The last term of each node whose election was looked at.
  var looked: [Int] = []

  public init() {}

  public mutating func check(_ changed: NodeID, in cluster: ClusterStates<Raft>) -> Violation? {
    let cell = cluster.cells[changed.index]
    guard cell.isUp else { return nil }
    while looked.count <= changed.index { looked.append(0) }
    if cell.node.role == .leader, cell.node.term > looked[changed.index] {
      looked[changed.index] = cell.node.term
      if let violation = violation(of: changed, cell.node) { return violation }
    }
    guard cell.node.commitIndex > committed.count else { return nil }
    extend(from: cell.node)
    // What is committed only now must be known to those who lead a later term already.
    for (index, other) in cluster.cells.enumerated()
    where other.isUp && other.node.role == .leader && other.node.term > cell.node.term {
      if let violation = violation(of: NodeID(index), other.node) { return violation }
    }
    return nil
  }

  private mutating func extend(from node: Raft) {
    committed.extend(to: node.commitIndex, from: node.log)
    var earlier = terms.count - 1
    while terms.count < committed.count { terms.append(node.term) }
    // Whoever commits an entry commits all before it.
    while earlier >= 0, terms[earlier] > node.term {
      terms[earlier] = node.term
      earlier -= 1
    }
  }

  private func violation(of leader: NodeID, _ node: Raft) -> Violation? {
    var count = committed.count
    while count > 0, terms[count - 1] >= node.term { count -= 1 }
    guard !committed.agree(with: node.log, upTo: count) else { return nil }
    let index = committed.firstDifference(from: node.log, upTo: count)
    return Violation(
      "leader-completeness",
      "the leader of term \(node.term) lacks entry \(index), committed in term \(terms[index - 1])",
      nodes: [leader])
  }

  public func encode(into sink: inout some ByteSink) {
    committed.encode(into: &sink)
    for term in terms { sink.put(term) }
    for term in looked { sink.put(term) }
  }
}

/// No two nodes apply different entries at the same index.
public struct StateMachineSafety: Invariant, StablyEncodable {
  private var applied = Chains()
  /// How far each node had applied when it was last looked at.
  var looked: [Int] = []

  public init() {}

  public mutating func check(_ changed: NodeID, in cluster: ClusterStates<Raft>) -> Violation? {
    let cell = cluster.cells[changed.index]
    guard cell.isUp else { return nil }
    while looked.count <= changed.index { looked.append(0) }
    let index = cell.node.appliedIndex
    guard index != looked[changed.index] else { return nil }
    looked[changed.index] = index
    let known = min(index, applied.count)
    guard applied.agree(with: cell.node.log, upTo: known) else {
      let first = applied.firstDifference(from: cell.node.log, upTo: known)
      return Violation(
        "state-machine-safety",
        "two nodes applied different entries at index \(first), or after different ones",
        nodes: [changed])
    }
    applied.extend(to: index, from: cell.node.log)
    return nil
  }

  public func encode(into sink: inout some ByteSink) {
    applied.encode(into: &sink)
    for index in looked { sink.put(index) }
  }
}
