import CProcess
import Glibc
import Nodes
import Packets
import Processes
import Values

/// Is the agent of a host: starts, signals and ends programs as the controller says, and ends with it.
///
/// Where it is process 1 of a PID namespace, the kernel ends with it all that was ever started there,
/// however the agent comes to its end. Else it adopts orphans, and ends them itself.
///
/// - Returns: The status to exit with.
public func runAgent(_ settings: AgentSettings) -> Int32 {
  for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { Glibc.signal(signal, SIG_IGN) }
  let childSignals = process_child_signals()
  guard childSignals >= 0, let poller = try? Poller() else { return 70 }
  let agent = Agent(settings, childSignals: childSignals, poller: poller)
  agent.serve()
  return 0
}

/// The descriptors that an agent is started with.
enum AgentDescriptors {
  static let control: Int32 = 3

  /// What a host's agent will have as its control socket.
  static func host(_ number: Int) -> Int32 { control + 1 + Int32(number) }
}

private final class Agent {
  /// A program that was started and has not ended.
  private final class Running {
    let id: TaskID
    let pid: pid_t
    /// Our end of its standard input; -1 where it has ended.
    var input: Int32
    /// What it is to read and does not yet.
    var unread: [UInt8] = []
    /// Whether its input ends with what is unread.
    var isInputOver = false
    /// Our ends of its standard output and error; -1 where they have ended.
    var outputs: [Int32]
    var lines = [LineReader(), LineReader()]
    var pidFile: String?

    init(id: TaskID, pid: pid_t, input: Int32, outputs: [Int32]) {
      self.id = id
      self.pid = pid
      self.input = input
      self.outputs = outputs
    }
  }

