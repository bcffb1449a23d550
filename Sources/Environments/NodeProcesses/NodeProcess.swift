import CProcess
import Glibc
public import Nodes
import Values

/// Is one node, in the Maelstrom protocol on standard input and output, until the input ends.
///
/// All lines that are available are handled before anything is synced or printed, so that one sync
/// and one write serve many messages. Marks and logs go to standard error.
///
/// - Returns: The status to exit with: 0 at the end of the input, 1 when the node can't go on; then
///   the last line of standard error says why.
public func runNode<N: Node>(_: N.Type, _ settings: NodeProcessSettings) -> Int32 {
  signal(SIGPIPE, SIG_IGN)
  return NodeProcess<N>(settings.completedByEnvironment()).run()
}

private final class NodeProcess<N: Node> {
  private let settings: NodeProcessSettings
  private var host: NodeHost<N>?
  private var lines = LineReader()
  /// What came before `init`.
  private var early: [[UInt8]] = []
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)

  init(_ settings: NodeProcessSettings) {
    self.settings = settings
    // A request to end comes between batches only, when all that was handled is synced and answered.
    _ = process_defer_signal(SIGTERM)
  }

  func run() -> Int32 {
    while true {
      let hasInput = waitForInput()
      if hasInput, !readInput() { return endBatch() ? 0 : 1 }
      host?.fireTimers()
      guard endBatch() else { return 1 }
    }
  }

  /// - Returns: Whether input came before the next timer was due.
  private func waitForInput() -> Bool {
    let time = host?.nextTimer.map { max(0, $0 - clock(CLOCK_MONOTONIC)) }
    return process_await_readable_or_signal(STDIN_FILENO, time ?? -1, SIGTERM) > 0
  }

  /// - Returns: Whether the input goes on.
  private func readInput() -> Bool {
    let count = read(STDIN_FILENO, &chunk, chunk.count)
    if count < 0 { return errno == EINTR || errno == EAGAIN }
    guard count > 0 else { return false }
    chunk.withUnsafeBytes { bytes in
      lines.take(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { receive($0) }
    }
    return true
  }

  private func receive(_ line: UnsafeRawBufferPointer) {
    if let host { return host.receive(line) }
    guard let host = initialized(by: line) else { return early.append(Array(line)) }
    self.host = host
    for line in early { line.withUnsafeBytes { host.receive($0) } }
    early = []
  }

  /// The node that `line` brings into being, if it is an `init`.
  private func initialized(by line: UnsafeRawBufferPointer) -> NodeHost<N>? {
    guard let envelope = Envelope(line: line), let client = envelope.source.string else {
      return nil
    }
    let body = envelope.body.value
    guard body["type"] == "init", let name = body["node_id"]?.name,
      let members = body["node_ids"]?.elements
    else { return nil }
    let names = NodeNames(members.compactMap(\.name))
    guard let id = names[name] else { return nil }
    let host = NodeHost<N>(settings, node: id, names: names)
    host.start()
    host.acknowledgeInit(from: client, body["msg_id"] ?? .null)
    return host
  }

  /// - Returns: Whether the node can go on.
  private func endBatch() -> Bool {
    guard let host else { return true }
    host.settle()
    if let failure = host.failure { host.write(log: "the node stops: \(failure)") }
    let isHeard = write(host.output, to: STDOUT_FILENO)
    _ = write(host.log, to: STDERR_FILENO)
    host.clearOutput()
    return host.failure == nil && isHeard
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        return Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }
}

/// The time that a clock of the operating system shows.
func clock(_ clock: clockid_t) -> Nanoseconds {
  var time = timespec()
  clock_gettime(clock, &time)
  return Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
}

/// A seed that differs from boot to boot.
func bootSeed() -> UInt64 {
  mixed(UInt64(clock(CLOCK_REALTIME)) ^ mixed(UInt64(getpid())))
}
