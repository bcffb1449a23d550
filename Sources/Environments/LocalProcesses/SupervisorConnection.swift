import CProcess
import Glibc
import Processes
import Values

/// The controller's end of the supervisor.
final class SupervisorConnection {
  /// How long the supervisor may take to end all nodes.
  static let endTimeout: Nanoseconds = .seconds(5)

  private let process: pid_t
  private var channel: LineChannel

  /// Starts a supervisor that holds the nodes' ends of all channels.
  init(command: [String], channels: [NodeChannel]) throws {
    guard let path = command.first else {
      throw LocalProcessesError.supervisorNotStarted("no program was named")
    }
    let pair = try SocketPair()
    channel = LineChannel(descriptor: pair.ours)
    defer { close(pair.theirs) }

    let limit = SupervisorDescriptors.limit(nodeCount: channels.count)
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    var wanted: [(source: Int32, target: Int32)] = [
      (null, 0), (null, 1), (pair.theirs, SupervisorDescriptors.control),
    ]
    for (index, channel) in channels.enumerated() {
      for (stream, end) in channel.nodeEnds.enumerated() {
        wanted.append((end, SupervisorDescriptors.node(index, stream: Int32(stream))))
      }
    }
    // Copied beyond all targets, so that none is overwritten before it is handed on.
    let copies = wanted.map {
      (source: fcntl($0.source, F_DUPFD_CLOEXEC, limit), target: $0.target)
    }
    defer { for copy in copies { close(copy.source) } }
    guard copies.allSatisfy({ $0.source >= 0 }) else {
      close(pair.ours)
      throw SystemCallError("can't copy descriptors (raise the limit: ulimit -n)")
    }
    let program = Program(
      path: path, arguments: command, environment: inheritedEnvironment(), directory: nil)
    do throws(SpawnError) {
      process = try program.spawn(descriptors: copies, closingFrom: limit)
    } catch {
      close(pair.ours)
      throw LocalProcessesError.supervisorNotStarted(error.explanation(path))
    }
    for channel in channels { channel.closeNodeEnds() }
  }

  var descriptor: Int32 { channel.descriptor }

  /// - Returns: Whether the supervisor is still there.
  func send(_ command: SupervisorCommand) -> Bool { channel.send(command.words) }

  /// Reads what has come, waiting at most for `time`.
  ///
  /// - Returns: Nothing when the supervisor has ended.
  func receive(within time: Nanoseconds) -> [SupervisorNotice]? {
    guard process_await_readable(channel.descriptor, max(0, time)) > 0 else { return [] }
    guard let lines = channel.receive() else { return nil }
    return lines.compactMap { SupervisorNotice(words: $0) }
  }

  /// Ends the supervisor, and with it all nodes.
  func end() {
    close(channel.descriptor)
    let deadline = monotonicTime() + SupervisorConnection.endTimeout
    while waitpid(process, nil, WNOHANG) == 0 {
      if monotonicTime() > deadline { kill(process, SIGKILL) }
      usleep(500)
    }
  }
}
