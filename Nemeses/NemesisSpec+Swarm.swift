import Environments
public import Values

extension NemesisSpec {
  /// The nemesis as strong as chance has it: intensities on log scales, kinds and shapes of one sort
  /// at a time or mixed, never wider than it is.
  public func drawn(_ draws: inout Draws) -> NemesisSpec {
    switch self {
    case .partition(.random) where draws.chance(0.5):
      let shapes = PartitionShape.named.map(\.shape).filter { $0 != .random }
      return .partition(draws.element(of: shapes))
    case .kill(let ending, let target): return .kill(ending, target.drawn(&draws))
    case .pause(let target): return .pause(target.drawn(&draws))
    case .clock(.any, let target):
      let kind = draws.chance(0.5) ? draws.element(of: ClockFault.allCases) : .any
      return .clock(kind, target.drawn(&draws))
    case .disturb(var disturbance, let target):
      if disturbance.kind != .rate && disturbance.kind != .clog {
        disturbance.probability = draws.share()
      }
      if disturbance.kind.takesLatency {
        disturbance.latency = draws.logarithmic(.milliseconds(1), doublings: 10)
      }
      if disturbance.kind == .delay && draws.chance(0.5) {
        disturbance.distribution = draws.element(of: Disturbance.Distribution.allCases)
      }
      if disturbance.kind == .rate {
        disturbance.bytesPerSecond = Int(draws.logarithmic(500, doublings: 10))
      }
      return .disturb(disturbance, target.drawn(&draws))
    case .disk(var fault, let target):
      if fault.kind.takesProbability { fault.probability = draws.share() }
      if fault.kind.takesLatency && draws.chance(0.5) {
        fault.latency = draws.logarithmic(.milliseconds(1), doublings: 12)
      }
      return .disk(fault, target.drawn(&draws))
    case .limit(let limit, let target): return .limit(limit, target.drawn(&draws))
    case .partition, .clock: return self
    }
  }
}

extension NodeTarget {
  /// As wide as it is, or one node at a time.
  fileprivate func drawn(_ draws: inout Draws) -> NodeTarget {
    switch self {
    case .random, .all:
      draws.chance(0.5) ? self : draws.element(of: [NodeTarget.one, .minority, .primaries])
    default: self
    }
  }
}

extension Draws {
  /// A number from `low` on, in a range that doubles so many times, each doubling as likely.
  public mutating func logarithmic(_ low: Int64, doublings: Int) -> Int64 {
    let base = low << Int64(below(doublings))
    return within(base...2 * base - 1)
  }

  /// A share of 0.1 % to 50 %, as likely small as large.
  fileprivate mutating func share() -> Double {
    Double(logarithmic(1, doublings: 9)) / 1_024
  }
}
