import Environments
import Glibc
import Nodes
import Processes
import Values

/// One node as the controller sees it: its host, and its process there.
final class HostedProcess {
  let node: NodeID
  let system: HostedNode
  let host: Host
  /// The file of this machine that gets the lines which it tells.
  private let logPath: String

  /// The process, while one runs.
  var task: TaskID?
  /// Its number on its host, as long as there is a task.
  private(set) var pid: pid_t = 0
  var isPaused = false
  /// What was done to end it, if anything was.
  var expectedEnd: ExpectedEnd?
  /// How often the limit of its memory had killed when its process was started.
  var memoryStrikes = 0
  /// The `cgroup.procs` files of the control groups that its processes join.
  var groups: [String] = []
  /// Whether its host can freeze it.
  var hasFreezer = false
  /// Whether its last process was killed by a limit of a fault's.
  var wasKilledByLimit = false
  /// How its last process ended, or why none was started.
  var lastStatus: String?
  /// Whether its transport reaches it.
  var isReachable = false
  var whyUnreachable: String
  var role: String?
  /// When it was restarted, until it answers.
  var restarted: Nanoseconds?
  private let logDescriptor: Int32

  /// What can end a process by the harness's will.
  enum ExpectedEnd {
    case kill
    /// It was asked, and ends as it likes.
    case stop

    func allows(_ status: ExitStatus) -> Bool {
      switch self {
      case .kill: status == .signalled(number: SIGKILL)
      case .stop: true
      }
    }
  }

  static let tailCount = 16

  init(node: NodeID, system: HostedNode, host: Host, logPath: String) throws {
    self.node = node
    self.system = system
    self.host = host
    self.logPath = logPath
    whyUnreachable = system.ready?.isNotSo ?? "it can't be reached"
    logDescriptor = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard logDescriptor >= 0 else { throw SystemCallError("can't write \(logPath)") }
  }

  deinit { close(logDescriptor) }

  var homeOnHost: String { host.home }

  var isRunning: Bool { task != nil }

  /// Whether it takes itself for one that leads.
  var leads: Bool { role == "leader" || role == "primary" }

  /// Keeps a line that the node's process printed.
  func log(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(logDescriptor, bytes, bytes.count)
  }

  /// The last that it printed.
  var lastLines: [String] {
    let count = 8 << 10
    let text =
      system.isBundled
      ? String(decoding: lastBytes(count, ofFile: logPath) ?? [], as: UTF8.self)
      : (try? host.agent.tail(host.log, count)) ?? ""
    return text.split(separator: "\n").suffix(HostedProcess.tailCount).map(String.init)
  }

  /// What is executed, in which surroundings.
  ///
  func taskOnHost() throws(HostError) -> HostTask {
    guard let name = system.command.first else { throw .noTool("") }
    var task = HostTask(
      Program(
        path: name, arguments: system.command, environment: environment,
        directory: system.directory ?? homeOnHost))
    task.user = system.user
    task.openFiles = system.openFiles
    task.groups = groups
    task.pidFile = "\(homeOnHost)/pid"
    task.isWatched = true
    // Marks are heeded as they come; others' output goes to their log without passing through here.
    task.output = system.isBundled ? .lines : .file(host.log)
    return task
  }

  /// The variables that it gets beside the agent's, as `NAME=value`.
  var environment: [String] {
    var added = system.environment
    added["SHRIKE_DATA"] = "\(homeOnHost)/data"
    return added.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  func begin(_ started: (id: TaskID, process: pid_t)) {
    task = started.id
    pid = started.process
    isPaused = false
    expectedEnd = nil
    wasKilledByLimit = false
    lastStatus = nil
  }

  func end(_ status: String) {
    task = nil
    isPaused = false
    lastStatus = status
    restarted = nil
    isReachable = false
    role = nil
  }
}
