import CLibSSH2
import Glibc
import Processes

/// Moves bytes between a channel and a socket of ours, both ways, until the command has ended.
final class ChannelPump {
  private static let chunk = 1 << 16

  let command: String
  private let channel: OpaquePointer
  private let descriptor: Int32
  private let ending: Promise<ExitStatus>
  private let errors: ErrorTail
  /// What the command has still to be given, and what it has printed for us.
  private var toHost: ArraySlice<UInt8> = []
  private var fromHost: ArraySlice<UInt8> = []
  private var inputHasEnded = false
  private var endOfInputIsSent = false
  private var outputHasEnded = false
  private var isClosing = false
  private var isDescriptorOpen = true
  private(set) var isOver = false

  init(
    _ channel: OpaquePointer, descriptor: Int32, command: String, ending: Promise<ExitStatus>,
    errors: ErrorTail
  ) {
    self.channel = channel
    self.descriptor = descriptor
    self.command = command
    self.ending = ending
    self.errors = errors
    setNonBlocking(descriptor)
  }

  deinit { closeDescriptor() }

  /// What is waited for at our socket.
  func interest(isWireFull: Bool) -> pollfd {
    var events: Int16 = 0
    if !fromHost.isEmpty { events |= Int16(POLLOUT) }
    if !inputHasEnded, toHost.isEmpty, !isWireFull { events |= Int16(POLLIN) }
    // That both directions are closed is always told.
    let mayHangUp = inputHasEnded && endOfInputIsSent && !outputHasEnded
    let isWatched = isDescriptorOpen && (events != 0 || mayHangUp)
    return pollfd(fd: isWatched ? descriptor : -1, events: events, revents: 0)
  }

  /// The other end of our socket was closed.
  func hangUp() { if endOfInputIsSent, !outputHasEnded { isClosing = true } }

  /// Ends it where the connection is of no use any more.
  func fail(_ error: SSHError) {
    ending.keep(.failure(error))
    closeDescriptor()
  }

  /// - Returns: Whether anything moved.
  func step(_ session: SSHSession) -> Bool {
    var hasMoved = false
    if !isClosing {
      if isDescriptorOpen { hasMoved = takeInput(session.wire) || hasMoved }
      hasMoved = takeErrors() || hasMoved
      hasMoved = takeOutput() || hasMoved
    }
    return finish(session) || hasMoved
  }

  private func takeInput(_ wire: SessionWire) -> Bool {
    guard !wire.isFull else { return false }
    var hasMoved = false
    if toHost.isEmpty, !inputHasEnded {
      let bytes = receive()
      guard let bytes else { return false }
      hasMoved = true
      toHost = bytes
      inputHasEnded = bytes.isEmpty
    }
    if !toHost.isEmpty {
      let count = toHost.withUnsafeBytes {
        ssh2_channel_write_ex(channel, 0, $0.bindMemory(to: CChar.self).baseAddress, $0.count)
      }
      if count > 0 {
        toHost = toHost.dropFirst(count)
        return true
      }
      if count < 0, count != SSH2_ERROR_AGAIN { dropInput() }
    }
    if inputHasEnded, toHost.isEmpty, !endOfInputIsSent {
      endOfInputIsSent = ssh2_channel_send_eof(channel) != SSH2_ERROR_AGAIN
      hasMoved = true
    }
    return hasMoved
  }

  /// The command takes no more input; whoever writes more is told so.
  private func dropInput() {
    shutdown(descriptor, Int32(SHUT_RD))
    toHost = []
    inputHasEnded = true
  }

  /// What was written to our socket: nothing at its end, no value where there is nothing yet.
  private func receive() -> ArraySlice<UInt8>? {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: ChannelPump.chunk) { buffer, used in
      count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      used = max(0, count)
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? nil : bytes[...]
  }

  private func takeErrors() -> Bool {
    let (bytes, _) = read(stream: 1)
    errors.add(bytes)
    return !bytes.isEmpty
  }

  private func takeOutput() -> Bool {
    var hasMoved = false
    if fromHost.isEmpty {
      fromHost = read(stream: 0).bytes
      hasMoved = !fromHost.isEmpty
    }
    guard !fromHost.isEmpty else { return hasMoved }
    guard isDescriptorOpen else {
      fromHost = []
      return true
    }
    let count = fromHost.withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
    if count < 0, errno != EAGAIN, errno != EINTR {
      // Nobody reads it any more: that is how a pipe ends, too.
      fromHost = []
      isClosing = true
      return true
    }
    if count > 0 { fromHost = fromHost.dropFirst(count) }
    return hasMoved || count > 0
  }

  private func read(stream: Int32) -> (bytes: ArraySlice<UInt8>, result: Int) {
    var result = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: ChannelPump.chunk) { buffer, used in
      result = buffer.withMemoryRebound(to: CChar.self) {
        ssh2_channel_read_ex(channel, stream, $0.baseAddress, $0.count)
      }
      used = max(0, result)
    }
    return (bytes[...], result)
  }

  /// Goes on to the end when all output was handed over.
  private func finish(_ session: SSHSession) -> Bool {
    if !isClosing {
      guard fromHost.isEmpty, ssh2_channel_eof(channel) == 1 else { return false }
      if isDescriptorOpen, !outputHasEnded { shutdown(descriptor, Int32(SHUT_WR)) }
      outputHasEnded = true
      guard ssh2_channel_wait_closed(channel) != SSH2_ERROR_AGAIN else { return false }
      ending.keep(.success(status))
      isClosing = true
    }
    closeDescriptor()
    guard ssh2_channel_free(channel) != SSH2_ERROR_AGAIN else { return false }
    ending.keep(.failure(.closed(session.login.name)))
    isOver = true
    return true
  }

  private func closeDescriptor() {
    if isDescriptorOpen { close(descriptor) }
    isDescriptorOpen = false
  }

  private var status: ExitStatus {
    var name: UnsafeMutablePointer<CChar>?
    var length = 0
    ssh2_channel_get_exit_signal(channel, &name, &length, nil, nil, nil, nil)
    guard let name else { return .exited(code: ssh2_channel_get_exit_status(channel)) }
    defer { free(name) }
    return .signalled(number: SignalName.number(String(cString: name)))
  }
}

/// The names that SSH has for signals.
enum SignalName {
  private static let numbers: [String: Int32] = [
    "ABRT": SIGABRT, "ALRM": SIGALRM, "BUS": SIGBUS, "FPE": SIGFPE, "HUP": SIGHUP, "ILL": SIGILL,
    "INT": SIGINT, "KILL": SIGKILL, "PIPE": SIGPIPE, "QUIT": SIGQUIT, "SEGV": SIGSEGV,
    "TERM": SIGTERM, "USR1": SIGUSR1, "USR2": SIGUSR2,
  ]

  /// - Returns: 0 for one that has no name there.
  static func number(_ name: String) -> Int32 { numbers[name] ?? 0 }
}
