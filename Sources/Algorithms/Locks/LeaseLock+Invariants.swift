public import Nodes
public import Values

extension LeaseLock {
  public static func invariants() -> [any Invariant<LeaseLock>] { [MutualExclusionAtStorage()] }
}

/// Accepted writes have tokens that never fall, and no two clients' the same.
public struct MutualExclusionAtStorage: Invariant, StablyEncodable {
  public init() {}

  public func check(
    _ changed: NodeID, in cluster: ClusterStates<LeaseLock>
  ) -> Violation? {
    let writes = cluster.cells[changed.index].node.writes
    for (earlier, later) in zip(writes, writes.dropFirst()) {
      if later.token < earlier.token {
        return Violation(
          "mutual-exclusion",
          "a write with token \(later.token) was accepted after one with token \(earlier.token)",
          nodes: [later.client, earlier.client])
      }
      if later.token == earlier.token && later.client != earlier.client {
        return Violation(
          "mutual-exclusion", "two clients' writes with token \(later.token) were accepted",
          nodes: [later.client, earlier.client])
      }
    }
    return nil
  }

  public func encode(into sink: inout some ByteSink) {}
}
