public import Values

/// What is done to a node's disk.
///
/// Some strike: they take the node down, and damage what its next process finds. The others hold
/// until the disk is mended, and touch the operations of the processes that run meanwhile.
public struct DiskFault: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The power fails: what was not synced is lost but for a prefix, whose end may be torn.
    case powerLoss = "power-loss"
    /// A sync reports success and makes nothing durable.
    case lostSync = "lost-sync"
    /// The power fails in the middle of a write, a part of which stays, with garbage perhaps.
    case torn
    /// The power fails, and of what was not synced any part is lost, be it older than what is kept.
    case reorder
    /// A sync fails, and what it was to make durable is gone but for a prefix.
    case syncError = "sync-error"
    /// The process is killed, and bytes of what was durable change.
    case corrupt
    /// The process is killed, and a file that was durable loses its end.
    case truncate
    /// The process is killed, and two chunks of a file change places.
    case swap
    /// The process is killed, and its files are gone.
    case wipe
    /// Writes land at another place of their file, and their own place is left unwritten.
    case misdirect
    /// The next process finds a file as it was at an earlier sync.
    case stale
    /// The power fails at a sync, which makes nothing durable.
    case crashAtSync = "crash-at-sync"
    /// Nothing can grow: a write that would fails, and the sync after it.
    case full
    /// Syncs take long; simulated reads, too.
    case stall
    /// Every write fails, and the sync after it.
    case readOnly = "read-only"
    /// Reads fail.
    case readError = "read-error"
    /// Writes fail, and nothing is written.
    case writeError = "write-error"
    /// Reads, writes and syncs take long.
    case slowIO = "slow-io"
  }

  /// What a program is told of a write that fails, by the name that it has in C.
  public enum WriteProblem: String, Hashable, Sendable, CaseIterable {
    /// The disk is broken.
    case broken = "EIO"
    /// The disk is full.
    case full = "ENOSPC"
  }

  public var kind: Kind
  /// The share of operations that are touched, in 0...1, where a kind touches but some.
  public var probability: Double
  /// How much longer an operation of a stalled or slow disk takes; nothing for another time each,
  /// whose order of magnitude is random.
  public var latency: Nanoseconds?
  /// At which sync from now on the power fails, the next being 1; nothing for a random one.
  public var sync: Int?
  /// Which files are damaged, or troubled, as shells match their paths below the node's data, or their names;
  /// nothing for any.
  public var files: String?
  /// What writes that fail fail for.
  public var problem: WriteProblem

  public init(
    _ kind: Kind, probability: Double? = nil, latency: Nanoseconds? = nil, sync: Int? = nil,
    files: String? = nil, problem: WriteProblem = .broken
  ) {
    self.kind = kind
    self.probability = probability ?? kind.standardProbability
    self.latency = latency
    self.sync = sync
    self.files = files
    self.problem = problem
  }

  public static let powerLoss = DiskFault(.powerLoss)
}

extension DiskFault.Kind {
  /// Whether it takes the node down at once; else it holds until the disk is mended.
  public var isStrike: Bool {
    switch self {
    case .powerLoss, .torn, .reorder, .corrupt, .truncate, .swap, .wipe: true
    case .lostSync, .syncError, .misdirect, .stale, .crashAtSync, .full, .stall, .readOnly,
      .readError, .writeError, .slowIO:
      false
    }
  }

  /// Whether it leaves files behind that a node has to be able to recover, so that no more nodes at a
  /// time may be struck than their system claims to survive.
  public var damages: Bool {
    switch self {
    case .torn, .reorder, .lostSync, .corrupt, .truncate, .swap, .wipe, .misdirect, .stale: true
    case .powerLoss, .syncError, .crashAtSync, .full, .stall, .readOnly, .readError, .writeError,
      .slowIO:
      false
    }
  }

  /// Whether it takes the node down by cutting its power; else it kills the process, if anything.
  public var cutsPower: Bool { self == .powerLoss || self == .torn || self == .reorder }

  /// Whether it is for single operations on files: reads, writes, or both.
  public var isOfTransfers: Bool { self == .readError || self == .writeError || self == .slowIO }

  /// Whether it can be told which files it is for.
  public var takesFiles: Bool {
    self == .corrupt || self == .truncate || self == .swap || isOfTransfers
  }

  /// Whether it touches but a share of operations.
  public var takesProbability: Bool {
    self == .syncError || self == .misdirect || isOfTransfers
  }

  /// Whether it has operations take so much longer.
  public var takesLatency: Bool { self == .stall || self == .slowIO }

  var standardProbability: Double {
    switch self {
    case .syncError, .readError, .writeError: 0.5
    case .misdirect, .slowIO: 0.2
    default: 1
    }
  }
}

extension Fault {
  /// Cuts nodes' power.
  public static func powerLoss(_ nodes: [NodeID]) -> Fault { .disk(.powerLoss, nodes) }
}
