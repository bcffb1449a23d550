public import Nodes
public import Values

/// At most one leader is ever elected in a term (figure 3, election safety).
public struct RaftElectionSafety: Invariant {
  private var leaders: [Int: NodeID] = [:]

  public init() {}

  public mutating func check(
    _ changed: NodeID, in cluster: ClusterStates<Raft>
  ) -> Violation? {
    let cell = cluster.cells[changed.index]
    guard cell.isUp, cell.node.role == .leader else { return nil }
    let term = cell.node.term
    guard let first = leaders[term] else {
      leaders[term] = changed
      return nil
    }
    guard first != changed else { return nil }
    return Violation(
      "election-safety",
      "nodes \(first.rawValue) and \(changed.rawValue) were both elected leader of term \(term)",
      nodes: [first, changed])
  }
}

/// What figure 3 promises of logs and what is committed: log matching, state-machine safety, leader
/// completeness.
///
/// All three go by the logs' chain values: equal values at an index mean equal entries up to it. A
/// check costs what changed in the node's log, not its length. Entries that a node has not synced
/// are part of its log here; they may vanish with its power, but no one else can have them, and a
/// leader commits by durable copies only, so nothing that an invariant remembers can be undone.
public struct RaftLogInvariants: Invariant {
  private struct Place: Hashable, Sendable {
    var index: Int
    var term: Int
  }

  /// An entry that some node took for committed.
  private struct Committed: Hashable, Sendable {
    var chain: UInt64
    var entryTerm: Int
    /// The term of the node that committed it first, and that node.
    var commitTerm: Int
    var node: NodeID
  }

  /// The chain value of every entry that any log ever had.
  private var chains: [Place: UInt64] = [:]
  private var committed: [Committed] = []
  private var seen: [NodeID: (last: Int, chain: UInt64, commit: Int, leaderTerm: Int)] = [:]

  public init() {}

  public mutating func check(
    _ changed: NodeID, in cluster: ClusterStates<Raft>
  ) -> Violation? {
    let cell = cluster.cells[changed.index]
    guard cell.isUp else { return nil }
    var known = seen[changed] ?? (0, 0, 0, 0)
    let last = cell.node.log.lastIndex
    let chain = cell.node.log.chain(at: last)
    if last != known.last || chain != known.chain {
      if let violation = checkMatching(changed, cell) { return violation }
      known.last = last
      known.chain = chain
    }
    // A node that restarted commits anew.
    known.commit = min(known.commit, cell.node.commitIndex)
    if cell.node.commitIndex > known.commit {
      if let violation = checkCommits(changed, cell, after: known.commit) { return violation }
      known.commit = cell.node.commitIndex
    }
    if cell.node.role == .leader, cell.node.term != known.leaderTerm {
      if let violation = checkCompleteness(changed, cell) { return violation }
      known.leaderTerm = cell.node.term
    }
    seen[changed] = known
    return nil
  }

  /// Entries of equal index and term, in whatever logs, have equal entries before them.
  private mutating func checkMatching(_ node: NodeID, _ cell: NodeCell<Raft>) -> Violation? {
    var index = cell.node.log.lastIndex
    while index > cell.node.log.base {
      let place = Place(index: index, term: cell.node.log[index].term)
      let chain = cell.node.log.chain(at: index)
      guard let first = chains[place] else {
        chains[place] = chain
        index -= 1
        continue
      }
      if first == chain { return nil }
      return Violation(
        "log-matching",
        "node \(node.rawValue)'s entry \(index) of term \(place.term) is preceded by other entries "
          + "than the entry of that index and term in another log", nodes: [node])
    }
    return nil
  }

  /// No two nodes carry out different entries at one index.
  private mutating func checkCommits(
    _ node: NodeID, _ cell: NodeCell<Raft>, after previous: Int
  ) -> Violation? {
    for index in previous + 1...cell.node.commitIndex {
      guard index <= cell.node.log.lastIndex else {
        return Violation(
          "state-machine-safety",
          "node \(node.rawValue) commits entry \(index), which it does not have", nodes: [node])
      }
      let chain = cell.node.log.chain(at: index)
      let term = cell.node.log[index].term
      guard index <= committed.count else {
        committed.append(
          Committed(
            chain: chain, entryTerm: term, commitTerm: cell.node.term, node: node))
        continue
      }
      let first = committed[index - 1]
      if first.chain == chain { continue }
      return Violation(
        "state-machine-safety",
        "node \(first.node.rawValue) carried out entry \(index) of term \(first.entryTerm), "
          + "node \(node.rawValue) another entry \(index), of term \(term)",
        nodes: [first.node, node])
    }
    return nil
  }

  /// A new leader has every entry that was committed in an earlier term.
  private func checkCompleteness(_ node: NodeID, _ cell: NodeCell<Raft>) -> Violation? {
    let term = cell.node.term
    guard let place = committed.lastIndex(where: { $0.commitTerm < term }) else { return nil }
    let index = place + 1
    if index <= cell.node.log.lastIndex, cell.node.log.chain(at: index) == committed[place].chain {
      return nil
    }
    return Violation(
      "leader-completeness",
      "node \(node.rawValue), leader of term \(term), lacks entry \(index), which node "
        + "\(committed[place].node.rawValue) committed in term \(committed[place].commitTerm)",
      nodes: [node, committed[place].node])
  }
}
