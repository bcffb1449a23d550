public import Environments
public import Values

/// What a host needs to know to run one node of a system: everything literal.
///
/// The order of things: ``files`` are installed; before the first start ``prepare`` runs, command by
/// command; ``start`` is run now and after each kill; all paths are absolute.
public struct ResolvedNode: Hashable, Sendable {
  /// A file to install.
  public struct File: Hashable, Sendable {
    /// Under the node's folder.
    public var path: String
    public var content: String
    /// Permissions: 0o644.
    public var mode: Int

    public init(path: String, content: String, mode: Int = 0o644) {
      self.path = path
      self.content = content
      self.mode = mode
    }
  }

  /// A command: never for a shell; each word reaches the program as it is.
  public struct Command: Hashable, Sendable {
    /// The program, a name for PATH or an absolute path, and its arguments; never empty.
    public var words: [String]
    /// Whose rights it has; nothing for the controller's own.
    public var user: String?
    /// Its working directory; the node's folder where the manifest says nothing.
    public var directory: String
    /// What is set beside the host's own environment.
    public var environment: [String: String]
    /// The most files that it may have open, where the manifest limits it.
    public var openFiles: Int?

    public init(
      words: [String], user: String? = nil, directory: String,
      environment: [String: String] = [:], openFiles: Int? = nil
    ) {
      self.words = words
      self.user = user
      self.directory = directory
      self.environment = environment
      self.openFiles = openFiles
    }
  }

  /// A probe with the time that it may take until it says yes.
  public struct Ready: Hashable, Sendable {
    public var probe: Probe
    public var limit: Nanoseconds

    public init(probe: Probe, limit: Nanoseconds = .seconds(30)) {
      self.probe = probe
      self.limit = limit
    }
  }

  public var endpoint: Endpoint
  /// The node's own folder.
  public var home: String
  /// The folder that survives kills, under the node's; it is there, and empty, when `prepare` runs.
  public var data: String
  public var files: [File]
  public var prepare: [Command]
  public var start: Command
  public var stop: SystemManifest.Stop
  /// Log files beside what the program prints, under the node's folder.
  public var logs: [String]
  public var ready: Ready?
  /// Whether the node takes itself for the leader.
  public var leader: Probe?

  public init(
    endpoint: Endpoint, home: String, data: String, files: [File] = [], prepare: [Command] = [],
    start: Command, stop: SystemManifest.Stop = .init(), logs: [String] = [],
    ready: Ready? = nil, leader: Probe? = nil
  ) {
    self.endpoint = endpoint
    self.home = home
    self.data = data
    self.files = files
    self.prepare = prepare
    self.start = start
    self.stop = stop
    self.logs = logs
    self.ready = ready
    self.leader = leader
  }
}
