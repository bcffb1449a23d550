import Glibc
import Processes
import Synchronization
import Values

/// A connection by the `ssh` program: one process has the connection, and each command is one that uses it.
///
/// When this process is gone the command that holds the connection open reads the end of its input, and all ends.
final class ProgramTransport: SSHTransport {
  let name: String
  let user: String
  private let command: ProgramCommand
  private let master: Int32
  /// Our end of what the holding command reads.
  private let hold: Int32
  private let end = Mutex<SSHError?>(nil)
  private let masterEnding = Promise<ExitStatus>()

  init(_ target: SSHTarget, _ options: SSHOptions) throws(SSHError) {
    name = target.text
    command = try ProgramCommand(target, options)
    user = command.user
    let askpass = try AskPass(options.secrets, name)
    defer { withExtendedLifetime(askpass) {} }
    let input = try ProgramTransport.pipe(name)
    let output = try ProgramTransport.pipe(name)
    let errors = try ProgramTransport.pipe(name)
    hold = input.writeEnd
    defer { Glibc.close(output.readEnd) }
    master = try ProgramTransport.spawn(
      command, command.masterWords(asks: askpass != nil), askpass?.environment ?? [],
      [(input.readEnd, 0), (output.writeEnd, 1), (errors.writeEnd, 2)])
    let tail = ErrorTail(limit: 1 << 16)
    let process = master
    let ending = masterEnding
    Follower.start(errors.readEnd, process, tail) { ending.keep(.success($0)) }
    if ProgramTransport.awaitReady(output.readEnd, within: command.patience) {
      watch(tail)
    } else {
      kill(master, SIGKILL)
      _ = try? masterEnding.await()
      throw ProgramReport(lines: lines(of: tail.bytes)).error(name, command, options)
    }
  }

  deinit {
    close()
    Glibc.close(hold)
    unlink(command.controlPath)
  }

  /// Starts a process, whose descriptors are closed here.
  private static func spawn(
    _ command: ProgramCommand, _ words: [String], _ environment: [String],
    _ descriptors: [(source: Int32, target: Int32)]
  ) throws(SSHError) -> Int32 {
    defer { for source in Set(descriptors.map(\.source)) { Glibc.close(source) } }
    return try command.spawn(
      words, environment: inheritedEnvironment() + environment, descriptors: descriptors)
  }

  private static func pipe(_ host: String) throws(SSHError) -> Pipe {
    do {
      return try Pipe(capacity: 1 << 16)
    } catch {
      throw .transport(host, "\(error)")
    }
  }

  /// Waits until the holding command has said that it runs.
  private static func awaitReady(_ descriptor: Int32, within time: Nanoseconds) -> Bool {
    setNonBlocking(descriptor)
    let deadline = monotonicTime() + time
    var said: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      let remaining = deadline - monotonicTime()
      guard remaining > 0 else { return false }
      var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      poll(&watched, 1, Int32(clamping: remaining / .milliseconds(1) + 1))
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { return false }
      said += chunk[..<count]
      if String(decoding: said, as: UTF8.self).contains(ProgramCommand.ready) { return true }
    }
  }

  /// Takes note of the connection's end.
  private func watch(_ tail: ErrorTail) {
    let ending = masterEnding
    let name = name
    Follower.thread { [weak self] in
      _ = try? ending.await()
      let said = ProgramReport(lines: lines(of: tail.bytes)).lastWords
      self?.note(.lost(name, during: "", problem: said ?? "ssh has ended"))
    }
  }

  private func note(_ problem: SSHError) { end.withLock { $0 = $0 ?? problem } }

  var problem: SSHError? { end.withLock { $0 } }

  func start(_ line: String, errorLimit: Int) throws(SSHError) -> SSHStream {
    if let problem { throw problem }
    let pair = try SocketPair(name)
    let errors: Pipe
    let process: Int32
    do throws(SSHError) {
      errors = try ProgramTransport.pipe(name)
      process = try ProgramTransport.spawn(
        command, command.words(line), [],
        [(pair.theirs, 0), (pair.theirs, 1), (errors.writeEnd, 2)])
    } catch {
      Glibc.close(pair.ours)
      throw error
    }
    let tail = ErrorTail(limit: errorLimit)
    let ending = Promise<ExitStatus>()
    Follower.start(errors.readEnd, process, tail) { [masterEnding, name, weak self] status in
      // The program's own failures end with 255, as a command may.
      guard status == .exited(code: 255) else { return ending.keep(.success(status)) }
      let isLost =
        (try? masterEnding.await(until: monotonicTime() + .milliseconds(500))) ?? nil != nil
      let reason =
        if let self, case .closed? = self.problem { SSHError.closed(name) } else {
          SSHError.lost(
            name, during: line, problem: lastLines(1, of: tail.bytes).first ?? "ssh has ended")
        }
      ending.keep(isLost ? .failure(reason) : .success(status))
    }
    return SSHStream(descriptor: pair.ours, command: line, ending: ending, errors: tail)
  }

  func upload(_ source: UploadSource, to path: String, mode: UInt32) throws(SSHError) {
    try uploadThroughShell(source, to: path, mode: mode)
  }

  func download(
    _ path: String, from offset: Int,
    _ take: @escaping (_ bytes: ArraySlice<UInt8>, _ total: Int) throws(SSHError) -> Void
  ) throws(SSHError) {
    try downloadThroughShell(path, from: offset, take)
  }

  private func hasEnded(within time: Nanoseconds) -> Bool {
    (try? masterEnding.await(until: monotonicTime() + time)) ?? nil != nil
  }

  func close() {
    let isFirst = end.withLock { end in
      defer { end = end ?? .closed(name) }
      return end == nil
    }
    guard isFirst, !hasEnded(within: 0) else { return }
    kill(master, SIGTERM)
    if !hasEnded(within: .seconds(2)) { kill(master, SIGKILL) }
  }
}

/// Threads that follow processes to their ends.
private enum Follower {
  /// Reads what a process says to the end, then waits for the process.
  static func start(
    _ descriptor: Int32, _ process: Int32, _ tail: ErrorTail,
    atEnd: @escaping @Sendable (ExitStatus) -> Void
  ) {
    thread {
      var chunk = [UInt8](repeating: 0, count: 1 << 14)
      while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        tail.add(chunk[..<count])
      }
      Glibc.close(descriptor)
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0, errno == EINTR {}
      atEnd(ExitStatus(waitStatus: status))
    }
  }

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  static func thread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Body(body))
    let error = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, context.toOpaque())
    precondition(error == 0, "no thread: \(errorText(error))")
    pthread_detach(thread)
  }
}

private func lines(of bytes: [UInt8]) -> [String] {
  String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
}
