public import Environments
public import Values

/// Which faults strike when, as a function of the seed.
///
/// Each family begins and ends by turns, whatever the others do. In the first two intervals each
/// holds once; from then on the gaps are uniform from 0 to two intervals. Families have draws of
/// their own: asking for one more does not shift those of the others.
///
/// Kills, pauses and strikes at disks can strike the same node. A node that is down is neither killed
/// nor paused, nor is its disk struck, and it is restarted by the family that took it down; a round
/// that would strike only such nodes is left out. What afflicts a disk until it is mended may hold
/// whether the node is up or down. So that this never leaves out a family's first round,
/// these three families have their first rounds one after the other.
public struct FaultSchedule: Hashable, Sendable {
  /// In the order in which they are due, all before the time limit.
  ///
  /// What is in force then is mended by ``healing(_:nodes:at:)``.
  public let faults: [ScheduledFault]

  public static let intervalMin = Nanoseconds.milliseconds(1)

  /// - Parameters:
  ///   - specs: What is asked for; of several of one family, each round does one of them.
  ///   - interval: Half of the longest gap between the beginning and the end of a fault.
  /// - Throws: When nodes are named that don't exist, when there are too few nodes, and when the
  ///   time limit is too short for each family to hold once.
  public init(
    _ specs: [NemesisSpec], names: NodeNames, interval: Nanoseconds, timeLimit: Nanoseconds,
    seed: UInt64
  ) throws(NemesisError) {
    guard !specs.isEmpty else {
      faults = []
      return
    }
    guard interval >= FaultSchedule.intervalMin else { throw .intervalTooShort(interval) }
    let families = FaultFamily.allCases.filter { family in specs.contains { $0.family == family } }
    guard timeLimit / 2 >= interval else {
      throw .timeLimitTooShort(
        timeLimit, interval: interval, families: families, needed: 2 * interval)
    }
    for spec in specs where names.count < spec.nodesMin {
      throw .tooFewNodes(spec.text, needed: spec.nodesMin, count: names.count)
    }

    var turns: [Turn] = []
    for (rank, family) in families.enumerated() {
      let draws = Draws(seed: seed, stream: family.stream)
      let variants = specs.filter { $0.family == family }
      let holds = Rounds(family, interval, until: timeLimit, draws.child(0))
      for (number, hold) in holds.enumerated() {
        let round = try Round(variants, among: names, draws.child(UInt64(number) + 1))
        turns.append(
          Turn(time: hold.lowerBound, family: family, rank: rank, number: number, round: round))
        if hold.upperBound < timeLimit {
          turns.append(
            Turn(
              time: hold.upperBound, family: family, rank: rank, number: number, round: round,
              isEnd: true))
        }
      }
    }
    turns.sort()
    var composition = Composition(nodes: names.nodes)
    faults = turns.compactMap { composition.take($0) }
  }

  /// What mends everything that families of faults may have broken, whoever it struck.
  public static func healing(
    _ families: [FaultFamily], nodes: [NodeID], at time: Nanoseconds = 0
  ) -> [ScheduledFault] {
    FaultFamily.allCases.filter(families.contains).map { family in
      let (f, fault) = family.end(of: nodes)
      return ScheduledFault(time: time, family: family, f: f, fault: fault)
    }
  }
}

extension FaultFamily {
  /// The number of this family's stream of draws, which does not depend on what other families
  /// there are.
  fileprivate var stream: UInt64 {
    var hasher = StableHasher()
    hasher.put(Array(rawValue.utf8))
    return hasher.value
  }

  /// Whether its faults need a process that runs.
  public var strikesProcesses: Bool { self == .kill || self == .pause || self == .disk }

  /// What its faults are called in the history.
  var startName: String {
    switch self {
    case .kill, .pause, .clock: rawValue
    default: "start-\(rawValue)"
    }
  }

  /// What ends this family's faults on nodes, and its name in the history.
  func end(of nodes: [NodeID]) -> (f: String, fault: Fault) {
    switch self {
    case .partition: ("stop-partition", .mend)
    case .kill: ("restart", .restart(nodes))
    case .disk: ("stop-disk", .mendDisks(nodes))
    case .pause: ("resume", .resume(nodes))
    case .delay: ("stop-delay", .calm(.delay))
    case .loss: ("stop-loss", .calm(.loss))
    case .duplicate: ("stop-duplicate", .calm(.duplicate))
    case .reorder: ("stop-reorder", .calm(.reorder))
    case .corrupt: ("stop-corrupt", .calm(.corrupt))
    case .rate: ("stop-rate", .calm(.rate))
    case .clog: ("stop-clog", .calm(.clog))
    case .clock: ("clock", .resetClocks)
    case .cpu: ("stop-cpu", .unlimit(.cpu))
    case .memory: ("stop-memory", .unlimit(.memory))
    }
  }
}
