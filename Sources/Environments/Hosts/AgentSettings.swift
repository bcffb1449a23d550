import CProcess
import Glibc
import Processes

/// What an agent is told on its command line: what its host is like.
public struct AgentSettings: Hashable, Sendable {
  /// What an agent and all that it starts have for themselves.
  public enum Isolation: String, Sendable {
    case none
    /// It is process 1 of PID, mount and IPC namespaces.
    case processes
    /// The same, and of network and UTS namespaces.
    case host
  }

  public var isolation = Isolation.none
  /// The host's name, where it is isolated.
  public var hostName: String?
  /// A file that takes the place of `/etc/hosts`.
  public var hostsFile: String?
  /// A directory that appears on the host at ``homeTarget``.
  public var home: String?
  /// A directory to be made in an empty one of the machine's, which the host sees another in.
  public var homeTarget: String?
  /// How many hosts' control sockets it holds, which follow its own.
  public var hostCount = 0
  /// The name of the control groups that its programs join; nothing for none.
  public var groupName: String?
  /// After how many seconds without a word its controller counts as gone; nothing for never.
  public var silenceMax: Int?

  public init() {}

  /// Whether nothing of what it does to its host outlasts its namespaces.
  var isAlone: Bool { isolation == .host || groupName == nil }

  /// What is to be undone at its end.
  var farewell: Farewell? { isAlone ? nil : groupName.map { Farewell(of: $0) } }

  /// Whether the kernel ends with the agent all that it has started.
  var isIsolated: Bool { isolation != .none }

  /// Where a host's home can appear without hiding anything: in an empty directory of the machine's.
  public static var freeHomeTarget: String? {
    ["/mnt", "/srv", "/media"].first(where: isEmpty).map { "\($0)/shrike" }
  }

  private static func isEmpty(_ path: String) -> Bool {
    access(path, R_OK | X_OK) == 0 && directoryEntries(path).isEmpty
  }

  /// Makes the namespaces that this process is the first in into a host.
  ///
  /// - Returns: What could not be done, and why.
  func furnish() -> String? {
    guard isIsolated else { return nil }
    func failure(_ what: String, _ error: Int32) -> String? {
      error == 0 ? nil : "can't \(what): \(String(cString: strerror(error)))"
    }
    // Opened while the machine's own tree can be seen.
    let homeDescriptor = home.map { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    defer { if let homeDescriptor, homeDescriptor >= 0 { close(homeDescriptor) } }
    if let text = failure("keep mounts apart", process_make_mounts_private()) { return text }
    if let text = failure("mount /proc", process_mount_processes()) { return text }
    if let hostName, let text = failure("set the host's name", process_set_host_name(hostName)) {
      return text
    }
    if let hostsFile,
      let text = failure("mount /etc/hosts", process_mount_bind(hostsFile, "/etc/hosts"))
    {
      return text
    }
    guard let homeDescriptor, let target = homeTarget else { return nil }
    return failure("mount \(target)", mountHome(homeDescriptor, on: target))
  }

  private func mountHome(_ descriptor: Int32, on target: String) -> Int32 {
    guard descriptor >= 0 else { return ENOENT }
    let parent = target[..<(target.lastIndex(of: "/") ?? target.endIndex)]
    let error = process_mount_memory(String(parent))
    guard error == 0 else { return error }
    guard mkdir(target, 0o755) == 0 else { return errno }
    return process_mount_bind("/proc/self/fd/\(descriptor)", target)
  }
}

extension AgentSettings {
  /// The settings as command lines have them, behind `shrike agent`.
  public var arguments: [String] {
    var words: [String] = []
    if isIsolated { words += ["--isolation", isolation.rawValue] }
    if let hostName { words += ["--host-name", hostName] }
    if let hostsFile { words += ["--hosts-file", hostsFile] }
    if let home { words += ["--home", home] }
    if let homeTarget { words += ["--home-target", homeTarget] }
    if hostCount > 0 { words += ["--host-count", "\(hostCount)"] }
    if let groupName { words += ["--group-name", groupName] }
    if let silenceMax { words += ["--silence-max", "\(silenceMax)"] }
    return words
  }

  /// Reads such arguments; nothing where they are none.
  public init?(arguments: [String]) {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      switch word {
      case "--isolation":
        guard let isolation = Isolation(rawValue: value) else { return nil }
        self.isolation = isolation
      case "--group-name": groupName = value
      case "--silence-max": silenceMax = Int(value)
      case "--host-name": hostName = value
      case "--hosts-file": hostsFile = value
      case "--home": home = value
      case "--home-target": homeTarget = value
      case "--host-count": hostCount = Int(value) ?? 0
      default: return nil
      }
    }
  }
}
