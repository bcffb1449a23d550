/// How often each fault really touched a simulated cluster.
public struct FaultTally: Hashable, Sendable {
  /// Processes that were killed, and that lost their power.
  public var kills = 0
  public var powerLosses = 0
  /// Of those, how many ended in the middle of an event: after some of its effects, before others.
  public var crashesBetweenEffects = 0
  /// Processes that were started again.
  public var restarts = 0
  /// Processes that were stopped in order.
  public var shutdowns = 0
  /// Processes that were killed to come back as another version.
  public var upgrades = 0
  /// Processes that their hosts ended because a sync failed.
  public var stops = 0
  /// Nodes that a fault of disks left alone, for as many were damaged as their system survives.
  public var spared = 0
  /// What faults did to disks, by kind.
  public var disks = DiskTally()
  /// Storage operations that power loss took, and appends of which it left a part.
  public var lostOperations = 0
  public var tornAppends = 0
  /// Events that were held back for paused processes.
  public var held = 0
  /// Messages that met a cut link.
  public var cut = 0
  public var lost = 0
  public var delayed = 0
  public var duplicated = 0
  public var reordered = 0
  public var corrupted = 0
  /// Messages that waited for a link of limited rate, and that found its queue full.
  public var queued = 0
  public var overflowed = 0
  /// Messages that were held back by a clogged link.
  public var clogged = 0

  @usableFromInline
  init() {}
}
