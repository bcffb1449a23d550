import Histories
import Nemeses
public import Values
public import Workloads

/// What a driver needs to know of the test that it drives.
public struct DriverSettings: Sendable {
  public var workload: any Workload
  /// Makes a client of the system, where that does not speak as the workload's own does.
  public var makeForeignClient: (@Sendable () -> any Client)?
  public var names: NodeNames
  public var concurrency: Int
  /// How long a client waits for a reply.
  public var timeout: Nanoseconds
  /// How long the final reads may take to settle.
  public var finalTimeLimit: Nanoseconds
  /// How soon a generator that has nothing now is asked again.
  public var pollInterval: Nanoseconds = .milliseconds(1)

  /// The progress that is demanded once the faults are over.
  public var liveness: Liveness?

  /// Faults that lie in wait, in place of a schedule.
  var ambushes: AmbushSchedule?

  /// What the choice of threads follows from.
  public var seed: UInt64

  public init(
    workload: any Workload, names: NodeNames, concurrency: Int, timeout: Nanoseconds,
    finalTimeLimit: Nanoseconds = .seconds(30),
    seed: UInt64 = 0
  ) {
    precondition(concurrency > 0, "a test needs a client thread, not \(concurrency)")
    self.workload = workload
    self.names = names
    self.concurrency = concurrency
    self.timeout = timeout
    self.finalTimeLimit = finalTimeLimit
    self.seed = seed
  }

  public var nodes: [NodeID] { names.nodes }

  /// A client of one thread.
  func makeClient() -> any Client { makeForeignClient?() ?? workload.makeClient() }
}
