public import Environments

/// Which situations the faults of a run, or of a campaign, brought about.
public struct FaultCoverage: Hashable, Sendable {
  /// A fault of a family that struck a node in a role: `kill leader`, `partition isolates leader`.
  public struct Strike: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var family: FaultFamily
    public var role: String

    public init(_ family: FaultFamily, role: String) {
      self.family = family
      self.role = role
    }

    public var description: String { "\(family.strikeText) \(role)" }

    private var rank: Int { FaultFamily.allCases.firstIndex(of: family) ?? 0 }

    public static func < (left: Strike, right: Strike) -> Bool {
      (left.rank, left.role) < (right.rank, right.role)
    }
  }

  /// How often each mark of the nemeses was reached; see ``NemesisMark``.
  public var marks: [String: Int] = [:]
  /// How often each family struck each role.
  public var strikes: [Strike: Int] = [:]
  /// The roles that nodes had when faults were applied.
  public var roles: Set<String> = []
  /// The families of which a fault was injected.
  public var families: Set<FaultFamily> = []

  public init() {}

  /// Pairs of a role that was seen and a family that was injected that never met.
  public var missedStrikes: [Strike] {
    families.flatMap { family in roles.map { Strike(family, role: $0) } }
      .filter { strikes[$0] == nil }.sorted()
  }

  mutating func add(_ other: FaultCoverage) {
    marks.merge(other.marks, uniquingKeysWith: +)
    strikes.merge(other.strikes, uniquingKeysWith: +)
    roles.formUnion(other.roles)
    families.formUnion(other.families)
  }
}

extension FaultFamily {
  /// What its faults do to a node, for a table of who was struck by what.
  public var strikeText: String { self == .partition ? "partition isolates" : rawValue }
}

/// The situations that nemeses should bring about in some run of a campaign.
public enum NemesisMark {
  public static let whileDown = "nemesis: a fault struck while another node was down"
  public static let whileBooting = "nemesis: a node was struck while it booted"
  public static let whileRecovering = "nemesis: a node was struck while it recovered"
  public static let whilePaused = "nemesis: a paused node was killed"

  /// Faults of two families were in force at once.
  public static func overlap(_ one: FaultFamily, _ other: FaultFamily) -> String {
    let pair = FaultFamily.allCases.filter { $0 == one || $0 == other }
    return overlapPrefix + pair.map(\.rawValue).joined(separator: " + ")
  }

  private static let overlapPrefix = "overlap: "

  /// Whether a mark tells of two families that were in force at once.
  public static func isOverlap(_ mark: String) -> Bool { mark.hasPrefix(overlapPrefix) }

  /// The marks that families of faults can reach in a cluster.
  public static func known(_ families: [FaultFamily], nodeCount: Int) -> [String] {
    let killers = families.filter { $0 == .kill || $0 == .disk }
    let strikesProcesses: (FaultFamily) -> Bool = { killers.contains($0) || $0 == .pause }
    var marks: [String] = []
    for (place, one) in families.enumerated() {
      for other in families[(place + 1)...] {
        // Of processes, a node that is down is struck by nothing else.
        guard nodeCount > 1 || !strikesProcesses(one) || !strikesProcesses(other) else { continue }
        marks.append(overlap(one, other))
      }
    }
    guard !killers.isEmpty else { return marks }
    if nodeCount > 1, families.count > 1 { marks.append(whileDown) }
    marks.append(whileBooting)
    if families.contains(.pause) { marks.append(whilePaused) }
    return marks
  }
}
