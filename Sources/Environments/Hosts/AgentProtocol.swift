import Glibc
import Processes

/// The number by which the controller calls a program that it has an agent start.
typealias TaskID = Int

/// A program to be started on a host.
///
/// Its environment is the agent's, in which the variables that are named here take the place of those
/// there; its path may be a name that the agent looks for.
struct HostTask: Hashable {
  /// Where what it prints goes.
  enum Output: Hashable {
    /// Each line of it is told to the controller.
    case lines
    /// Appended to a file, what it prints to standard error too.
    case file(String)
  }

  var program: Program
  /// Whom it runs as; nothing for whom the agent runs as.
  var user: String?
  /// The most files that it may have open; nothing for as many as the agent.
  var openFiles: Int?
  /// The `cgroup.procs` files of the control groups that it joins.
  var groups: [String] = []
  var output = Output.lines
  /// A file that has its number while it runs; see ``MachineProcesses``.
  var pidFile: String?
  /// Whether the controller writes its standard input; else that is empty.
  var hasInput = false
  /// Whether breakers answer its system calls.
  var isWatched = false

  init(_ program: Program) { self.program = program }
}

/// What the controller asks of an agent, a line each.
enum AgentCommand: Hashable {
  case start(TaskID, HostTask)
  /// A line for a program's standard input.
  case input(TaskID, String)
  case endInput(TaskID)
  /// Signals a program's process group.
  case signal(TaskID, Int32)
  /// Signals every process on the host but agents.
  case signalAll(Int32)
  /// Asks how the processes of the host are.
  case states
  /// Starts an agent on a host of its own: process 1 of new namespaces, told its arguments.
  case host(Int, arguments: [String])
  /// Sends datagrams from this host to a port of others.
  case probe([String], port: Int)
  /// Makes a file, and the directories above it.
  case write(path: String, mode: UInt32, content: String)
  /// Asks for the last bytes of a file.
  case tail(path: String, count: Int)
  /// Asks where programs are.
  case find([String])
  /// Has a tool be run when the agent ends, however its controller has ended.
  case atEnd([String])
  /// Says that the controller is still there.
  case heartbeat
  /// Has a breaker do something, in its own words.
  case ask(BreakerName, [String])
}

/// What of a host an agent can break and mend.
enum BreakerName: String, Hashable, CaseIterable {
  case groups
  case clocks
  case machineClock = "machine-clock"
  case disks
  case packets
}

/// What an agent tells the controller, a line each.
enum AgentNotice: Hashable {
  /// The agent is ready, or why it can't be; the owner is whose name is given to what it leaves on its host.
  case ready(owner: String?)
  case failed(String)
  case started(TaskID, pid: Int32)
  case notStarted(TaskID, SpawnError)
  case output(TaskID, String)
  case errorOutput(TaskID, String)
  /// The program has ended, and all that it printed was told.
  case exited(TaskID, ExitStatus)
  case signalled
  /// The letter of each process's state.
  case states([UInt8])
  /// The process of a host's agent, as the namespace of this one numbers it.
  case host(Int, pid: Int32)
  case notHosted(Int, SpawnError)
  case probed(String)
  /// What was asked for, or why it was not done.
  case answered([String])
  case refused(String)
}

extension AgentCommand {
  var words: [String] {
    switch self {
    case .start(let id, let task): ["start", "\(id)"] + task.words
    case .input(let id, let line): ["input", "\(id)", line]
    case .endInput(let id): ["end-input", "\(id)"]
    case .signal(let id, let number): ["signal", "\(id)", "\(number)"]
    case .signalAll(let number): ["signal-all", "\(number)"]
    case .states: ["states"]
    case .host(let number, let arguments): ["host", "\(number)"] + arguments
    case .probe(let addresses, let port): ["probe", "\(port)"] + addresses
    case .write(let path, let mode, let content): ["write", "\(mode)", path, content]
    case .tail(let path, let count): ["tail", "\(count)", path]
    case .find(let names): ["find"] + names
    case .atEnd(let words): ["at-end"] + words
    case .heartbeat: ["heartbeat"]
    case .ask(let breaker, let words): ["ask", breaker.rawValue] + words
    }
  }

