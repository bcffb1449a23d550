public import Environments

/// How many of the nodes' storage operations each kind of disk fault has touched; for `corrupt`,
/// `wipe` and `stale`, how many files.
public struct DiskTally: Hashable, Sendable {
  private var counts = Array(repeating: 0, count: DiskFault.Kind.allCases.count)

  init() {}

  public subscript(kind: DiskFault.Kind) -> Int {
    get { counts[kind.place] }
    set { counts[kind.place] = newValue }
  }

  static func += (left: inout DiskTally, right: DiskTally) {
    for place in left.counts.indices { left.counts[place] += right.counts[place] }
  }
}

extension DiskFault.Kind {
  fileprivate var place: Int {
    switch self {
    case .powerLoss: 0
    case .lostSync: 1
    case .torn: 2
    case .reorder: 3
    case .syncError: 4
    case .corrupt: 5
    case .misdirect: 6
    case .stale: 7
    case .full: 8
    case .stall: 9
    case .readOnly: 10
    case .wipe: 11
    case .truncate: 12
    case .swap: 13
    case .crashAtSync: 14
    case .readError: 15
    case .writeError: 16
    case .slowIO: 17
    }
  }
}
