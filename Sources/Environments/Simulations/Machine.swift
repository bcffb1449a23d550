public import DequeModule
public import Nodes
public import Values

/// One simulated host: a node, its timers, its disk, its clocks, and what waits for it.
@usableFromInline
final class Machine<N: Node> {
  @usableFromInline
  struct Timer: Sendable {
    /// Which setting of the timer is the current one; events of others are void.
    @usableFromInline var generation: UInt32 = 0
    @usableFromInline var isArmed = false
    /// When it is due, in the simulation's time.
    @usableFromInline var due: Nanoseconds = 0

    @inlinable
    init() {}
  }

  /// How the process is to end at its next event.
  @usableFromInline
  enum Crash: Sendable {
    case kill
    case powerLoss
  }

  @usableFromInline let configuration: Configuration
  @usableFromInline let cell: NodeCell<N>
  @usableFromInline var barrier = SyncBarrier<N>()
  @usableFromInline var timers: [Timer]
  @usableFromInline var disk: Disk
  @usableFromInline var clock = NodeClock()
  @usableFromInline var choices: Choices
  @usableFromInline var timerDraws: Draws
  @usableFromInline var diskDraws: Draws
  /// Counts the processes that ran here; what belongs to an earlier one is void.
  @usableFromInline var incarnation: UInt32 = 0
  @usableFromInline var isPaused = false
  /// What came while the process was paused, in order.
  @usableFromInline var held: Deque<Scheduled> = []
  @usableFromInline var pendingCrash: Crash?
  /// Clients' requests that this process received and has not answered.
  @usableFromInline var requests: Set<RequestID> = []

  @usableFromInline
  init(_ configuration: Configuration, choices: Choices, timerDraws: Draws, diskDraws: Draws) {
    self.configuration = configuration
    self.choices = choices
    self.timerDraws = timerDraws
    self.diskDraws = diskDraws
    cell = NodeCell(N(configuration), isUp: false)
    timers = N.Timer.allCases.map { _ in Timer() }
    disk = Disk(fileCount: N.File.allCases.count)
  }

  @inlinable
  var isUp: Bool { cell.isUp }

  /// The place of a timer among the node's timers.
  @inlinable
  static func place(_ timer: N.Timer) -> Int {
    let raw = Int(timer.rawValue)
    let all = N.Timer.allCases
    if raw < all.count, all[all.index(all.startIndex, offsetBy: raw)] == timer { return raw }
    return all.distance(from: all.startIndex, to: all.firstIndex(of: timer) ?? all.startIndex)
  }

  @inlinable
  static func timer(at place: Int) -> N.Timer {
    N.Timer.allCases[N.Timer.allCases.index(N.Timer.allCases.startIndex, offsetBy: place)]
  }

  @inlinable
  static func place(_ file: N.File) -> Int {
    var place = 0
    for other in N.File.allCases {
      if other == file { return place }
      place += 1
    }
    return 0
  }

  /// Ends the process: what lived in its memory is gone.
  @usableFromInline
  func die() {
    cell.isUp = false
    incarnation += 1
    barrier = SyncBarrier()
    for place in timers.indices {
      timers[place].isArmed = false
      timers[place].generation &+= 1
    }
    isPaused = false
    pendingCrash = nil
    requests.removeAll()
  }
}
