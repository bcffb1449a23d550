import CProcess
import Glibc
package import Processes
package import Values

/// The controller's end of an agent.
///
/// Requests are answered in the order in which they were made; what a program prints and how it ends is
/// told in between, and kept until it is asked for.
package final class AgentConnection {
  /// How long an agent may take to do as it is told.
  static let patience: Nanoseconds = .seconds(10)

  /// Who it is the agent of, for messages.
  package let name: String
  /// Whose name is given to what is made on its host for this run, so that it is no other run's.
  private(set) var owner = "shrike"
  private var channel: LineChannel
  private var lastTask: TaskID = 0
  /// What came while an answer was awaited.
  private var early: [AgentNotice] = []

  /// - Parameter descriptor: Our end of its control socket, which is closed by ``close()``.
  package init(name: String, descriptor: Int32) {
    self.name = name
    channel = LineChannel(descriptor: descriptor)
  }

  var descriptor: Int32 { channel.descriptor }

  /// Whether there is something that ``takeNotices()`` gives without waiting.
  var hasEarlyNotices: Bool { !early.isEmpty }

  /// Tells the agent to do something, the answer to which is not awaited.
  func send(_ command: AgentCommand) throws(HostError) {
    var rest = LineChannel.line(command.words)[...]
    while true {
      guard let count = channel.sendSome(rest) else { throw .agentLost(name) }
      rest = rest.dropFirst(count)
      if rest.isEmpty { return }
      // It reads nothing while it waits for us to read.
      let events = Int16(POLLIN | POLLOUT)
      var watched = pollfd(fd: channel.descriptor, events: events, revents: 0)
      let ready = poll(&watched, 1, Int32(AgentConnection.patience / .milliseconds(1)))
      guard ready != 0 else { throw .agentSilent(name) }
      if ready > 0, watched.revents & Int16(POLLIN) != 0 { early += try receive(within: 0) }
    }
  }

  /// What the agent has told since the last time, waiting for nothing.
  func takeNotices() throws(HostError) -> [AgentNotice] {
    defer { early = [] }
    return early + (try receive(within: 0))
  }

  private func receive(within time: Nanoseconds) throws(HostError) -> [AgentNotice] {
    guard process_await_readable(channel.descriptor, max(0, time)) > 0 else { return [] }
    guard let lines = channel.receive() else { throw .agentLost(name) }
    return lines.compactMap { AgentNotice(words: $0) }
  }

  /// Waits for a notice that tells what is asked for; others are kept.
  func await<Answer>(
    within time: Nanoseconds = AgentConnection.patience, _ answer: (AgentNotice) -> Answer?
  ) throws(HostError) -> Answer {
    for (place, notice) in early.enumerated() {
      guard let answer = answer(notice) else { continue }
      early.remove(at: place)
      return answer
    }
    let deadline = monotonicTime() + time
    while true {
      let notices = try receive(within: deadline - monotonicTime())
      var found: Answer?
      for notice in notices {
        if found == nil, let answer = answer(notice) {
          found = answer
        } else {
          early.append(notice)
        }
      }
      if let found { return found }
      guard monotonicTime() < deadline else { throw .agentSilent(name) }
    }
  }

  /// Waits until the agent is ready.
  package func awaitReady() throws(HostError) {
    let (owner, problem) = try self.await { notice -> (String?, String?)? in
      switch notice {
      case .ready(let owner): (owner, nil)
      case .failed(let reason): (nil, reason)
      default: nil
      }
    }
    if let problem { throw .notFurnished(name, problem) }
    self.owner = owner ?? self.owner
  }

  /// Starts a program.
  func start(_ task: HostTask) throws(HostError) -> TaskID { try launch(task).id }

  /// Starts a program.
  ///
  /// - Returns: By which it is called, and its process, as the agent's namespace numbers it.
  func launch(_ task: HostTask) throws(HostError) -> (id: TaskID, process: pid_t) {
    lastTask += 1
    let id = lastTask
    try send(.start(id, task))
    let (process, failure) = try self.await { notice -> (pid_t, SpawnError?)? in
      switch notice {
      case .started(id, let process): (process, nil)
      case .notStarted(id, let error): (0, error)
      default: nil
      }
    }
    guard let error = failure else { return (id, process) }
    guard error.number != ENOENT || error.user != nil || task.program.path.contains("/") else {
      throw .noTool(task.program.path)
    }
    throw .notStarted(name, error.explanation(task.program.path))
  }

  /// Runs a tool to its end.
  ///
  /// - Parameter input: What it reads from standard input.
  /// - Throws: When it can't be started, or has not ended in time; how it ended is in the result.
  package func run(
    _ words: [String], input: String = "", within time: Nanoseconds = AgentConnection.patience
  ) throws(HostError) -> ToolResult {
    try end(begin(words, input: input), within: time)
  }

  /// Begins to run a tool, whose end is awaited by ``end(_:within:)``; several hosts can so at once.
  package func begin(
    _ words: [String], input: String = "", environment: [String] = [], user: String? = nil,
    directory: String = "/"
  ) throws(HostError) -> RunningTool {
    guard let name = words.first else { throw .noTool("") }
    var task = HostTask(
      Program(path: name, arguments: words, environment: environment, directory: directory))
    task.hasInput = true
    task.user = user
    let id = try start(task)
    for line in input.split(separator: "\n", omittingEmptySubsequences: false) {
      try send(.input(id, String(line)))
    }
    try send(.endInput(id))
    return RunningTool(id: id, words: words)
  }

  /// Waits until a tool that was begun has ended.
  package func end(
    _ tool: RunningTool, within time: Nanoseconds = AgentConnection.patience
  ) throws(HostError) -> ToolResult {
    let id = tool.id
    var result = ToolResult(words: tool.words)
    do throws(HostError) {
      result.status = try self.await(within: time) { notice in
        if case .exited(id, let status) = notice { status } else { nil }
      }
    } catch {
      guard case .agentSilent = error else { throw error }
      try send(.signal(id, SIGKILL))
      throw .toolNeverEnded(name, tool.words.joined(separator: " "), after: time)
    }
    early.removeAll { notice in
      switch notice {
      case .output(id, let line): result.output.append(line)
      case .errorOutput(id, let line): result.errorOutput.append(line)
      default: return false
      }
      return true
    }
    return result
  }

  /// Signals all processes of the host.
  func signalAll(_ number: Int32) throws(HostError) {
    try send(.signalAll(number))
    try self.await { $0 == .signalled ? () : nil }
  }

  /// The letters of the states of all processes of the host.
  func states() throws(HostError) -> [UInt8] {
    try send(.states)
    return try self.await { if case .states(let letters) = $0 { letters } else { nil } }
  }

  /// Sends a datagram from this host to each address.
  package func probe(_ addresses: [String], port: Int) throws(HostError) {
    try send(.probe(addresses, port: port))
    let problem = try self.await { if case .probed(let text) = $0 { text } else { nil } }
    guard problem.isEmpty else { throw .probeFailed(name, problem) }
  }

  /// Makes a file on the host, and the directories above it.
  package func write(
    _ content: String, to path: String, mode: UInt32 = 0o644
  ) throws(HostError) {
    try send(.write(path: path, mode: mode, content: content))
    _ = try answer()
  }

  /// The last bytes of a file on the host, or none where there is no such file.
  package func tail(_ path: String, _ count: Int) throws(HostError) -> String {
    try send(.tail(path: path, count: count))
    return try answer().first ?? ""
  }

  /// Which of these programs are not on the host.
  package func missing(_ programs: [String]) throws(HostError) -> [String] {
    try send(.find(programs))
    return zip(programs, try answer()).filter { $1.isEmpty }.map(\.0)
  }

  /// Has a tool be run when the agent ends, however we do.
  ///
  /// - Parameter words: A tool that succeeds when all is undone, also where there was nothing to undo.
  func atEnd(_ words: [String]) throws(HostError) {
    try send(.atEnd(words))
    _ = try answer()
  }

  /// Has a breaker of the host do something.
  ///
  /// - Returns: What it answers.
  func ask(
    _ breaker: BreakerName, _ words: [String], within time: Nanoseconds = AgentConnection.patience
  ) throws(HostError) -> [String] {
    try send(.ask(breaker, words))
    return try answer(within: time)
  }

  private func answer(
    within time: Nanoseconds = AgentConnection.patience
  ) throws(HostError) -> [String] {
    let (answer, reason) = try self.await(within: time) { notice -> ([String], String?)? in
      switch notice {
      case .answered(let words): (words, nil)
      case .refused(let reason): ([], reason)
      default: nil
      }
    }
    if let reason { throw .refused(name, reason) }
    return answer
  }

  /// Lets the agent go, which ends it and all that it started.
  package func close() { _ = Glibc.close(channel.descriptor) }
}