  init?(words: [String]) {
    let number = words.count > 1 ? Int(words[1]) : nil
    switch (words.first, number) {
    case ("start", let id?):
      guard let task = HostTask(words: words[2...]) else { return nil }
      self = .start(id, task)
    case ("input", let id?) where words.count == 3: self = .input(id, words[2])
    case ("end-input", let id?): self = .endInput(id)
    case ("signal", let id?) where words.count == 3:
      guard let signal = Int32(words[2]) else { return nil }
      self = .signal(id, signal)
    case ("signal-all", let signal?): self = .signalAll(Int32(signal))
    case ("states", nil): self = .states
    case ("host", let number?): self = .host(number, arguments: Array(words[2...]))
    case ("probe", let port?): self = .probe(Array(words[2...]), port: port)
    case ("write", let mode?) where words.count == 4:
      self = .write(path: words[2], mode: UInt32(clamping: mode), content: words[3])
    case ("tail", let count?) where words.count == 3: self = .tail(path: words[2], count: count)
    case ("find", _): self = .find(Array(words.dropFirst()))
    case ("at-end", _) where words.count > 1: self = .atEnd(Array(words.dropFirst()))
    case ("heartbeat", nil): self = .heartbeat
    case ("ask", nil):
      guard words.count > 1, let breaker = BreakerName(rawValue: words[1]) else { return nil }
      self = .ask(breaker, Array(words[2...]))
    default: return nil
    }
  }
}

extension HostTask {
  fileprivate var words: [String] {
    let file = if case .file(let path) = output { path } else { "" }
    return [
      program.path, program.directory ?? "", user ?? "", file, pidFile ?? "",
      hasInput ? "input" : "",
      openFiles.map { "\($0)" } ?? "", "\(groups.count)", "\(program.arguments.count)",
      isWatched ? "watched" : "",
    ] + groups + program.arguments + program.environment
  }

  fileprivate init?(words: ArraySlice<String>) {
    let words = Array(words)
    guard words.count >= 10, let groupCount = Int(words[7]), let count = Int(words[8]),
      groupCount >= 0, count >= 0, words.count >= 10 + groupCount + count
    else { return nil }
    let first = 10 + groupCount
    program = Program(
      path: words[0], arguments: Array(words[first..<first + count]),
      environment: Array(words[(first + count)...]), directory: words[1].isEmpty ? nil : words[1])
    user = words[2].isEmpty ? nil : words[2]
    output = words[3].isEmpty ? .lines : .file(words[3])
    pidFile = words[4].isEmpty ? nil : words[4]
    hasInput = words[5] == "input"
    openFiles = Int(words[6])
    isWatched = words[9] == "watched"
    groups = Array(words[10..<first])
  }
}

extension AgentNotice {
  var words: [String] {
    switch self {
    case .ready(let owner): ["ready"] + (owner.map { [$0] } ?? [])
    case .failed(let reason): ["failed", reason]
    case .started(let id, let pid): ["started", "\(id)", "\(pid)"]
    case .notStarted(let id, let error):
      ["not-started", "\(id)", "\(error.number)", error.user ?? ""]
    case .output(let id, let line): ["output", "\(id)", line]
    case .errorOutput(let id, let line): ["error", "\(id)", line]
    case .exited(let id, .exited(let code)): ["exited", "\(id)", "code", "\(code)"]
    case .exited(let id, .signalled(let number)): ["exited", "\(id)", "signal", "\(number)"]
    case .signalled: ["signalled"]
    case .states(let letters): ["states", String(decoding: letters, as: UTF8.self)]
    case .host(let number, let pid): ["host", "\(number)", "\(pid)"]
    case .notHosted(let number, let error): ["not-hosted", "\(number)", "\(error.number)"]
    case .probed(let problem): ["probed", problem]
    case .answered(let words): ["answered"] + words
    case .refused(let reason): ["refused", reason]
    }
  }

  init?(words: [String]) {
    func text(_ place: Int) -> String { place < words.count ? words[place] : "" }
    func number(_ place: Int) -> Int { Int(text(place)) ?? 0 }
    switch words.first {
    case "ready": self = .ready(owner: words.count > 1 ? words[1] : nil)
    case "failed": self = .failed(text(1))
    case "started": self = .started(number(1), pid: Int32(number(2)))
    case "not-started":
      let user = text(3).isEmpty ? nil : text(3)
      self = .notStarted(number(1), SpawnError(number: Int32(number(2)), user: user))
    case "output": self = .output(number(1), text(2))
    case "error": self = .errorOutput(number(1), text(2))
    case "exited":
      let status = Int32(number(3))
      self = .exited(
        number(1), text(2) == "code" ? .exited(code: status) : .signalled(number: status))
    case "signalled": self = .signalled
    case "states": self = .states(Array(text(1).utf8))
    case "host": self = .host(number(1), pid: Int32(number(2)))
    case "not-hosted": self = .notHosted(number(1), SpawnError(number: Int32(number(2))))
    case "probed": self = .probed(text(1))
    case "answered": self = .answered(Array(words.dropFirst()))
    case "refused": self = .refused(text(1))
    default: return nil
    }
  }
}
