import CProcess
import Glibc
import Processes
import Values

/// Stands between a connection's standard streams and the agent of a machine that outlives it.
///
/// Starts the agent, as process 1 of PID and mount namespaces where it may, and hands on what it and the
/// controller tell each other. When the streams end, however they do, the agent ends, and all that
/// it has started with it; what it could not undo, for it was killed, the relay undoes. What is left then
/// are files. What owners have left whose relays were killed, too, is removed before.
///
/// - Parameter directory: The run's, on this machine.
/// - Returns: The status to exit with.
public func runRelay(in directory: String?) -> Int32 {
  for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { Glibc.signal(signal, SIG_IGN) }
  umask(0o022)
  // What an agent leaves that does not come to its end is ours to end.
  _ = process_become_subreaper()
  Leftovers.sweep()
  do {
    let relay = try Relay(directory.map(RunDirectory.init))
    relay.serve()
    return 0
  } catch {
    let bytes = Array("shrike: \(error)\n".utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
    return 70
  }
}

private final class Relay {
  /// Without a word from its controller for so many seconds an agent ends.
  ///
  /// A controller whose machine has lost its power says no good-bye. It is longer than packages take
  /// to be installed.
  private static let silenceMax = 900
  /// How long an agent may take to end.
  private static let patience: Nanoseconds = .seconds(5)

  private let owner = Owner.new()
  private let directory: RunDirectory?
  private let socket: Int32
  private let agent: pid_t
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)

  init(_ directory: RunDirectory?) throws {
    self.directory = directory
    try directory?.claim(owner)
    setenv(Leftovers.variable, "\(owner)", 1)
    let pair = try SocketPair()
    defer { close(pair.theirs) }
    socket = pair.ours
    var settings = AgentSettings()
    settings.groupName = "\(owner)"
    settings.silenceMax = Relay.silenceMax
    settings.isolation = geteuid() == 0 ? .processes : .none
    agent = try Relay.launch(settings, pair.theirs)
  }

  /// Starts the agent, without namespaces where root may not make any, as in a container.
  private static func launch(_ settings: AgentSettings, _ socket: Int32) throws -> pid_t {
    var settings = settings
    do {
      return try AgentConnection.start("/proc/self/exe", settings, sockets: [socket])
    } catch let error as SpawnError {
      guard settings.isIsolated, error.forbidsNamespaces else {
        throw AgentConnection.notStarted("/proc/self/exe", error)
      }
    }
    settings.isolation = .none
    return try AgentConnection.launch("/proc/self/exe", settings, sockets: [socket])
  }

  /// Hands on until one side has ended, and ends the other.
  func serve() {
    var watched = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
    ]
    let interval = Int32(RunDirectory.interval / .milliseconds(1))
    var touched = monotonicTime()
    while poll(&watched, nfds_t(watched.count), interval) >= 0 || errno == EINTR {
      if monotonicTime() - touched >= RunDirectory.interval {
        directory?.touch()
        touched = monotonicTime()
      }
      if watched[0].revents != 0, !pass(STDIN_FILENO, to: socket) { break }
      if watched[1].revents != 0, !pass(socket, to: STDOUT_FILENO) { break }
    }
    // What is frozen can't be ended.
    ControlGroups.thaw("\(owner)")
    // In both directions: an agent that waits for us to read must hear of it, too.
    shutdown(socket, Int32(SHUT_RDWR))
    let deadline = monotonicTime() + Relay.patience
    while waitpid(agent, nil, WNOHANG) == 0 {
      if monotonicTime() > deadline { kill(agent, SIGKILL) }
      usleep(1_000)
    }
    endDescendants()
    Farewell(of: "\(owner)").say()
    Leftovers.sweepPackets()
    ControlGroups.remove("\(owner)")
    directory?.touch()
  }

  /// Hands on what there is.
  ///
  /// - Returns: Whether there may be more.
  private func pass(_ source: Int32, to target: Int32) -> Bool {
    let count = read(source, &chunk, chunk.count)
    if count < 0 { return errno == EINTR || errno == EAGAIN }
    var sent = 0
    while sent < count {
      let written = chunk.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[sent..<count])
        return write(target, rest.baseAddress, rest.count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      sent += written
    }
    return count > 0
  }
}

extension SpawnError {
  /// Whether namespaces can't be had here, whatever they are wanted for.
  package var forbidsNamespaces: Bool {
    // The last where as many as may be are there already, and where none may be.
    [EPERM, EINVAL, ENOSYS, ENOSPC].contains(number)
  }
}
