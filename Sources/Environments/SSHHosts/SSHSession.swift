import CLibSSH2
import CProcess
import Glibc
import Processes
import Values

/// A session of libssh2, which only one thread at a time may use.
///
/// Whatever the library can't finish at once is called again after a turn, in which all channels move on.
final class SSHSession: @unchecked Sendable {
  let login: Login
  let wire: SessionWire
  let handle: OpaquePointer
  let inbox: SessionInbox
  private var pumps: [ChannelPump] = []
  private var openedFiles: OpaquePointer?
  /// Why there is no file server on the host.
  private var filesProblem: String?
  /// What the connection goes through.
  private let upstream: LibSSH2Transport?
  private var askedCount = 0
  private var isTransferring = false
  /// Whether a call is under way beside which no other of its kind may be; so it is until the login is done.
  private var isOpening = true

  /// - Parameter socket: Is closed at the end.
  init(
    _ login: Login, socket: Int32, through upstream: LibSSH2Transport?, inbox: SessionInbox
  ) throws(SSHError) {
    wire = SessionWire(socket: socket)
    self.login = login
    self.upstream = upstream
    self.inbox = inbox
    setNonBlocking(socket)
    let abstract = Unmanaged.passUnretained(wire).toOpaque()
    guard let handle = ssh2_session_init_ex(nil, nil, nil, abstract) else {
      throw .transport(login.name, "out of memory")
    }
    self.handle = handle
    ssh2_session_set_blocking(handle, 0)
    ssh2_session_set_wire(handle, SessionWire.sending, SessionWire.receiving)
    ssh2_keepalive_config(handle, 1, 1)
  }

  deinit {
    wire.fail("it was closed")
    // Without a connection the library waits for nobody.
    while ssh2_session_free(handle) == SSH2_ERROR_AGAIN {}
  }

  /// What the library says of its last error.
  var lastProblem: (number: Int32, text: String) {
    var text: UnsafeMutablePointer<CChar>?
    let number = ssh2_session_last_error(handle, &text, nil, 0)
    return (number, text.map { String(cString: $0) } ?? "error \(number)")
  }

  // MARK: Calling the library

  /// Calls the library until it does not ask to be called again.
  ///
  /// - Returns: What it returned at last, nothing where the time is over.
  func complete<Number: FixedWidthInteger>(
    within time: Nanoseconds, during action: String, _ call: () -> Number
  ) throws(SSHError) -> Number? {
    let deadline = monotonicTime() + time
    while true {
      let result = call()
      wire.flush()
      guard result == Number(SSH2_ERROR_AGAIN) else { return result }
      guard monotonicTime() < deadline else { return nil }
      try turn(until: deadline, during: action)
    }
  }

  /// The same, for calls that return an object.
  func completeObject(
    within time: Nanoseconds, during action: String, _ call: () -> OpaquePointer?
  ) throws(SSHError) -> OpaquePointer? {
    var object: OpaquePointer?
    _ = try complete(within: time, during: action) { () -> Int32 in
      object = call()
      return object == nil ? lastProblem.number : 0
    }
    return object
  }

  // MARK: Turns

  /// Moves everything on once, waiting until there is something to do, at most until `deadline`.
  func turn(until deadline: Nanoseconds, during action: String = "") throws(SSHError) {
    if inbox.isClosing { throw .closed(login.name) }
    if !isOpening { takeJobs() }
    var hasMoved = false
    for pump in pumps where pump.step(self) { hasMoved = true }
    pumps.removeAll(where: \.isOver)
    wire.flush()
    if let problem = wire.problem { throw .lost(login.name, during: action, problem: problem) }
    if !hasMoved { try wait(until: deadline, during: action) }
  }

