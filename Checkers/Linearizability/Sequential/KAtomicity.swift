/// Judges how stale the reads of a register are: a history is k-atomic if in some order that
/// respects time every read returns one of the k latest writes before it (Golab, Li and Shah,
/// *Analyzing consistency properties for fun and profit*, PODC 2011).
///
/// 1-atomic is linearizable. The premise is that there are reads and writes only and that every
/// value is written at most once, the initial one never. Writes that never returned took effect
/// exactly if their values were read. Like linearizability it is local: each register is judged
/// alone.
public struct KAtomicity: Sendable {
  public enum Finding: Hashable, Sendable {
    case atomic
    /// The certificate's part is not k-atomic either.
    case stale(Certificate)
  }

  /// How stale reads are allowed to be: 1 or 2.
  public let k: Int
  /// The value before the first write.
  public let initial: Int32

  public init(k: Int, initial: Int32) {
    precondition((1...2).contains(k), "k is 1 or 2, not \(k)")
    self.k = k
    self.initial = initial
  }

  /// - Returns: Nothing where the premise doesn't hold.
  /// - Complexity: O(*n*) for k = 1, O(*c n*) for k = 2, where *c* writes overlap at most.
  public func judge(_ history: ObjectHistory<Action>) -> Finding? {
    guard let clusters = ReadClusters(history, initial: initial) else { return nil }
    if let early = clusters.early {
      return .stale(Certificate(early, reason: "a value was read before its write was invoked"))
    }
    if k == 1 {
      switch Register(initial: initial).decide(history) {
      case .linearizable: return .atomic
      case .nonlinearizable(let certificate): return .stale(certificate)
      case nil: return nil
      }
    }
    var search = TwoAtomicity(clusters)
    guard let operations = search.contradiction() else { return .atomic }
    return .stale(certificate(operations, clusters, history))
  }

  /// A part that is not 2-atomic either, from which no operation of it can be left out.
  private func certificate(
    _ operations: [Int32], _ clusters: ReadClusters, _ history: ObjectHistory<Action>
  ) -> Certificate {
    let all = clusters.closure(of: operations)
    let part = history.part(Certificate(all, reason: "").fates(count: history.count))
    var smallest = all
    if let partClusters = ReadClusters(part, initial: initial) {
      let numbers = 0..<Int32(all.count)
      smallest = reducedPart(
        of: numbers, naming: Array(numbers), closure: partClusters.closure
      ) { kept in
        let fewer = part.part(Certificate(kept, reason: "").fates(count: part.count))
        guard let clusters = ReadClusters(fewer, initial: initial) else { return false }
        var search = TwoAtomicity(clusters)
        return search.contradiction() != nil
      }.map { all[Int($0)] }
    }
    return Certificate(
      smallest, reason: "in every order a read returns a value that two later writes replaced")
  }
}

/// The smallest k for which a register's history is k-atomic, as far as it is told.
public struct Staleness: Hashable, Sendable {
  /// 1 or 2, or nothing where it is more.
  public let k: Int?
  /// Why it is not less, where it is more than 1.
  public let certificate: Certificate?

  /// Nothing where the premise of ``KAtomicity`` doesn't hold.
  public init?(of history: ObjectHistory<Action>, initial: Int32) {
    var latest: Certificate?
    for k in 1...2 {
      switch KAtomicity(k: k, initial: initial).judge(history) {
      case nil: return nil
      case .atomic:
        self.k = k
        certificate = latest
        return
      case .stale(let certificate): latest = certificate
      }
    }
    k = nil
    certificate = latest
  }
}
