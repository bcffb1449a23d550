import Glibc
package import Processes
import Synchronization
package import Values

/// A connection to a host over SSH, which any thread may use.
///
///     let host = try SSHConnection.connect(SSHTarget("root@n1:2222"), options)
///     defer { host.close() }
///     try host.upload("/proc/self/exe", to: "/tmp/shrike", mode: 0o755)
///     let result = try host.run(["uname", "-r"]).checked()
package final class SSHConnection: Sendable {
  /// How long a command may run unless something else is asked for.
  package static let patience: Nanoseconds = .seconds(60)
  /// How much of a command's standard error is kept.
  static let errorLimit = 1 << 20

  /// The host as the user wrote it.
  package let name: String
  package let user: String
  /// What of the user's configuration was not followed, a line each.
  package let warnings: [String]
  let transport: any SSHTransport
  let secrets: SSHSecrets
  let elevation = Mutex<Elevation?>(nil)

  private init(
    name: String, user: String, warnings: [String], transport: any SSHTransport,
    secrets: SSHSecrets
  ) {
    self.name = name
    self.user = user
    self.warnings = warnings
    self.transport = transport
    self.secrets = secrets
  }

  /// Connects and logs in, trying again where the host refuses or is silent.
  package static func connect(
    _ target: SSHTarget, _ options: SSHOptions
  ) throws(SSHError) -> SSHConnection {
    if options.usesProgram {
      let transport = try withAttempts(options.attempts) { () throws(SSHError) in
        try ProgramTransport(target, options)
      }
      return SSHConnection(
        name: target.text, user: transport.user, warnings: [], transport: transport,
        secrets: options.secrets)
    }
    let login = try Login(target, options)
    let transport = try withAttempts(options.attempts) { () throws(SSHError) in
      try LibSSH2Transport(login, options)
    }
    return SSHConnection(
      name: target.text, user: login.user, warnings: login.warnings, transport: transport,
      secrets: options.secrets)
  }

  /// Tries again what may work in a moment, after a pause that doubles.
  private static func withAttempts<Connected>(
    _ count: Int, _ connect: () throws(SSHError) -> Connected
  ) throws(SSHError) -> Connected {
    var attempt = 1
    while true {
      do throws(SSHError) {
        return try connect()
      } catch {
        guard error.isTransient, attempt < count else { throw error.after(attempt) }
      }
      usleep(UInt32(min(200_000 << min(attempt - 1, 5), 5_000_000)))
      attempt += 1
    }
  }

  /// Why the connection is of no use any more; nothing where it is well.
  package var problem: SSHError? { transport.problem }

  /// Runs a command to its end.
  ///
  /// - Parameters:
  ///   - input: What it reads from standard input.
  ///   - asRoot: Whether it runs as root, by sudo where the user is not root.
  ///   - limit: The most bytes that it may print.
  /// - Throws: When it can't be run, has not ended in time or prints more; how it ended is in the result.
  package func run(
    _ words: [String], input: [UInt8] = [], asRoot: Bool = false,
    within time: Nanoseconds = SSHConnection.patience, limit: Int = 1 << 28
  ) throws(SSHError) -> SSHResult {
    let deadline = deadline(after: time)
    let (stream, prefix) = try begin(words, asRoot: asRoot, errorLimit: SSHConnection.errorLimit)
    defer { Glibc.close(stream.descriptor) }
    let command = ShellWords.line(words)
    let output = try exchange(stream, prefix + input, until: deadline, after: time, limit: limit)
    guard let output, let status = try stream.wait(within: deadline - monotonicTime()) else {
      throw .commandNeverEnded(
        name, command: command, after: time, lastLines: lastLines(of: stream.errorOutput))
    }
    let result = SSHResult(
      host: name, command: command, status: status, output: output,
      errorOutput: stream.errorOutput)
    if asRoot, let refusal = result.sudoRefusal(user: user, hasPassword: !prefix.isEmpty) {
      throw .sudo(name, refusal)
    }
    return result
  }

  /// Starts a command that goes on by itself.
  package func start(_ words: [String], asRoot: Bool = false) throws(SSHError) -> SSHStream {
    let (stream, prefix) = try begin(words, asRoot: asRoot, errorLimit: 1 << 16)
    let sent = prefix.withUnsafeBytes {
      send(stream.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard sent == prefix.count else {
      Glibc.close(stream.descriptor)
      throw transport.problem ?? .closed(name)
    }
    return stream
  }

  /// - Returns: The command, and what it must read before its own input.
  private func begin(
    _ words: [String], asRoot: Bool, errorLimit: Int
  ) throws(SSHError) -> (SSHStream, prefix: [UInt8]) {
    guard asRoot else {
      return (try transport.start(ShellWords.line(words), errorLimit: errorLimit), [])
    }
    let elevation = try elevate()
    let line = ShellWords.line(elevation.words + words)
    return (try transport.start(line, errorLimit: errorLimit), elevation.prefix)
  }

  /// Ends the connection and all that runs over it.
  package func close() { transport.close() }
}

/// The time when a span that begins now is over.
func deadline(after time: Nanoseconds) -> Nanoseconds {
  let (deadline, isEndless) = monotonicTime().addingReportingOverflow(time)
  return isEndless ? .max : deadline
}

extension SSHConnection {
  /// Writes input and reads output, both as far as the other side goes along.
  ///
  /// - Returns: What was printed; nothing where it did not end in time.
  private func exchange(
    _ stream: SSHStream, _ input: [UInt8], until deadline: Nanoseconds, after time: Nanoseconds,
    limit: Int
  ) throws(SSHError) -> [UInt8]? {
    setNonBlocking(stream.descriptor)
    var rest = input[...]
    var isWriting = true
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if isWriting, rest.isEmpty {
        shutdown(stream.descriptor, Int32(SHUT_WR))
        isWriting = false
      }
      let remaining = deadline - monotonicTime()
      guard remaining > 0 else { return nil }
      let events = isWriting ? Int16(POLLIN | POLLOUT) : Int16(POLLIN)
      var watched = pollfd(fd: stream.descriptor, events: events, revents: 0)
      poll(&watched, 1, Int32(clamping: remaining / .milliseconds(1) + 1))
      if isWriting, watched.revents & Int16(POLLOUT) != 0 {
        let count = rest.withUnsafeBytes {
          send(stream.descriptor, $0.baseAddress, min($0.count, 1 << 16), Int32(MSG_NOSIGNAL))
        }
        // A program need not read its input.
        if count < 0, errno != EAGAIN, errno != EINTR { rest = [] }
        if count > 0 { rest = rest.dropFirst(count) }
      }
      let count = recv(stream.descriptor, &chunk, chunk.count, 0)
      if count == 0 { return output }
      if count < 0, errno != EAGAIN, errno != EINTR { return output }
      guard count > 0 else { continue }
      output += chunk[..<count]
      guard output.count <= limit else {
        throw .transport(name, "\(stream.command): printed more than \(limit) bytes")
      }
    }
  }
}

extension SSHError {
  /// The error, where it came back at each of several attempts.
  func after(_ attempts: Int) -> SSHError {
    guard case .unreachable(let host, let address, let problem, _) = self else { return self }
    return .unreachable(host, address: address, problem: problem, attempts: attempts)
  }
}

/// What a command printed, and how it ended.
package struct SSHResult: Hashable, Sendable {
  package var host: String
  package var command: String
  package var status: ExitStatus
  package var output: [UInt8]
  /// The last of its standard error.
  package var errorOutput: [UInt8]

  package var succeeded: Bool { status == .exited(code: 0) }

  /// What it printed, as text without the last newline.
  package var text: String {
    let text = String(decoding: output, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// - Throws: When it did not end with status 0.
  @discardableResult
  package func checked() throws(SSHError) -> SSHResult {
    guard succeeded else {
      let said = lastLines(of: errorOutput)
      throw .commandFailed(
        host, command: command, status, lastLines: said.isEmpty ? lastLines(of: output) : said)
    }
    return self
  }
}