  private let settings: AgentSettings
  private let machine = MachineProcesses()
  private let childSignals: Int32
  private var poller: Poller
  private var control = LineChannel(descriptor: AgentDescriptors.control)
  private var tasks: [TaskID: Running] = [:]
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)
  /// Whether the controller is still there.
  private var isHeard = true
  /// What breaks and mends this host; none is made before it is asked for something.
  private var breakers: [BreakerName: any HostBreaker] = [:]
  /// The tools that are run at the end.
  private var lastTools: [[String]] = []
  /// Where these are on record, too, for whoever is left when this process is killed.
  private let farewell: Farewell?
  /// When the controller was heard last.
  private var heard = monotonicTime()

  init(_ settings: AgentSettings, childSignals: Int32, poller: consuming Poller) {
    self.settings = settings
    self.childSignals = childSignals
    self.poller = poller
    farewell = settings.farewell
    for host in 0..<settings.hostCount {
      _ = fcntl(AgentDescriptors.host(host), F_SETFD, FD_CLOEXEC)
    }
    _ = fcntl(AgentDescriptors.control, F_SETFD, FD_CLOEXEC)
  }

  /// How many chunks are read of what a program that has ended left to be read.
  private static let restMax = 64

  private static let controlSource = UInt64.max
  private static let childSource = UInt64.max - 1
  /// Of a program, beside the numbers of its outputs.
  private static let input: UInt64 = 2

  private static func source(_ id: TaskID, _ stream: UInt64) -> UInt64 { UInt64(id) << 2 | stream }

  func serve() {
    if let problem = settings.furnish() { return tell(.failed(problem)) }
    if !settings.isIsolated { _ = process_become_subreaper() }
    poller.watch(control.descriptor, as: Agent.controlSource)
    poller.watch(childSignals, as: Agent.childSource)
    tell(.ready(owner: settings.isAlone ? nil : settings.groupName))
    while isHeard {
      for source in poller.wait(timeUntilWake) {
        switch source {
        case Agent.controlSource:
          heard = monotonicTime()
          guard let lines = control.receive() else { return endAll() }
          for line in lines { AgentCommand(words: line).map(obey) }
        case Agent.childSource: reap()
        default:
          guard let task = tasks[Int(source >> 2)] else { continue }
          if source & 3 == Agent.input {
            flush(task)
          } else {
            _ = read(task, stream: Int(source & 3))
          }
        }
      }
      wakeBreakers()
      if let silenceEnd, monotonicTime() > silenceEnd { isHeard = false }
    }
    endAll()
  }

  private func tell(_ notice: AgentNotice) {
    if !control.send(notice.words) { isHeard = false }
  }

  private func obey(_ command: AgentCommand) {
    switch command {
    case .start(let id, let task):
      let notice = start(id, task)
      wakeBreakers(isEarly: true)
      tell(notice)
    case .input(let id, let line): write(line, to: id)
    case .endInput(let id): endInput(of: id)
    case .signal(let id, let number):
      if let task = tasks[id] { kill(-task.pid, number) }
      tell(.signalled)
    case .signalAll(let number):
      signalAll(number)
      tell(.signalled)
    case .states: tell(.states(othersStates().map(\.letter)))
    case .host(let number, let arguments): tell(host(number, arguments))
    case .probe(let addresses, let port): tell(.probed(probe(addresses, port: port)))
    case .write(let path, let mode, let content): tell(write(content, to: path, mode: mode))
    case .tail(let path, let count):
      let bytes = lastBytes(count, ofFile: path) ?? []
      tell(.answered([String(decoding: bytes, as: UTF8.self)]))
    case .find(let names): tell(.answered(names.map { findProgram($0) ?? "" }))
    case .atEnd(let words):
      do { try farewell?.add(words) } catch { return tell(.refused("\(error)")) }
      lastTools.append(words)
      tell(.answered([]))
    case .heartbeat: break
    case .ask(let name, let words): tell(ask(name, words))
    }
  }

  private func write(_ content: String, to path: String, mode: UInt32) -> AgentNotice {
    do {
      if let slash = path.lastIndex(of: "/") { try makeDirectories(String(path[..<slash])) }
    } catch {
      return .refused("\(error)")
    }
    // A node's user may have put a link there to a file that is not theirs.
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode)
    guard file >= 0 else { return .refused("can't write \(path): \(errorText(errno))") }
    defer { close(file) }
    let bytes = Array(content.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count, fchmod(file, mode) == 0 else {
      return .refused("can't write \(path): \(errorText(errno))")
    }
    return .answered([])
  }

  // MARK: Breakers

  private func ask(_ name: BreakerName, _ words: [String]) -> AgentNotice {
    do throws(BreakerRefusal) {
      let breaker = try breaker(name)
      return .answered(try breaker.obey(words, on: processes))
    } catch {
      return .refused(error.reason)
    }
  }

  private func breaker(_ name: BreakerName) throws(BreakerRefusal) -> any HostBreaker {
    if let breaker = breakers[name] { return breaker }
    let breaker = try makeBreaker(name, settings)
    breakers[name] = breaker
    return breaker
  }

  /// Until a breaker wants to be woken; negative where none does.
  private var timeUntilWake: Nanoseconds {
    let wakes = breakers.values.compactMap(\.nextWake) + (silenceEnd.map { [$0] } ?? [])
    return wakes.min().map { max(0, $0 - monotonicTime()) } ?? -1
  }

  /// When the controller counts as gone, unless it is heard before.
  private var silenceEnd: Nanoseconds? {
    settings.silenceMax.map { heard + .seconds(Int64($0)) }
  }

  /// - Parameter isEarly: Whether those are woken too who want to be later, for a program has begun.
  private func wakeBreakers(isEarly: Bool = false) {
    let now = monotonicTime()
    for breaker in breakers.values {
      if let wake = breaker.nextWake, isEarly || wake <= now { breaker.wake(on: processes) }
    }
  }

  /// The processes of the host that are not agents.
  private var processes: [pid_t] {
    processesHere().map(\.pid)
  }

  // MARK: Programs

  private func start(_ id: TaskID, _ task: HostTask) -> AgentNotice {
    do {
      return try spawn(id, task)
    } catch let error as SpawnError {
      return .notStarted(id, error)
    } catch {
      return .notStarted(id, SpawnError(number: errno))
    }
  }

  private func spawn(_ id: TaskID, _ task: HostTask) throws -> AgentNotice {
    let input = task.hasInput ? try Pipe(capacity: 0) : nil
    let outputs = task.output == .lines ? [try Pipe(capacity: 0), try Pipe(capacity: 0)] : []
    var theirs: [Int32] = []
    defer { for descriptor in theirs { close(descriptor) } }
    theirs.append(input?.readEnd ?? open("/dev/null", O_RDONLY | O_CLOEXEC))
    switch task.output {
    case .lines: theirs += outputs.map(\.writeEnd)
    case .file(let path):
      let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      guard file >= 0 else { throw SpawnError(number: errno) }
      theirs += [file, fcntl(file, F_DUPFD_CLOEXEC, 0)]
    }
    var surroundings = Program.Surroundings(
      descriptors: try theirs.enumerated().map { number, descriptor in
        // Copied beyond the targets, so that none is overwritten before it is handed on.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw SpawnError(number: errno) }
        return (copy, Int32(number))
      }, closingFrom: 3)
    defer { for pair in surroundings.descriptors { close(pair.source) } }
    surroundings.groups = task.groups
    surroundings.user = task.user
    surroundings.openFiles = task.openFiles
    var program = task.program
    program.environment = inheritedEnvironment(changing: program.environment)
    if !program.path.contains("/") {
      guard let path = findProgram(program.path) else { throw SpawnError(number: ENOENT) }
      program.path = path
    }
    if task.isWatched, let breaker = breakers[.disks] {
      surroundings.watchedCalls = breaker.watchedCalls
      surroundings.takeListener = breaker.answer
    }
    let pid = try program.start(surroundings)
    let running = Running(
      id: id, pid: pid, input: input?.writeEnd ?? -1, outputs: outputs.map(\.readEnd))
    tasks[id] = running
    if let path = task.pidFile, let number = machine.number(ofChild: pid) {
      _ = write("\(number)\n", to: path, mode: 0o644)
      running.pidFile = path
    }
    if let input { setNonBlocking(input.writeEnd) }
    for (stream, descriptor) in running.outputs.enumerated() {
      setNonBlocking(descriptor)
      poller.watch(descriptor, as: Agent.source(id, UInt64(stream)))
    }
    return .started(id, pid: pid)
  }

  /// Hands a program a line, of which what it does not read now is kept: who waited for it would not
  /// hear the controller, nor notice its end.
  private func write(_ line: String, to id: TaskID) {
    guard let task = tasks[id], task.input >= 0, !task.isInputOver else { return }
    let isWaiting = !task.unread.isEmpty
    task.unread += line.utf8
    task.unread.append(UInt8(ascii: "\n"))
    guard !isWaiting else { return }
    flush(task)
    guard task.input >= 0, !task.unread.isEmpty else { return }
    poller.watch(task.input, as: Agent.source(id, Agent.input), forWriting: true)
  }

  /// Writes what a program has room for.
  private func flush(_ task: Running) {
    var written = 0
    while task.input >= 0, written < task.unread.count {
      let count = task.unread.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        return Glibc.write(task.input, rest.baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { break }
      guard count > 0 else { return closeInput(of: task) }
      written += count
    }
    task.unread.removeFirst(written)
    guard task.unread.isEmpty, task.input >= 0 else { return }
    poller.forget(task.input)
    if task.isInputOver { closeInput(of: task) }
  }

  private func endInput(of id: TaskID) {
    guard let task = tasks[id] else { return }
    task.isInputOver = true
    if task.unread.isEmpty { closeInput(of: task) }
  }

  private func closeInput(of task: Running) {
    guard task.input >= 0 else { return }
    poller.forget(task.input)
    close(task.input)
    task.input = -1
    task.unread = []
  }

  /// Tells what a program printed.
  ///
  /// - Returns: Whether there may be more.
  private func read(_ task: Running, stream: Int) -> Bool {
    let descriptor = task.outputs[stream]
    guard descriptor >= 0 else { return false }
    let count = Glibc.read(descriptor, &chunk, chunk.count)
    if count < 0 { return errno == EINTR }
    guard count > 0 else {
      poller.forget(descriptor)
      close(descriptor)
      task.outputs[stream] = -1
      return false
    }
    chunk.withUnsafeBytes { bytes in
      task.lines[stream].take(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { line in
        let text = String(decoding: line, as: UTF8.self)
        tell(stream == 0 ? .output(task.id, text) : .errorOutput(task.id, text))
      }
    }
    return true
  }

  /// Waits for all children that have ended, and orphans that were adopted.
  private func reap() {
    var signals = [UInt8](repeating: 0, count: 4_096)
    while Glibc.read(childSignals, &signals, signals.count) > 0 {}
    while case let ended = process_ended_child(), ended > 0 {
      let task = tasks.values.first { $0.pid == ended }
      // While the leader is a zombie, the group's number can't be another's.
      if task != nil { kill(-ended, SIGKILL) }
      var status: Int32 = 0
      waitpid(ended, &status, 0)
      if let task { finish(task, ExitStatus(waitStatus: status)) }
    }
  }

  private func finish(_ task: Running, _ status: ExitStatus) {
    // What it left may go on printing: so much and no more is read of what is there already.
    for stream in task.outputs.indices {
      var count = 0
      while count < Agent.restMax, read(task, stream: stream) { count += 1 }
    }
    for stream in task.outputs.indices {
      if let rest = task.lines[stream].takePartial() {
        let text = String(decoding: rest, as: UTF8.self)
        tell(stream == 0 ? .output(task.id, text) : .errorOutput(task.id, text))
      }
      guard task.outputs[stream] >= 0 else { continue }
      poller.forget(task.outputs[stream])
      close(task.outputs[stream])
    }
    closeInput(of: task)
    if let path = task.pidFile { unlink(path) }
    tasks[task.id] = nil
    tell(.exited(task.id, status))
  }

  // MARK: The host as a whole

  /// The states of all processes of the host that are not agents, those that have ended left out.
  private func othersStates() -> [ProcessState] {
    processesHere().map(\.state)
  }

  private func processesHere() -> [(pid: pid_t, state: ProcessState)] {
    let all = settings.isIsolated ? processStates() : descendantsOfThisProcess()
    return all.filter { $0.pid != getpid() && $0.state.letter != UInt8(ascii: "Z") }
  }

  private func signalAll(_ number: Int32) {
    if settings.isIsolated {
      // Every process of this namespace but this one.
      kill(-1, number)
    } else {
      for process in processesHere() { kill(process.pid, number) }
    }
  }

  private func host(_ number: Int, _ arguments: [String]) -> AgentNotice {
    let descriptor = AgentDescriptors.host(number)
    let program = Program(
      path: "/proc/self/exe", arguments: ["shrike", "agent"] + arguments,
      environment: inheritedEnvironment(), directory: "/")
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    var surroundings = Program.Surroundings(
      descriptors: [(null, 0), (null, 1), (2, 2), (descriptor, AgentDescriptors.control)],
      closingFrom: AgentDescriptors.control + 1)
    // Copied beyond the targets.
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, AgentDescriptors.control + 1)
    defer { close(copy) }
    surroundings.descriptors[3].source = copy
    surroundings.isIsolated = true
    surroundings.hasOwnNetwork = true
    do throws(SpawnError) {
      let pid = try program.start(surroundings)
      close(descriptor)
      return .host(number, pid: pid)
    } catch {
      return .notHosted(number, error)
    }
  }

  /// - Returns: What went wrong, or nothing.
  private func probe(_ addresses: [String], port: Int) -> String {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return "can't make a socket: \(errorText(errno))" }
    defer { close(socket) }
    Detour.passBy(socket)
    for address in addresses {
      var target = sockaddr_in()
      target.sin_family = sa_family_t(AF_INET)
      target.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
      guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else {
        return "\(address) is no address"
      }
      let sent = withUnsafePointer(to: &target) { target in
        target.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(socket, "shrike", 6, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard sent == 6 else { return "can't send to \(address): \(errorText(errno))" }
    }
    return ""
  }

  /// Ends what was started, where the kernel doesn't.
  private func endAll() {
    for breaker in breakers.values { breaker.mend() }
    let ends = lastTools.map(runTool)
    if ends.allSatisfy({ $0 }) { farewell?.forgetTools() }
    guard !settings.isIsolated else { return }
    for task in tasks.values { kill(-task.pid, SIGKILL) }
    endDescendants()
  }
}
