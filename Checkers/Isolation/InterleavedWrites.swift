/// Tells interleaved writes of transactions that committed from those that a read alone makes one
/// think had.
///
/// That a read showed what an indeterminate transaction wrote proves that it committed only where
/// reads are of what is committed. Where they are not it may have aborted after that, so that its
/// writes are of no order: a cycle of writes with such a transaction in it rules out read committed,
/// as *G1c*, of which *G0* is a part in A. Adya, Weak Consistency, 1999, but not read uncommitted.
struct InterleavedWrites {
  private static let names: [(write: Phenomenon, any: Phenomenon)] = [
    (.g0, .g1c), (.g0Process, .g1cProcess), (.g0Realtime, .g1cRealtime),
  ]

  private let scanned: ScannedHistory
  private let countedScope: ConsistencyScope

  init(_ scanned: ScannedHistory, _ countedScope: ConsistencyScope) {
    self.scanned = scanned
    self.countedScope = countedScope
  }

  /// What an analysis found, with cycles of writes under the names that are certain.
  func judge(
    _ analysis: CycleAnalysis, _ limits: CheckLimits
  ) throws(LimitReached) -> (found: Set<Phenomenon>, incidents: Incidents) {
    var (found, incidents) = (analysis.found, analysis.incidents)
    let outcomes = scanned.transactions.outcomes
    guard InterleavedWrites.names.contains(where: { found.contains($0.write) }),
      outcomes.indices.contains(where: { isDoubtful(Int32($0)) })
    else { return (found, incidents) }
    let certain = try CycleAnalysis(
      Dependencies(
        scanned.transactions, outcomes.map { $0 == .committed },
        scanned.chains.without(isDoubtful)),
      adding: Incidents(), countedScope: countedScope, limits)
    for (write, any) in InterleavedWrites.names {
      guard !certain.found.contains(where: { $0.closure.contains(write) }) else {
        // It may have been there under a worse name only.
        found.insert(write)
        if incidents.count(of: write) == 0 { incidents.take(write, from: certain.incidents) }
        continue
      }
      guard found.remove(write) != nil else { continue }
      found.insert(any)
      incidents.rename(write, any)
    }
    return (found, incidents)
  }

  private func isDoubtful(_ transaction: Int32) -> Bool {
    scanned.isInstalled[Int(transaction)]
      && scanned.transactions.outcomes[Int(transaction)] == .indeterminate
  }
}
