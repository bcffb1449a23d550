public import Environments
import Values

/// One nemesis as people ask for it: a family of faults, with what makes it particular.
public enum NemesisSpec: Hashable, Sendable {
  case partition(PartitionShape)
  case kill(ProcessEnd, NodeTarget)
  case pause(NodeTarget)
  /// Disturbs the links that begin or end at the targets.
  case disturb(Disturbance, NodeTarget)
  case clock(ClockFault, NodeTarget)
  case disk(DiskFault, NodeTarget)
  case limit(ResourceLimit, NodeTarget)

  /// What can be done to a clock, each time by a random amount.
  public enum ClockFault: String, Hashable, Sendable, CaseIterable {
    /// The wall clock is off, by 8 ms to 4 minutes.
    case offset
    /// Both clocks run fast or slow, by 1 ms to a quarter of a second a second.
    case drift
    /// The wall clock jumps, forward or back, by 8 ms to 4 minutes.
    case step
    /// Both clocks stand still.
    case freeze
    /// The wall clock jumps to and fro, by 8 ms to 4 minutes, 1 ms to a second apart.
    case strobe
    /// Each time another one.
    case any
  }

  public var family: FaultFamily {
    switch self {
    case .partition: .partition
    case .kill: .kill
    case .pause: .pause
    case .disturb(let disturbance, _): disturbance.kind.family
    case .clock: .clock
    case .disk: .disk
    case .limit(let limit, _): limit.kind.family
    }
  }

  /// Whether it is meant for nodes in a role, so that somebody must know who leads.
  public var needsLeader: Bool {
    switch self {
    case .partition(let shape): shape == .primary
    case .kill(_, let target), .pause(let target), .disturb(_, let target), .clock(_, let target),
      .disk(_, let target), .limit(_, let target):
      target.aim != .drawn
    }
  }

  /// A family of faults, as strong and as wide as it is where nothing more is said.
  public init(_ family: FaultFamily) {
    switch family {
    case .partition: self = .partition(.random)
    case .kill: self = .kill(.kill, .random)
    case .pause: self = .pause(.random)
    case .delay: self = .disturb(.standard(.delay), .all)
    case .loss: self = .disturb(.standard(.loss), .all)
    case .duplicate: self = .disturb(.standard(.duplicate), .all)
    case .reorder: self = .disturb(.standard(.reorder), .all)
    case .corrupt: self = .disturb(.standard(.corrupt), .all)
    case .rate: self = .disturb(.standard(.rate), .all)
    case .clog: self = .disturb(.standard(.clog), .one)
    case .clock: self = .clock(.any, .random)
    case .disk: self = .disk(.powerLoss, .random)
    case .cpu: self = .limit(.cpu(share: 0.1), .random)
    case .memory: self = .limit(.memory(bytes: 64 << 20), .one)
    }
  }

  /// Kills as they are where nothing more is said.
  public static func kill(_ target: NodeTarget) -> NemesisSpec { .kill(.kill, target) }

  /// With fewer nodes it can't be done.
  public var nodesMin: Int {
    switch self {
    case .partition(let shape): shape.nodesMin
    case .disturb: 2
    case .kill, .pause, .clock, .disk, .limit: 1
    }
  }

  /// The nemesis as people write it; reading the text gives the same nemesis.
  public var text: String {
    switch self {
    case .partition(let shape): "partition:\(shape.text)"
    case .kill(let ending, let target):
      "kill:" + (ending == .kill ? "" : "\(ending.rawValue):") + target.text
    case .pause(let target): "pause:\(target.text)"
    case .disturb(let disturbance, let target):
      "\(disturbance.kind.rawValue):\(disturbance.probability)"
        + (disturbance.kind.takesLatency ? ":\(disturbance.latency.durationText)" : "")
        + (disturbance.distribution == .uniform ? "" : ":\(disturbance.distribution.rawValue)")
        + (disturbance.kind == .rate ? ":\(disturbance.bytesPerSecond)B" : "")
        + (disturbance.messageTypes.isEmpty
          ? "" : ":type=\(disturbance.messageTypes.joined(separator: "+"))")
        + ":\(target.text)"
    case .clock(let fault, let target): "clock:\(fault.rawValue):\(target.text)"
    case .disk(let fault, let target):
      "disk:\(fault.kind.rawValue)" + (fault.kind.takesProbability ? ":\(fault.probability)" : "")
        + (fault.latency.map { ":\($0.durationText)" } ?? "")
        + (fault.problem == .broken ? "" : ":\(fault.problem.rawValue)")
        + (fault.sync.map { ":\($0)" } ?? "") + (fault.files.map { ":file=\($0)" } ?? "")
        + ":\(target.text)"
    case .limit(.cpu(let share), let target): "cpu:\(share):\(target.text)"
    case .limit(.memory(let bytes), let target): "memory:\(bytes)B:\(target.text)"
    }
  }
}

extension DiskFault.Kind {
  /// Whom it strikes where nothing is said: what may damage more than a restart mends, a minority.
  public var standardTarget: NodeTarget { damages ? .minority : .random }
}

extension Disturbance {
  static func standard(_ kind: Kind) -> Disturbance {
    switch kind {
    case .delay: Disturbance(.delay, probability: 1, latency: .milliseconds(100))
    case .loss: Disturbance(.loss, probability: 0.2)
    case .duplicate: Disturbance(.duplicate, probability: 0.2)
    case .reorder: Disturbance(.reorder, probability: 0.2, latency: .milliseconds(100))
    case .corrupt: Disturbance(.corrupt, probability: 0.2)
    case .rate:
      Disturbance(.rate, probability: 1, latency: .milliseconds(500), bytesPerSecond: 20_000)
    case .clog: Disturbance(.clog, probability: 1)
    }
  }
}

extension Disturbance.Kind {
  var takesLatency: Bool { self == .delay || self == .reorder || self == .rate }
}