  private func wait(until deadline: Nanoseconds, during action: String) throws(SSHError) {
    try keepAlive(during: action)
    var watched = [
      pollfd(
        fd: wire.socket, events: Int16(POLLIN) | (wire.hasOutgoing ? Int16(POLLOUT) : 0),
        revents: 0),
      pollfd(fd: inbox.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    watched += pumps.map { $0.interest(isWireFull: wire.isFull) }
    let alarm = wire.lastHeard + login.keepAliveInterval * Int64(askedCount + 1)
    let time = max(0, min(deadline, alarm) - monotonicTime())
    poll(&watched, nfds_t(watched.count), Int32(clamping: time / .milliseconds(1) + 1))
    for (pump, watched) in zip(pumps, watched.dropFirst(2))
    where watched.revents & Int16(POLLHUP) != 0 {
      pump.hangUp()
    }
    inbox.acknowledge()
    // With nothing else to do nobody reads what the host asks, or that it is gone.
    if isIdle, watched[0].revents & ~Int16(POLLOUT) != 0 { try listen() }
  }

  private var isIdle: Bool { pumps.isEmpty && !isOpening && !isTransferring }

  /// Has the library read and answer, by opening a channel in which nothing is started.
  private func listen() throws(SSHError) {
    isOpening = true
    defer { isOpening = false }
    let silence = login.keepAliveInterval * Int64(login.keepAliveCount + 1)
    let channel = try completeObject(within: silence, during: "") { openSession() }
    guard let channel else { return }
    _ = try complete(within: silence, during: "") { ssh2_channel_free(channel) }
  }

  /// Asks a host that is silent whether it is there.
  private func keepAlive(during action: String) throws(SSHError) {
    let silence = monotonicTime() - wire.lastHeard
    if silence < login.keepAliveInterval { askedCount = 0 }
    guard silence >= login.keepAliveInterval * Int64(askedCount + 1) else { return }
    guard askedCount < login.keepAliveCount else {
      let time = silence / .milliseconds(100) * .milliseconds(100)
      wire.fail("no answer for \(time.durationText)")
      throw .lost(login.name, during: action, problem: wire.problem ?? "")
    }
    askedCount += 1
    if isIdle { return try listen() }
    var seconds: Int32 = 0
    ssh2_keepalive_send(handle, &seconds)
    wire.flush()
  }

  /// Does what other threads have asked for; while a file is transferred only what is no transfer.
  private func takeJobs() {
    while let job = inbox.take(isTransferring ? .other : .any) {
      if job.isTransfer { isTransferring = true } else { isOpening = true }
      job.run(self)
      if job.isTransfer { isTransferring = false } else { isOpening = false }
    }
  }

  /// Moves on until the connection ends.
  func run() throws(SSHError) {
    isOpening = false
    while true { try turn(until: .max) }
  }

  // MARK: Channels

  func openSession() -> OpaquePointer? {
    ssh2_channel_open_ex(handle, "session", 7, SSHSession.window, SSHSession.packet, nil, 0)
  }

  private static let window: UInt32 = 2 << 20
  private static let packet: UInt32 = 32_768
  private static let patience: Nanoseconds = .seconds(30)

  /// Starts a command line, whose input and output go over `descriptor`.
  func start(
    _ line: String, descriptor: Int32, ending: Promise<ExitStatus>, errors: ErrorTail
  ) throws(SSHError) {
    let channel = try openChannel { self.openSession() }
    let result = try complete(within: SSHSession.patience, during: line) {
      ssh2_channel_process_startup(channel, "exec", 4, line, UInt32(line.utf8.count))
    }
    guard result == 0 else {
      let problem = lastProblem.text
      _ = try complete(within: SSHSession.patience, during: line) { ssh2_channel_free(channel) }
      throw .transport(login.name, "\(line): not started: \(problem)")
    }
    pumps.append(
      ChannelPump(channel, descriptor: descriptor, command: line, ending: ending, errors: errors))
  }

  /// Connects from the host to an address that it can reach, over `descriptor`.
  func connect(to address: String, port: Int, descriptor: Int32, name: String) throws(SSHError) {
    let channel: OpaquePointer
    do throws(SSHError) {
      channel = try openChannel {
        ssh2_channel_direct_tcpip_ex(self.handle, address, Int32(port), "127.0.0.1", 0)
      }
    } catch {
      guard case .noChannel(_, let problem) = error else { throw error }
      throw .jump(name, through: login.name, problem)
    }
    pumps.append(
      ChannelPump(
        channel, descriptor: descriptor, command: "", ending: Promise(),
        errors: ErrorTail(limit: 0)))
  }

  /// For how long a host may not yet know of the end of channels that have ended here.
  private static let endingPatience: Nanoseconds = .seconds(1)

  /// Opens a channel, and waits for the end of another where the host allows no more.
  private func openChannel(
    _ open: () -> OpaquePointer?
  ) throws(SSHError) -> OpaquePointer {
    let deadline = monotonicTime() + SSHSession.patience
    var emptySince = monotonicTime()
    while true {
      let count = pumps.count
      if let channel = try completeObject(within: SSHSession.patience, during: "", open) {
        return channel
      }
      let (number, problem) = lastProblem
      guard number == SSH2_ERROR_CHANNEL_FAILURE else { throw .noChannel(login.name, problem) }
      while !pumps.isEmpty, pumps.count >= count, monotonicTime() < deadline {
        try turn(until: deadline)
      }
      let isNewlyEmpty = pumps.isEmpty && count > 0
      if isNewlyEmpty { emptySince = monotonicTime() }
      let mayBeEnding = monotonicTime() < emptySince + SSHSession.endingPatience
      guard pumps.count < count || mayBeEnding else { throw .noChannel(login.name, problem) }
      if pumps.isEmpty { try turn(until: monotonicTime() + .milliseconds(20)) }
    }
  }

  // MARK: Files

  /// The host's file server, started at its first use.
  func files() throws(SSHError) -> OpaquePointer {
    if let openedFiles { return openedFiles }
    if let filesProblem { throw .noFileServer(login.name, filesProblem) }
    isOpening = true
    defer { isOpening = false }
    let opened = try completeObject(within: .seconds(10), during: "the start of SFTP") {
      ssh2_sftp_init(handle)
    }
    guard let opened else {
      let problem = lastProblem.text
      filesProblem = problem
      throw .noFileServer(login.name, problem)
    }
    openedFiles = opened
    return opened
  }

  // MARK: The end

  /// Tells the host good-bye.
  func disconnect() {
    guard wire.problem == nil else { return }
    let byApplication: Int32 = 11
    _ = ssh2_session_disconnect_ex(handle, byApplication, "done", "")
    wire.flush()
  }

  /// Ends all channels for a reason.
  func end(_ reason: (_ action: String) -> SSHError) {
    for pump in pumps { pump.fail(reason(pump.command)) }
    pumps = []
  }
}
