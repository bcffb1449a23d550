public import Environments
import Glibc
import Nodes
import Processes
public import Values

/// A cluster whose nodes are child processes that speak the Maelstrom protocol on their standard
/// input and output; all messages go through this process, which is their network.
///
/// A supervisor process owns the nodes and ends them when this process ends, however it does.
/// Everything here happens in the thread that calls, while it calls.
public final class LocalProcesses: Environment {
  /// How many bytes are read from a node at once.
  static let chunkCount = 256 << 10

  let settings: LocalSettings
  let startTime = monotonicTime()
  var channels: [NodeChannel] = []
  var supervisor: SupervisorConnection?
  /// Whether all nodes have come up once.
  var isStarted = false
  var poller: Poller
  let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkCount, alignment: 16)
  /// The channels whose outboxes hold something that was not tried to be written.
  var toBeFlushed: [NodeChannel] = []
  var events: [EnvironmentEvent] = []
  /// What made the environment unusable, for the next `advance` to throw.
  var failure: (any Error)?

  var faults: LinkFaults
  var latencyDraws: Draws
  var underWay = DeliveryQueue<MessageUnderWay>()
  var services: SharedServices
  /// The request that each client waits for.
  var outstanding = OutstandingRequests()
  var messageNumber = 0
  /// When nodes are to be asked next what they take themselves for, and how often they were.
  var nextStatus: Nanoseconds = 0
  var statusNumber = 0
  var messageLog: MessageLog?
  var clocks = LocalClocks()
  public internal(set) var traffic = Traffic()
  /// How often a bundled node reported each mark; each process reports a mark once.
  public internal(set) var marks: [String: Int] = [:]
  /// How many messages nodes sent to somebody who does not exist.
  public internal(set) var undeliverableCount = 0

  public init(_ settings: LocalSettings) throws {
    self.settings = settings
    let draws = Draws(seed: settings.seed)
    faults = LinkFaults(draws: draws.child(0))
    latencyDraws = draws.child(1)
    services = SharedServices(draws: draws, from: 2, isCompatible: settings.isCompatible)
    poller = try Poller()
  }

  deinit {
    stop()
    chunk.deallocate()
  }

  public var names: NodeNames { settings.names }

  public var now: Nanoseconds { monotonicTime() - startTime }

  /// Lets time pass until `deadline`, or until something happened that is worth an event.
  ///
  /// - Throws: When the supervisor died, which also ended the nodes.
  public func advance(until deadline: Nanoseconds) throws -> [EnvironmentEvent] {
    repeat {
      turn(until: deadline)
      if let failure { throw failure }
    } while events.isEmpty && now < deadline
    let happened = events
    events.removeAll(keepingCapacity: true)
    return happened
  }

  /// Waits for something to do, at most until `deadline`, and does it.
  ///
  /// - Parameter isImpatient: Whether not to wait at all while there are events to hand out.
  func turn(until deadline: Nanoseconds, isImpatient: Bool = true) {
    deliverDue()
    askStatus()
    flushOutboxes()
    let isLate = isImpatient && !events.isEmpty
    for source in poller.wait(isLate ? 0 : waitingTime(until: deadline)) {
      switch DescriptorSource(number: source) {
      case .control: receiveNotices(within: 0)
      case .input(let node): unblock(channels[node])
      case .output(let node): _ = readOutput(channels[node])
      case .error(let node): _ = readError(channels[node])
      }
    }
    deliverDue()
    flushOutboxes()
    endThoseThatNeverCameUp()
    keepClocks()
  }

  private func waitingTime(until deadline: Nanoseconds) -> Nanoseconds {
    var deadline = deadline
    if let due = underWay.firstDue { deadline = min(deadline, due) }
    if let look = clocks.nextLook { deadline = min(deadline, look) }
    for channel in channels {
      if let due = channel.receiver.nextWake { deadline = min(deadline, due) }
      if case .starting(let limit) = channel.state { deadline = min(deadline, limit) }
    }
    let time = deadline - now
    // Before a long wait, what was recorded so far should be safe.
    if time > .milliseconds(1) { messageLog?.flush() }
    return max(0, time)
  }

  func readOutput(_ channel: NodeChannel) -> Bool {
    channel.readOutput(into: chunk) { receive(line: $0, from: channel) }
  }

  func readError(_ channel: NodeChannel) -> Bool {
    let isHeeded = settings.echoesStandardError || command(of: channel.node).isBundled
    return channel.readError(into: chunk) { line in
      if isHeeded { heed(errorLine: String(decoding: line, as: UTF8.self), of: channel) }
    }
  }

  private func heed(errorLine line: String, of channel: NodeChannel) {
    if settings.echoesStandardError {
      let bytes = Array("\(channel.name): \(line)\n".utf8)
      _ = write(STDERR_FILENO, bytes, bytes.count)
    }
    guard command(of: channel.node).isBundled, let mark = Mark(line: line) else { return }
    marks[mark.label, default: 0] += 1
    guard mark.isViolation else {
      return
    }
    let explanation =
      mark.kind == .unreachable
      ? "\(channel.name) reached what must never be reached"
      : "\(channel.name) found broken what must always hold"
    events.append(.violated(Violation(mark.label, explanation, nodes: [channel.node])))
  }

  func command(of node: NodeID) -> NodeCommand { settings.commands[node] ?? settings.command }

  // MARK: Writing to nodes

  /// Notes that a channel's outbox got something.
  func willFlush(_ channel: NodeChannel) {
    guard !channel.isToBeFlushed, !channel.isBlocked else { return }
    channel.isToBeFlushed = true
    toBeFlushed.append(channel)
  }

  func flushOutboxes() {
    for channel in toBeFlushed {
      channel.isToBeFlushed = false
      guard channel.outbox.flush(to: channel.inputDescriptor) == .blocked else { continue }
      channel.isBlocked = true
      poller.watch(
        channel.inputDescriptor, as: DescriptorSource.input(node: channel.node.index).number,
        forWriting: true)
    }
    toBeFlushed.removeAll(keepingCapacity: true)
  }

  private func unblock(_ channel: NodeChannel) {
    guard channel.isBlocked else { return }
    channel.isBlocked = false
    poller.forget(channel.inputDescriptor)
    willFlush(channel)
  }
}
