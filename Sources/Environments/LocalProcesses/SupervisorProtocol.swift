import Glibc
import Processes

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
