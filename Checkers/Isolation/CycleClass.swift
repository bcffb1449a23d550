/// The sorts of cycles, each with what its edges may be.
///
/// *G0* to *G2* are those of A. Adya, Weak Consistency, 1999, and of Elle. The others tell levels
/// that have atomic visibility, by A. Cerone, A. Gotsman and H. Yang, Algebraic laws for weak
/// consistency, CONCUR 2017.
enum CycleClass: Hashable, Sendable, CaseIterable {
  /// Of ww alone.
  case g0
  /// Of ww and wr, with one wr at least.
  case g1c
  /// With exactly one rw.
  case gSingle
  /// With rw, of which no two follow each other.
  case gNonadjacent
  /// With one rw at least.
  case g2Item
  /// Of wr, and one rw.
  case causality
  /// Of ww, wr and rw that follow upon wr.
  case prefix
  /// With one rw at least, of transactions that write, and one more.
  case update

  /// What the first edge of the cycle must be, and what the others may be.
  var first: Dependency {
    switch self {
    case .g0: .ww
    case .g1c: .wr
    case .gSingle, .gNonadjacent, .g2Item, .causality, .prefix, .update: .rw
    }
  }

  var others: Dependency {
    switch self {
    case .g0: .ww
    case .g1c: [.ww, .wr]
    case .gSingle: [.ww, .wr, .chained]
    case .gNonadjacent, .g2Item, .update: [.ww, .wr, .rw, .chained]
    case .causality: .wr
    case .prefix: [.ww, .wr, .rw]
    }
  }

  /// Its name as a phenomenon.
  func phenomenon(_ scope: ConsistencyScope) -> Phenomenon {
    switch (self, scope) {
    case (.g0, .data): .g0
    case (.g0, .process): .g0Process
    case (.g0, .realtime): .g0Realtime
    case (.g1c, .data): .g1c
    case (.g1c, .process): .g1cProcess
    case (.g1c, .realtime): .g1cRealtime
    case (.gSingle, .data): .gSingle
    case (.gSingle, .process): .gSingleProcess
    case (.gSingle, .realtime): .gSingleRealtime
    case (.gNonadjacent, .data): .gNonadjacent
    case (.gNonadjacent, .process): .gNonadjacentProcess
    case (.gNonadjacent, .realtime): .gNonadjacentRealtime
    case (.g2Item, .data): .g2Item
    case (.g2Item, .process): .g2ItemProcess
    case (.g2Item, .realtime): .g2ItemRealtime
    case (.causality, _): .causalityViolation
    case (.prefix, _): .gPrefix
    case (.update, _): .gUpdate
    }
  }
}
