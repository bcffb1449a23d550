import Glibc

/// The descriptors that the supervisor is started with.
enum SupervisorDescriptors {
  /// Lines both ways; its end is the controller's end.
  static let control: Int32 = 3

  /// What a node will have as descriptor `stream`: 0, 1 or 2.
  static func node(_ index: Int, stream: Int32) -> Int32 { 4 + 3 * Int32(index) + stream }

  static func limit(nodeCount: Int) -> Int32 { node(nodeCount, stream: 0) }
}

/// What the controller asks of the supervisor, a line each.
enum SupervisorCommand: Hashable {
  case start(node: Int, Program)
  case signal(node: Int, Signal)

  /// A signal to a node's whole process group.
  enum Signal: String, Hashable {
    case kill
    case term
    case stop
    case cont

    var number: Int32 {
      switch self {
      case .kill: SIGKILL
      case .term: SIGTERM
      case .stop: SIGSTOP
      case .cont: SIGCONT
      }
    }
  }
}

/// What the supervisor tells the controller, a line each.
enum SupervisorNotice: Hashable {
  case started(node: Int, ProcessIdentity)
  case notStarted(node: Int, SpawnError)
  /// The signal was sent; to nobody where the node does not run.
  case signalled(node: Int)
  case exited(node: Int, ExitStatus)
}

/// How a process ended.
enum ExitStatus: Hashable, CustomStringConvertible {
  case exited(code: Int32)
  case signalled(number: Int32)

  /// - Parameter status: As `waitpid` reports it.
  init(waitStatus status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .exited(code: status >> 8 & 0xff) : .signalled(number: signal)
  }

  var description: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signalled(let number): "signal \(number) (\(String(cString: strsignal(number))))"
    }
  }
}

extension SupervisorCommand {
  var words: [String] {
    switch self {
    case .start(let node, let program):
      ["start", "\(node)", program.path, program.directory ?? "", "\(program.arguments.count)"]
        + program.arguments + program.environment
    case .signal(let node, let signal): [signal.rawValue, "\(node)"]
    }
  }

  init?(words: [String]) {
    guard words.count >= 2, let node = Int(words[1]), node >= 0 else { return nil }
    if let signal = Signal(rawValue: words[0]) {
      self = .signal(node: node, signal)
      return
    }
    guard words[0] == "start", words.count >= 5, let count = Int(words[4]),
      0...(words.count - 5) ~= count
    else { return nil }
    self = .start(
      node: node,
      Program(
        path: words[2], arguments: Array(words[5..<5 + count]),
        environment: Array(words[(5 + count)...]), directory: words[3].isEmpty ? nil : words[3]))
  }
}

extension SupervisorNotice {
  var words: [String] {
    switch self {
    case .started(let node, let process):
      ["started", "\(node)", "\(process.pid)", "\(process.startTime)"]
    case .notStarted(let node, let error): ["not-started", "\(node)", "\(error.number)"]
    case .signalled(let node): ["signalled", "\(node)"]
    case .exited(let node, .exited(let code)): ["exited", "\(node)", "code", "\(code)"]
    case .exited(let node, .signalled(let number)): ["exited", "\(node)", "signal", "\(number)"]
    }
  }

  init?(words: [String]) {
    guard words.count >= 2, let node = Int(words[1]) else { return nil }
    let numbers = words.dropFirst(2).compactMap { Int64($0) }
    switch (words[0], numbers.count) {
    case ("started", 2):
      let process = ProcessIdentity(pid: pid_t(numbers[0]), startTime: UInt64(numbers[1]))
      self = .started(node: node, process)
    case ("not-started", 1): self = .notStarted(node: node, SpawnError(number: Int32(numbers[0])))
    case ("signalled", 0): self = .signalled(node: node)
    case ("exited", 1) where words[2] == "code":
      self = .exited(node: node, .exited(code: Int32(numbers[0])))
    case ("exited", 1): self = .exited(node: node, .signalled(number: Int32(numbers[0])))
    default: return nil
    }
  }
}

/// Lines of words over a stream socket; a word may hold any text.
struct LineChannel {
  let descriptor: Int32
  private var received: [UInt8] = []

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Sends one line, waiting where the other side does not read.
  ///
  /// - Returns: Whether the other side is still there.
  func send(_ words: [String]) -> Bool {
    var line: [UInt8] = []
    for (position, word) in words.enumerated() {
      if position > 0 { line.append(UInt8(ascii: " ")) }
      for byte in word.utf8 { LineChannel.append(byte, to: &line) }
    }
    line.append(UInt8(ascii: "\n"))
    var sent = 0
    while sent < line.count {
      let count = line.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
        return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN {
        var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&watched, 1, -1)
        continue
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Reads what there is, waiting where there is nothing and the descriptor blocks.
  ///
  /// - Returns: The whole lines, or nothing when the other side has ended.
  mutating func receive() -> [[String]]? {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0 { return errno == EINTR || errno == EAGAIN ? [] : nil }
    guard count > 0 else { return nil }
    received += chunk[..<count]
    guard let end = received.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let lines = received[..<end].split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let words = lines.map { line in
      line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        .map(LineChannel.word)
    }
    received.removeSubrange(...end)
    return words
  }

  /// Bytes that would end a word or a line are written as `%` and two hexadecimal digits.
  private static func append(_ byte: UInt8, to line: inout [UInt8]) {
    guard byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "%")
    else { return line.append(byte) }
    let digits = Array("0123456789abcdef".utf8)
    line += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }

  private static func word(_ bytes: ArraySlice<UInt8>) -> String {
    var word: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let plain = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        word.append(plain)
        rest = rest.dropFirst(2)
      } else {
        word.append(byte)
      }
    }
    return String(decoding: word, as: UTF8.self)
  }
}
