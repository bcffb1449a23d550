public import Values

/// A system under test, as a YAML file says it: what to install, what each node runs, and what it
/// promises.
///
/// A manifest is read and validated once; ``resolved(for:in:)`` then gives everything literal for a
/// node of a cluster. No part of it is ever handed to a shell.
public struct SystemManifest: Hashable, Sendable {
  /// What it is called on the command line.
  public var name: String
  public var summary: String
  /// Debian packages that bring the programs, installed when one of those is missing.
  public var packages: [String] = []
  /// What must be there to run it: names that are looked for in PATH, or absolute paths.
  public var programs: [String] = []
  /// How many nodes a cluster has where nobody says.
  public var nodeCount = 3
  /// How many nodes it can have; nothing where any number will do.
  public var nodeCountMax: Int?
  /// The ports on which each node listens, by what they are for, in the order of the file.
  public var ports: [Port] = []
  public var options: [Option] = []
  var files: [FileTemplate] = []
  var prepare: [CommandTemplate] = []
  var start: StartTemplate
  public var stop = Stop()
  var data: Template
  var logs: [Template] = []
  var ready: ProbeTemplate?
  var leader: ProbeTemplate?
  /// The nemeses under which it keeps its promises, in the words of `--nemesis`.
  public var survives: [String] = []
  /// The workloads that it answers.
  public var workloads: [Workload] = []
  public var client: Client
  /// Its faults that others have found before.
  public var known: [KnownFault] = []

  /// A port that each node listens on.
  public struct Port: Hashable, Sendable {
    public var name: String
    public var number: Int
  }

  /// One of the system's own options, as in `--option name=value`.
  public struct Option: Hashable, Sendable {
    public var name: String
    /// The value where none is given.
    public var standard: String
    public var summary = ""
    /// All values that there are, where they are names.
    public var choices: [String] = []
  }

  /// How a node is ended in order.
  public struct Stop: Hashable, Sendable {
    public var signal = Signal.terminate
    /// How long it may take before it is killed.
    public var patience: Nanoseconds = .seconds(5)

    public init(signal: Signal = .terminate, patience: Nanoseconds = .seconds(5)) {
      self.signal = signal
      self.patience = patience
    }

    /// The signals that ask a program to end.
    public enum Signal: String, Hashable, Sendable, CaseIterable {
      case hangUp = "HUP"
      case interrupt = "INT"
      case quit = "QUIT"
      case kill = "KILL"
      case user1 = "USR1"
      case user2 = "USR2"
      case terminate = "TERM"

      /// Linux's number of it.
      public var number: Int32 {
        switch self {
        case .hangUp: 1
        case .interrupt: 2
        case .quit: 3
        case .kill: 9
        case .user1: 10
        case .user2: 12
        case .terminate: 15
        }
      }
    }
  }

  /// A workload that the system answers, and what it promises there.
  public struct Workload: Hashable, Sendable {
    public var name: String
    /// What clients may rely on, for people.
    public var promise = ""
    /// The consistency models that it promises, where the workload is judged by such.
    public var consistency: [String] = []
    /// The values of the system's options in this workload, unless the user says otherwise.
    public var options: [String: String] = [:]
  }

  /// Who turns operations into what the system understands.
  public enum Client: Hashable, Sendable {
    /// Maelstrom's messages in frames over TCP, to the port of this name.
    case maelstrom(port: String)
    /// etcd's HTTP gateway, on the port of this name.
    case etcd(port: String)
    /// Commands of Redis, to the port of this name.
    case redis(port: String)
    /// Operations as JSON by POST, to a path on the port of this name.
    case http(port: String, path: String)
    /// A program of the controller's side that reads operations as JSON lines; see
    /// ``SystemManifest/clientCommand(for:in:)``.
    case program
  }

  /// Whether it tells who leads.
  public var tellsLeader: Bool { leader != nil }

  /// Whether its nodes speak as the bundled ones, which tell who leads when they are asked.
  public var speaksAsBundled: Bool { if case .maelstrom = client { true } else { false } }

  /// The command of a client that is a program.
  var clientProgram: CommandTemplate?

  /// A fault of the system that others have found before, so that it is named and not wondered at.
  public struct KnownFault: Hashable, Sendable {
    /// The type of the anomaly, as verdicts have it.
    public var anomaly: String
    /// Which versions have it, for people.
    public var versions: String
    /// Where it is told of.
    public var source: String
  }
}

// MARK: - What is filled in for each node

extension SystemManifest {
  /// A command: its program and arguments.
  struct CommandTemplate: Hashable, Sendable {
    var words: [Template]
  }

  struct FileTemplate: Hashable, Sendable {
    var path: Template
    var content: Template
    var mode: Int
  }

  struct StartTemplate: Hashable, Sendable {
    var command: CommandTemplate
    var user: String?
    var directory: Template?
    /// In the order of the file.
    var environment: [EnvironmentEntry] = []
    var openFiles: Int?
  }

  struct EnvironmentEntry: Hashable, Sendable {
    var name: String
    var value: Template
  }

  struct ProbeTemplate: Hashable, Sendable {
    var question: Question
    /// How long a node may take until it is so.
    var limit: Nanoseconds

    enum Question: Hashable, Sendable {
      case port(String)
      case http(port: String, path: Template, body: Template?, Condition)
      case command(CommandTemplate)
    }

    enum Condition: Hashable, Sendable {
      case answered
      case contains(Template)
      case equal(String, String)
      case field(String, Value)
    }
  }
}
