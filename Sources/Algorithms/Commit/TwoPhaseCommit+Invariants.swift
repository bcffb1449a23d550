public import Nodes
public import Values

extension TwoPhaseCommit {
  public static func invariants() -> [any Invariant<TwoPhaseCommit>] { [CommitConsistency()] }
}

/// No resource manager has committed while another has aborted; Gray and Lamport's *TCConsistent*.
public struct CommitConsistency: Invariant, StablyEncodable {
  public init() {}

  public func check(
    _ changed: NodeID, in cluster: ClusterStates<TwoPhaseCommit>
  ) -> Violation? {
    func first(_ state: TwoPhaseCommit.State) -> Int? {
      cluster.cells.firstIndex { $0.isUp && $0.node.isResource && $0.node.state == state }
    }
    guard let committed = first(.committed), let aborted = first(.aborted) else { return nil }
    return Violation(
      "consistency", "one resource manager has committed, another has aborted",
      nodes: [NodeID(committed), NodeID(aborted)])
  }

  public func encode(into sink: inout some ByteSink) {}
}
