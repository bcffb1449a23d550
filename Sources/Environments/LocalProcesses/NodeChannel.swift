import Glibc
import Nodes
import Processes
import Values

/// One node as the controller sees it: its process, and our ends of its three pipes.
///
/// The pipes outlive the process: the next one of the same node gets them again.
final class NodeChannel {
  enum State: Hashable {
    case down
    /// It has not answered its `init`, which it must until `deadline`.
    case starting(deadline: Nanoseconds)
    case up
  }

  static let pipeCapacity: Int32 = 256 << 10

  let node: NodeID
  let name: String
  private let input: Pipe
  private let output: Pipe
  private let error: Pipe

  var state = State.down
  var isPaused = false
  /// Whether it was asked to end.
  var isEndExpected = false
  var process: ProcessIdentity?
  /// How its last process ended, or why none was started.
  var lastStatus: String?
  /// How many signals the supervisor said it had sent.
  var signalsSent = 0
  private var areNodeEndsOpen = true

  var outbox = Outbox()
  /// Whether the outbox is in the list of those to be flushed.
  var isToBeFlushed = false
  /// Whether the node's pipe is full, and the poller tells when it is not.
  var isBlocked = false
  var outputLines = LineReader()
  var errorLines = LineReader()
  private var outputTail = StreamTail()
  private var errorTail = StreamTail()
  var log: Int32 = -1

  /// Takes messages in where the network does as Maelstrom's.
  var receiver = SleepingReceiver()

  /// What it takes itself for, and whether it leads, as far as it has told.
  var status: NodeStatus?

  var hasReportedGarbage = false
  var hasReportedUnknownDestination = false
  var hasReportedUnknownField = false

  init(node: NodeID, name: String) throws {
    self.node = node
    self.name = name
    input = try Pipe(capacity: NodeChannel.pipeCapacity)
    output = try Pipe(capacity: NodeChannel.pipeCapacity)
    error = try Pipe(capacity: 0)
    for descriptor in [input.writeEnd, output.readEnd, error.readEnd] { setNonBlocking(descriptor) }
  }

  deinit {
    for descriptor in [input.writeEnd, output.readEnd, error.readEnd] { close(descriptor) }
    closeNodeEnds()
    if log >= 0 { close(log) }
  }

  var inputDescriptor: Int32 { input.writeEnd }
  var outputDescriptor: Int32 { output.readEnd }
  var errorDescriptor: Int32 { error.readEnd }

  /// The nodes' ends, in the order of the streams that they will be.
  var nodeEnds: [Int32] { [input.readEnd, output.writeEnd, error.writeEnd] }

  /// Closes the nodes' ends, which the supervisor has now.
  func closeNodeEnds() {
    guard areNodeEndsOpen else { return }
    areNodeEndsOpen = false
    for descriptor in nodeEnds { close(descriptor) }
  }

  var isRunning: Bool { state != .down }

  /// Reads what the node printed, once.
  ///
  /// - Returns: Whether there may be more.
  func readOutput(
    into buffer: UnsafeMutableRawBufferPointer, _ handle: (UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    guard let bytes = NodeChannel.read(outputDescriptor, into: buffer) else { return false }
    outputTail.take(bytes)
    outputLines.take(bytes, handle)
    return true
  }

  /// Reads what the node wrote to its standard error, once, and logs it.
  ///
  /// - Returns: Whether there may be more.
  func readError(
    into buffer: UnsafeMutableRawBufferPointer, _ handle: (UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    guard let bytes = NodeChannel.read(errorDescriptor, into: buffer) else { return false }
    errorTail.take(bytes)
    if log >= 0 { _ = write(log, bytes.baseAddress, bytes.count) }
    errorLines.take(bytes, handle)
    return true
  }

  private static func read(
    _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer? {
    let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    return count > 0 ? UnsafeRawBufferPointer(rebasing: buffer[..<count]) : nil
  }

  /// A new process has the pipes.
  func begin(_ process: ProcessIdentity, deadline: Nanoseconds) {
    self.process = process
    state = .starting(deadline: deadline)
    isPaused = false
    isEndExpected = false
    outputTail.clear()
    errorTail.clear()
  }

  /// The process has ended, and all that it wrote was read.
  func end(_ status: String) {
    state = .down
    isPaused = false
    process = nil
    lastStatus = status
    self.status = nil
    outputLines.dropPartial()
    errorLines.dropPartial()
    outbox.clear()
  }

  /// The last that it said, on its standard error and then on its standard output.
  var lastLines: [String] { errorTail.lines + outputTail.lines.map { "stdout: \($0)" } }
}
