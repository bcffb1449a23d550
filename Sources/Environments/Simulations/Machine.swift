public import DequeModule
public import Environments
public import Nodes
public import Values

/// One simulated host: a node, its timers, its disk, its clocks, and what waits for it.
@usableFromInline
final class Machine<N: Node> {
  /// A timer, for which one event at most is in the queue.
  ///
  /// A timer that is set again and again to later times leaves the event of the earliest where it
  /// is; when that event comes too early, it is put off. So a heartbeat costs no event of its own.
  @usableFromInline
  struct Timer: Sendable {
    @usableFromInline var isArmed = false
    /// When it is due by the node's clock, and in the simulation's time.
    @usableFromInline var reading: Nanoseconds = 0
    @usableFromInline var due: Nanoseconds = 0
    /// When the event in the queue comes, and which one that is; others are void.
    @usableFromInline var queued: Nanoseconds = .max
    @usableFromInline var generation: UInt32 = 0
    @usableFromInline var draws: Draws

    @usableFromInline
    init(draws: Draws) { self.draws = draws }
  }

  /// How the process is to end at its next event.
  @usableFromInline
  enum Crash: Hashable, Sendable {
    case kill
    /// In order, once nothing of what it has begun waits for the disk any more.
    case shutdown
    /// The disk is struck: the process is gone, and so is some of what it wrote.
    case disk(DiskFault.Kind)
    /// Its host ends it, for its disk does not do what it must.
    case failed

    /// How many writes that are not durable a strike waits for, so that it has something to damage.
    var writesNeeded: Int {
      switch self {
      case .disk(.torn): 1
      case .disk(.reorder): 2
      case .kill, .shutdown, .failed, .disk: 0
      }
    }
  }

  /// A fault of the disk that has not been mended, and how many operations its kind had touched
  /// before.
  struct DiskFaultInForce: Sendable {
    var fault: DiskFault
    var before: Int
  }

  /// Whether the node's files may have lost something that was durable.
  enum Damage: Sendable {
    case none
    /// No process has seen it.
    case latent
    /// A process has started on it, and may still recover what is lost.
    case found
  }

  // Only its simulation, which runs on one thread, has access to what follows.
  /// As its next process will have it.
  @usableFromInline @exclusivity(unchecked) var configuration: Configuration
  @usableFromInline let cell: NodeCell<N>
  @usableFromInline let timerCases: [N.Timer]
  @usableFromInline let fileCases: [N.File]
  @usableFromInline @exclusivity(unchecked) var choices: Choices
  @usableFromInline @exclusivity(unchecked) var barrier = SyncBarrier<N>()
  @usableFromInline @exclusivity(unchecked) var timers: [Timer]
  @usableFromInline @exclusivity(unchecked) var disk: Disk
  @usableFromInline @exclusivity(unchecked) var clock = NodeClock()
  @usableFromInline @exclusivity(unchecked) var draws: MachineDraws
  var diskFaults: [DiskFaultInForce] = []
  /// Whether a fault of the disk took the process down, so that its end starts it again.
  var isDownForDisk = false
  var damage = Damage.none
  /// Counts the processes that ran here; what belongs to an earlier one is void.
  @usableFromInline @exclusivity(unchecked) var incarnation: UInt32 = 0
  /// Whether a process was started that has not handled its first event.
  var isBooting = false
  @usableFromInline @exclusivity(unchecked) var isPaused = false
  /// What came while the process was paused, in order.
  @usableFromInline @exclusivity(unchecked) var held: Deque<Scheduled> = []
  /// How much was held back since the pause began.
  @usableFromInline @exclusivity(unchecked) var heldCount = 0
  @usableFromInline @exclusivity(unchecked) var pendingCrash: Crash?
  /// The ends of operations that a stalled disk puts off, with the times until which it does.
  var stalled: [Scheduled] = []
  /// Messages that came while no process ran, and storage operations that the last crash took.
  @usableFromInline @exclusivity(unchecked) var missed = 0
  /// Clients' requests that this process received and has not answered.
  @usableFromInline @exclusivity(unchecked) var requests: Set<RequestID> = []

  init(_ name: String, _ configuration: Configuration, _ settings: SimulationSettings) {
    let seed = settings.seed
    self.configuration = configuration
    cell = NodeCell(N(configuration), isUp: false)
    timerCases = Array(N.Timer.allCases)
    fileCases = Array(N.File.allCases)
    draws = MachineDraws(seed: seed, of: name)
    timers = timerCases.indices.map { [draws] in Timer(draws: draws.timers.child(UInt64($0))) }
    disk = Disk(fileCount: fileCases.count)
    choices = Choices(
      Stream.choices.draws(seed: seed, of: name),
      overrides: settings.choices[configuration.id] ?? [:])
    var clockDraws = Stream.clocks.draws(seed: seed, of: name)
    clock.setDrift(clockDraws.within(settings.drifts), at: 0)
    clock.setWall(offset: clockDraws.within(settings.wallOffsets), at: 0)
  }

  @inlinable
  var id: NodeID { configuration.id }

  @inlinable
  var isUp: Bool { cell.isUp }

  /// Whether the process is to stop once nothing of what it has begun waits for the disk any more.
  @usableFromInline var isStopping: Bool { pendingCrash == .shutdown }

  /// How it ends where it is to wait no longer: who has not stopped by then is killed.
  var crashOverdue: Crash? { isStopping ? .kill : pendingCrash }

  /// The place of a timer among the node's timers.
  @inlinable
  func place(_ timer: N.Timer) -> Int {
    let raw = Int(timer.rawValue)
    if raw < timerCases.count, timerCases[raw] == timer { return raw }
    return timerCases.firstIndex(of: timer) ?? 0
  }

  @inlinable
  func place(_ file: N.File) -> Int { fileCases.firstIndex(of: file) ?? 0 }

  /// Draws from another seed from now on.
  func reseed(_ name: String, _ seed: UInt64) {
    draws = MachineDraws(seed: seed, of: name)
    for place in timers.indices { timers[place].draws = draws.timers.child(UInt64(place)) }
    choices.redraw(from: Stream.choices.draws(seed: seed, of: name))
  }

  /// Ends the process: what lived in its memory is gone.
  func die() {
    cell.isUp = false
    incarnation += 1
    barrier = SyncBarrier()
    for place in timers.indices {
      timers[place].isArmed = false
      timers[place].queued = .max
      timers[place].generation &+= 1
    }
    isBooting = false
    isPaused = false
    heldCount = 0
    pendingCrash = nil
    requests.removeAll()
  }
}

/// A host's streams of chance.
@usableFromInline
struct MachineDraws: Sendable {
  @usableFromInline var disk: Draws
  @usableFromInline var service: Draws
  @usableFromInline var damage: Draws
  @usableFromInline var crash: Draws
  let affliction: Draws
  let timers: Draws

  init(seed: UInt64, of name: String) {
    disk = Stream.disks.draws(seed: seed, of: name)
    service = Stream.serviceLatencies.draws(seed: seed, of: name)
    damage = Stream.damage.draws(seed: seed, of: name)
    crash = Stream.crashes.draws(seed: seed, of: name)
    affliction = Stream.afflictions.draws(seed: seed, of: name)
    timers = Stream.timers.draws(seed: seed, of: name)
  }
}