/// A tool that an agent runs.
package struct RunningTool {
  let id: TaskID
  let words: [String]
}

/// What a tool printed, and how it ended.
package struct ToolResult: Hashable {
  var words: [String]
  package var status = ExitStatus.exited(code: 0)
  package var output: [String] = []
  package var errorOutput: [String] = []

  init(words: [String]) { self.words = words }

  package var succeeded: Bool { status == .exited(code: 0) }

  /// The tool as a line, how it ended and the last that it said.
  var problem: String {
    let said = (errorOutput + output).filter { !$0.isEmpty }.suffix(3).joined(separator: "; ")
    return "\(words.joined(separator: " ")): \(status)" + (said.isEmpty ? "" : ": \(said)")
  }

  /// - Throws: When it did not end with status 0.
  @discardableResult
  package func checked(on host: String) throws(HostError) -> ToolResult {
    guard succeeded else { throw .toolFailed(host, problem) }
    return self
  }
}

// MARK: Agents of hosts

extension AgentConnection {
  /// Starts an agent in namespaces of its own.
  ///
  /// - Parameters:
  ///   - program: Is an agent where its first argument is `agent`: it calls ``runAgent(_:)``.
  ///   - sockets: Its end of its control socket, and those of the agents that it will start.
  /// - Returns: Its process.
  package static func launch(
    _ program: String, _ settings: AgentSettings, sockets: [Int32]
  ) throws -> Int32 {
    do {
      return try start(program, settings, sockets: sockets)
    } catch let error as SpawnError {
      throw notStarted(program, error)
    }
  }

