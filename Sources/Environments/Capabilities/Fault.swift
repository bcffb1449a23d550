public import Values

/// One thing that is done to a cluster to break it or to mend it.
///
/// A fault is a value that a nemesis schedules, a plan stores, and an environment applies.
public enum Fault: Hashable, Sendable {
  /// Cuts directed links, in place of those that were cut before.
  case cut([Link])
  /// Mends all links.
  case mend
  /// Ends processes; all that they handed to the operating system is kept.
  case kill(ProcessEnd, [NodeID])
  /// Starts processes that were killed or lost power.
  case restart([NodeID])
  /// Strikes disks, or afflicts them until they are mended, in place of what afflicted them before.
  case disk(DiskFault, [NodeID])
  /// Mends disks, and starts the processes that a disk's fault took down.
  ///
  /// A process that a fault has deceived is ended and started again: what its disk holds is not what
  /// it believes.
  case mendDisks([NodeID])
  case pause([NodeID])
  case resume([NodeID])
  /// Disturbs the messages on links, until the disturbance of that kind is stopped.
  case disturb(Disturbance, [Link])
  case calm(Disturbance.Kind)
  /// Limits what nodes may use, until the limits of that kind are lifted.
  case limit(ResourceLimit, [NodeID])
  case unlimit(ResourceLimit.Kind)
  /// Changes what clocks show; a node that is not named keeps its clock as it is.
  case skew([NodeID: ClockChange])
  /// Makes all clocks right again.
  case resetClocks
}

/// How a process comes to its end, and what comes after it.
public enum ProcessEnd: String, Hashable, Sendable, CaseIterable {
  /// At once, in the middle of what it does.
  case kill
  /// In order: nothing new reaches it, what it is writing becomes durable, and what waited for that
  /// leaves.
  case stop
  /// At once, and the next process runs the next version of the system's code; after the newest comes
  /// the first again.
  case upgrade
}

/// What can happen to the messages on a link.
public struct Disturbance: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case delay
    case loss
    case duplicate
    case reorder
    /// The message arrives damaged, and its receiver can't decode it.
    case corrupt
    /// The link carries so many bytes a second; what would have to queue for too long is lost.
    case rate
    /// The message is held back until the disturbance ends.
    case clog
  }

  public var kind: Kind
  /// The share of messages that are disturbed, in 0...1.
  public var probability: Double
  /// For delays and reordering the longest additional latency, for a rate the longest time in the
  /// link's queue.
  public var latency: Nanoseconds
  /// For delays: how they spread.
  public var distribution: Distribution
  /// For a rate: what each link carries.
  public var bytesPerSecond: Int
  /// The types of the messages that are disturbed, such as `append-entries`; none stands for all.
  public var messageTypes: [String]

  /// How the delays of messages spread, by their latency.
  public enum Distribution: String, Hashable, Sendable, CaseIterable {
    /// Any delay up to the latency is as likely as any other.
    case uniform
    /// Each is the latency.
    case constant
    /// The latency is their mean: most are shorter, a few much longer.
    case exponential
  }

  public init(
    _ kind: Kind, probability: Double, latency: Nanoseconds = 0,
    distribution: Distribution = .uniform, bytesPerSecond: Int = 0, messageTypes: [String] = []
  ) {
    self.kind = kind
    self.probability = probability
    self.latency = latency
    self.distribution = distribution
    self.bytesPerSecond = bytesPerSecond
    self.messageTypes = messageTypes
  }

  /// Whether it disturbs messages of a type.
  ///
  /// - Parameter type: Asked only where that matters.
  public func concerns(_ type: () -> String) -> Bool {
    messageTypes.isEmpty || messageTypes.contains(type())
  }

  /// How much later a message arrives, by one draw.
  public func drawDelay(_ draws: inout Draws) -> Nanoseconds {
    switch distribution {
    case .uniform: draws.within(0...latency)
    case .constant: latency
    case .exponential: Latency.exponential(mean: latency).draw(&draws)
    }
  }
}

/// What is done to one node's clock.
public enum ClockChange: Hashable, Sendable {
  /// The wall clock is off by this much.
  case offset(Nanoseconds)
  /// Both clocks gain this many nanoseconds a second; negative ones lose.
  case drift(nanosecondsPerSecond: Int64)
  /// The wall clock jumps by this much from where it is, forward or back, and runs on.
  case step(Nanoseconds)
  /// Both clocks stand still, while the process runs on.
  case freeze
  /// The wall clock jumps by `by` and back again, each after `period`.
  case strobe(by: Nanoseconds, period: Nanoseconds)
}

/// The families of faults by which people choose them and environments offer them.
public enum FaultFamily: String, Hashable, Sendable, CaseIterable {
  case partition
  case kill
  case pause
  case delay
  case loss
  case duplicate
  case reorder
  case clock
  case disk
  case corrupt
  case rate
  case clog
  case cpu
  case memory
}

extension Fault {
  /// Kills processes at once.
  public static func kill(_ nodes: [NodeID]) -> Fault { .kill(.kill, nodes) }

  public var family: FaultFamily {
    switch self {
    case .cut, .mend: .partition
    case .kill: .kill
    case .restart: .kill
    case .disk, .mendDisks: .disk
    case .pause, .resume: .pause
    case .disturb(let disturbance, _): disturbance.kind.family
    case .calm(let kind): kind.family
    case .limit(let limit, _): limit.kind.family
    case .unlimit(let kind): kind.family
    case .skew, .resetClocks: .clock
    }
  }
}

extension Disturbance.Kind {
  public var family: FaultFamily {
    switch self {
    case .delay: .delay
    case .loss: .loss
    case .duplicate: .duplicate
    case .reorder: .reorder
    case .corrupt: .corrupt
    case .rate: .rate
    case .clog: .clog
    }
  }
}
