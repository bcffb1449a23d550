public import Environments

extension NemesisSpec {
  /// Whether a system that survives what it claims survives this too, in a cluster of so many nodes.
  ///
  /// Some claim must be of the same family and kind, and strike as many nodes at least. How strong a
  /// disturbance is does not matter, and links that are named are no shape that could be claimed.
  public func isWithin(_ claims: [NemesisSpec], nodeCount: Int) -> Bool {
    claims.contains { $0.covers(self, nodeCount: nodeCount) }
  }

  private func covers(_ other: NemesisSpec, nodeCount: Int) -> Bool {
    switch (self, other) {
    case (.partition(let claimed), .partition(let shape)):
      return claimed == .random || claimed == shape
    case (.kill(let claim, let claimed), .kill(let ending, let target)):
      return claim == ending && claimed.covers(target, nodeCount)
    case (.pause(let claimed), .pause(let target)):
      return claimed.covers(target, nodeCount)
    case (.disturb(let claim, let claimed), .disturb(let disturbance, let target)):
      return claim.kind == disturbance.kind && claimed.covers(target, nodeCount)
    case (.clock(let claim, let claimed), .clock(let kind, let target)):
      return (claim == .any || claim == kind) && claimed.covers(target, nodeCount)
    case (.disk(let claim, let claimed), .disk(let fault, let target)):
      return claim.kind == fault.kind && claimed.covers(target, nodeCount)
    case (.limit(let claim, let claimed), .limit(let limit, let target)):
      return claim.kind == limit.kind && claimed.covers(target, nodeCount)
    default:
      return false
    }
  }

  /// How many nodes' files each kind of disk fault may damage at a time, by what a system claims to
  /// survive; kinds that it does not claim are not there.
  ///
  /// A majority is left whole where a minority is claimed, so in a cluster of two that is nobody.
  public static func damageLimits(
    _ claims: [NemesisSpec], nodeCount: Int
  ) -> [DiskFault.Kind: Int] {
    var limits: [DiskFault.Kind: Int] = [:]
    for case .disk(let fault, let target) in claims where fault.kind.damages {
      let count = target == .minority ? (nodeCount - 1) / 2 : target.countMax(of: nodeCount)
      limits[fault.kind] = max(limits[fault.kind] ?? 0, count)
    }
    return limits
  }
}

extension NodeTarget {
  /// How many of a cluster's nodes it strikes at most; any node may take itself for a primary.
  func countMax(of nodeCount: Int) -> Int {
    switch self {
    case .one: 1
    case .minority, .followers: max(1, (nodeCount - 1) / 2)
    case .majority: nodeCount / 2 + 1
    case .all, .primaries, .random: nodeCount
    case .names(let names): Set(names).count
    }
  }

  fileprivate func covers(_ other: NodeTarget, _ nodeCount: Int) -> Bool {
    self == other || countMax(of: nodeCount) >= other.countMax(of: nodeCount)
  }
}