  /// What an agent that can't be started means.
  static func notStarted(_ program: String, _ error: SpawnError) -> HostError {
    .agentNotStarted(refusal(error.number) ?? error.explanation(program))
  }

  /// The same as ``launch(_:_:sockets:)``, but that it throws a `SpawnError` where the program could not
  /// be executed in its namespaces.
  static func start(
    _ program: String, _ settings: AgentSettings, sockets: [Int32]
  ) throws -> Int32 {
    let limit = AgentDescriptors.control + Int32(sockets.count)
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { _ = Glibc.close(null) }
    var wanted: [(source: Int32, target: Int32)] = [(null, 0), (null, 1)]
    for (number, socket) in sockets.enumerated() {
      wanted.append((socket, AgentDescriptors.control + Int32(number)))
    }
    // Copied beyond all targets, so that none is overwritten before it is handed on.
    let copies = wanted.map {
      (source: fcntl($0.source, F_DUPFD_CLOEXEC, limit), target: $0.target)
    }
    defer { for copy in copies { _ = Glibc.close(copy.source) } }
    guard copies.allSatisfy({ $0.source >= 0 }) else {
      throw SystemCallError("can't copy descriptors (raise the limit: ulimit -n)")
    }
    var surroundings = Program.Surroundings(descriptors: copies, closingFrom: limit)
    surroundings.isIsolated = settings.isIsolated
    surroundings.hasOwnNetwork = settings.isolation == .host
    let agent = Program(
      path: program, arguments: [program, "agent"] + settings.arguments,
      environment: inheritedEnvironment(), directory: "/")
    return try agent.start(surroundings)
  }

  /// What it means that a process in new namespaces was refused.
  private static func refusal(_ number: Int32) -> String? {
    switch number {
    case EPERM where geteuid() == 0:
      "root may not make namespaces here; in a container that takes --privileged"
    case EPERM: "this user may not make namespaces"
    case ENOSPC: "no more namespaces may be made; raise the limits: sysctl user"
    default: nil
    }
  }

  /// Has this agent start another on a host of its own.
  package func startHost(_ number: Int, _ settings: AgentSettings) throws(HostError) {
    try send(.host(number, arguments: settings.arguments))
  }

  /// Waits until a host's agent was started.
  ///
  /// - Returns: Its process, as this agent's namespace numbers it.
  package func awaitHost(_ number: Int) throws(HostError) -> Int32 {
    let (pid, error) = try self.await { notice -> (Int32, SpawnError?)? in
      switch notice {
      case .host(number, let pid): (pid, nil)
      case .notHosted(number, let error): (0, error)
      default: nil
      }
    }
    if let error { throw .agentNotStarted(error.explanation("/proc/self/exe")) }
    return pid
  }
}
