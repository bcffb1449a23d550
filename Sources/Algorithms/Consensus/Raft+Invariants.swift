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
  private var leaders: [Int32] = []

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
  private struct Seen: Hashable, Sendable {
    var term: Int
    var chain: UInt64
    var node: NodeID
  }

  /// The latest of the different entries that were seen at each index; few indices have others.
  private var latest: [Seen] = []
  private var others: [[Seen]] = []
  /// The chains of each node's log when it was last looked at.
  private var looked: [[UInt64]] = []

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

/// The chains of the committed entries, as the first node that committed each has them.
private struct Committed: StablyEncodable {
  private(set) var chains: [UInt64] = []

  /// Takes in what a node committed beyond what is known.
  mutating func extend(to index: Int, from log: RaftLog) {
    while chains.count < index, let chain = log.chain(at: chains.count + 1) { chains.append(chain) }
  }

  /// Whether a log has the committed entries up to an index.
  func agree(with log: RaftLog, upTo index: Int) -> Bool {
    index == 0 || log.chain(at: index) == chains[index - 1]
  }

  func encode(into sink: inout some ByteSink) {
    for chain in chains { sink.put(chain) }
  }
}

/// A committed entry is in the logs of the leaders of all later terms.
public struct LeaderCompleteness: Invariant, StablyEncodable {
  private var committed = Committed()
  /// The highest term whose leader was looked at when it was elected.
  private var lookedAt: [Int] = []

  public init() {}

  public mutating func check(_ changed: NodeID, in cluster: ClusterStates<Raft>) -> Violation? {
    let cell = cluster.cells[changed.index]
    guard cell.isUp else { return nil }
    while lookedAt.count <= changed.index { lookedAt.append(0) }
    if cell.node.role == .leader, cell.node.term > lookedAt[changed.index] {
      lookedAt[changed.index] = cell.node.term
      if let violation = violation(of: changed, cell.node) { return violation }
    }
    guard cell.node.commitIndex > committed.chains.count else { return nil }
    committed.extend(to: cell.node.commitIndex, from: cell.node.log)
    // What is committed only now must also be known to those who lead a later term already.
    for (index, other) in cluster.cells.enumerated()
    where other.isUp && other.node.role == .leader && other.node.term > cell.node.term {
      if let violation = violation(of: NodeID(index), other.node) { return violation }
    }
    return nil
  }

  private func violation(of leader: NodeID, _ node: Raft) -> Violation? {
    let count = committed.chains.count
    guard !committed.agree(with: node.log, upTo: count) else { return nil }
    let missing =
      (1...count).first { !committed.agree(with: node.log, upTo: $0) } ?? count
    return Violation(
      "leader-completeness",
      "the leader of term \(node.term) lacks the committed entry at index \(missing)",
      nodes: [leader])
  }

  public func encode(into sink: inout some ByteSink) {
    committed.encode(into: &sink)
    for term in lookedAt { sink.put(term) }
  }
}

/// No two nodes apply different entries at the same index.
public struct StateMachineSafety: Invariant, StablyEncodable {
  private var applied = Committed()
  /// How far each node had applied when it was last looked at.
  private var looked: [Int] = []

  public init() {}

  public mutating func check(_ changed: NodeID, in cluster: ClusterStates<Raft>) -> Violation? {
    let cell = cluster.cells[changed.index]
    guard cell.isUp else { return nil }
    while looked.count <= changed.index { looked.append(0) }
    let index = cell.node.appliedIndex
    guard index != looked[changed.index] else { return nil }
    looked[changed.index] = index
    let known = min(index, applied.chains.count)
    guard applied.agree(with: cell.node.log, upTo: known) else {
      let first = (1...known).first { !applied.agree(with: cell.node.log, upTo: $0) } ?? known
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
