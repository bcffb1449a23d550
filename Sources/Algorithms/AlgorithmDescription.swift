public import Nodes
import Values

/// A bundled system: a node that says of itself what people need to know to run it.
public protocol Algorithm: Node {
  static var description: AlgorithmDescription { get }

  /// The system's promises, each with an empty memory.
  static func invariants() -> [any Invariant<Self>]
}

extension Algorithm {
  public static func invariants() -> [any Invariant<Self>] { [] }
}

/// What a bundled system is and how it can be run.
public struct AlgorithmDescription: Hashable, Sendable {
  /// What it is called on the command line.
  public var name: String
  public var summary: String
  /// What clients may rely on.
  public var promise: String
  /// What the world has to be like for that.
  public var assumptions: String
  /// Where the algorithm comes from.
  public var paper: String
  public var options: [AlgorithmOption]
  /// The bugs that `--bug` can switch on.
  public var bugs: [PlantedBug]
  /// The workloads that it answers, by name.
  public var workloads: [String]
  /// The nemeses under which it keeps its promise, in the words of `--nemesis`; what they name is the
  /// most that a fault plan may do.
  public var survives: [String]
  /// The `sometimes` marks that a thorough campaign reaches.
  public var marks: [String]
  /// Who must be up and connected for the system to make progress.
  public var quorum: Quorum
  /// What is special about each version of the code, oldest first, where there is more than one; a
  /// cluster may have nodes of several.
  public var versions: [String]
  /// The types of the messages that nodes send each other.
  public var messageTypes: [String]

  /// How many versions of the code there are.
  public var versionCount: Int { max(1, versions.count) }

  private static let networkFaults = [
    "partition", "delay", "loss", "duplicate", "reorder", "corrupt", "rate", "clog",
  ]
  private static let processFaults = ["kill", "kill:stop", "pause", "clock"]
  /// None of them takes what a sync has made durable, and what is torn shows that it is.
  private static let harmlessDiskFaults = [
    "disk:power-loss", "disk:torn:random", "disk:sync-error", "disk:full", "disk:read-only",
    "disk:stall",
  ]

  /// What a system survives that acts only on what it has made durable.
  public static let allButLostData = networkFaults + processFaults + harmlessDiskFaults

  /// The same for a system that is one node, of which no link can be broken.
  public static let allButLostDataAlone = processFaults + harmlessDiskFaults

  /// What a system survives that keeps nothing on its disk.
  public static let everything =
    allButLostData + [
      "disk:reorder:random", "disk:lost-sync:random", "disk:corrupt:random",
      "disk:misdirect:random", "disk:stale:random", "disk:wipe:random",
    ]

  public init(
    name: String, summary: String, promise: String, assumptions: String, paper: String,
    options: [AlgorithmOption] = [], bugs: [PlantedBug] = [], workloads: [String],
    survives: [String] = AlgorithmDescription.allButLostData, marks: [String] = [],
    quorum: Quorum = .one, versions: [String] = [], messageTypes: [String] = []
  ) {
    self.name = name
    self.summary = summary
    self.promise = promise
    self.assumptions = assumptions
    self.paper = paper
    self.options = options
    self.bugs = bugs
    self.workloads = workloads
    self.survives = survives
    self.marks = marks
    self.quorum = quorum
    self.versions = versions
    self.messageTypes = messageTypes
  }
}

/// How many nodes a system needs to make progress.
public enum Quorum: String, Hashable, Sendable {
  case one
  case majority
  case all

  /// The number of nodes of a cluster that is enough.
  public func count(of nodeCount: Int) -> Int {
    switch self {
    case .one: min(1, nodeCount)
    case .majority: nodeCount / 2 + 1
    case .all: nodeCount
    }
  }
}

/// One of a system's own options, as in `--option name=value`.
public struct AlgorithmOption: Hashable, Sendable {
  public var name: String
  /// The value where none is given, as people write it.
  public var standard: String
  public var summary: String
  /// Other values under which the system keeps its promise, for runs that draw their configuration.
  public var variants: [String]
  /// All values that there are, where they are names.
  public var choices: [String]

  public init(
    _ name: String, standard: String, variants: [String] = [], choices: [String] = [],
    _ summary: String
  ) {
    self.name = name
    self.standard = standard
    self.variants = variants
    self.choices = choices
    self.summary = summary
  }

  /// The option's value in a configuration, or the standard one where it was not given.
  func text(in configuration: Configuration) -> String {
    configuration.options[name] ?? standard
  }

  /// The option as a duration; one that can't be read counts as not given.
  func duration(in configuration: Configuration) -> Nanoseconds {
    configuration.duration(name, or: Nanoseconds(duration: standard) ?? 0)
  }

  /// The option as a positive number; one that can't be read counts as not given.
  func count(in configuration: Configuration) -> Int {
    guard let count = configuration.options[name].flatMap({ Int($0) }), count > 0 else {
      return Int(standard) ?? 1
    }
    return count
  }

  /// The option as a switch: given alone it is `true`.
  func isOn(in configuration: Configuration) -> Bool { text(in: configuration) == "true" }
}

extension Reply {
  /// The answer to a request that a system does not know.
  static let notSupported = Reply.failed(ErrorReply(.notSupported, "no such request here"))
}
