public import Histories
public import Values

/// What a generator knows of the world when it is asked.
///
/// Threads 0 ..< *concurrency* are the clients', thread *concurrency* is the nemesis's.
public struct GeneratorContext: Sendable {
  public var time: Nanoseconds
  /// The threads that the asked generator may use.
  public var threads: ThreadSet
  /// Those of all threads that wait for work.
  public var idle: ThreadSet
  /// How many client threads there are.
  public let concurrency: Int
  /// The process that each client thread plays now.
  public var processes: [Int]
  /// Changes with every operation, so that threads are chosen fairly.
  public var turn: UInt64

  public init(concurrency: Int, time: Nanoseconds = 0, turn: UInt64 = 0) {
    self.time = time
    threads = ThreadSet(0..<concurrency + 1)
    idle = threads
    self.concurrency = concurrency
    processes = Array(0..<concurrency)
    self.turn = turn
  }

  /// The nemesis's thread.
  public var nemesis: Int { concurrency }

  /// The threads that may be used and wait for work.
  public var free: ThreadSet { threads.intersection(idle) }

  /// Whether a thread that may be used waits for work.
  public var hasFreeThread: Bool { threads.intersects(idle) }

  /// One of the free threads, chosen by the context's turn.
  public var chosenThread: Int {
    let free = free
    let count = free.count
    precondition(count > 0, "an operation was offered while no thread was free")
    let place = mixed(turn).multipliedFullWidth(by: UInt64(count)).high
    return free.element(at: Int(place))
  }

  public func process(of thread: Int) -> Process {
    thread == nemesis ? .nemesis : .client(processes[thread])
  }

  /// The same world, seen by a generator that may use only these threads.
  public func restricted(to allowed: ThreadSet) -> GeneratorContext {
    var context = self
    context.threads = threads.intersection(allowed)
    return context
  }

  /// Whether all threads that may be used wait for work.
  public var isIdle: Bool { threads.isSubset(of: idle) }

  /// Draws for a choice between generators, by the context's turn.
  var tieBreaker: Draws { Draws(seed: turn, stream: 1) }

  /// The same world for those that such a choice was between, whose own choices, of a thread or of
  /// their children, must not follow from it.
  var belowChoice: GeneratorContext {
    var context = self
    context.turn = mixed(turn ^ 0x6a09_e667_f3bc_c908)
    return context
  }
}
