import Algorithms
import Environments
import LocalProcesses
import SystemPackage
import Systems
public import Values

/// A test of a system whose nodes are processes of this machine.
public struct LocalRun {
  private let test: Test
  private let settings: LocalSettings

  /// What a local run needs beside its plan.
  public struct Surroundings: Sendable {
    /// The folder that keeps the nodes' logs and data, and the messages where they are logged.
    public var folder: RunFolder
    /// Shrike's own executable, which supervises nodes and is one.
    public var executable: String
    public var echoesStandardError = false
    public var logsSentMessages = false
    public var logsDeliveredMessages = false

    public init(folder: RunFolder, executable: String) {
      self.folder = folder
      self.executable = executable
    }
  }

  /// - Throws: When the plan names something that does not exist or asks for what can't be.
  public init(_ plan: Plan, _ surroundings: Surroundings) throws {
    test = try Test(plan)
    let nodes = surroundings.folder.nodes.string
    var settings = LocalSettings(
      names: test.names, command: try plan.command(surroundings.executable),
      dataDirectory: surroundings.folder.data.string)
    settings.supervisor = [surroundings.executable, "supervise"]
    settings.logDirectory = nodes
    settings.clockRecord = surroundings.folder.clocks.string
    settings.seed = plan.seed
    settings.echoesStandardError = surroundings.echoesStandardError
    if surroundings.logsSentMessages || surroundings.logsDeliveredMessages {
      settings.messageLog = MessageLogSettings(
        path: surroundings.folder.messages.string, recordsSent: surroundings.logsSentMessages,
        recordsDelivered: surroundings.logsDeliveredMessages)
    }
    guard
      let latency = Latency(distribution: plan.latencyDistribution, mean: plan.latency ?? 0)
    else { throw PlanError.latencyDistribution(plan.latencyDistribution) }
    settings.latency = latency
    settings.isCompatible = plan.isCompatible
    self.settings = settings
  }

  /// Refuses what can't be done on this machine's processes, before anything is made.
  public func check() throws { try test.check(against: LocalProcesses(settings)) }

  /// Runs to the end, in real time.
  public func run(
    journal: any RunJournal, interrupted: @escaping @Sendable () -> Bool,
    watch: @escaping (Progress, Nanoseconds) -> Void
  ) throws -> Outcome {
    try test.run(
      in: LocalProcesses(settings), journal: journal, interrupted: interrupted, watch: watch)
  }
}

extension Plan {
  /// What each node executes.
  fileprivate func command(_ executable: String) throws -> NodeCommand {
    if let binary { return NodeCommand(binary, arguments) }
    let system = try bundledSystem
    var words = ["node", system.description.name]
    for bug in bugs { words += ["--bug", bug] }
    for (option, value) in options.sorted(by: { $0.key < $1.key }) {
      words += ["--option", "\(option)=\(value)"]
    }
    return NodeCommand(executable, words, isBundled: true)
  }
}
