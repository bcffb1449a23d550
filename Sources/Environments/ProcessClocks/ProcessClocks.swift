package import Glibc
import Processes
package import Values

/// Changes what running processes, in whatever language, read of their wall clocks.
///
/// It overwrites the beginnings of the functions of their vDSO by jumps to code of ours, which lies in
/// the unused end of the vDSO's last page, asks the kernel for the time, and maps it. Children that are
/// forked have the same code; a program that is executed has the kernel's, until clocks are set again.
/// Who asks the kernel itself and not the vDSO reads the right clock, and so does the kernel where it waits.
package struct ProcessClocks {
  /// What came of it.
  package struct Outcome: Hashable {
    /// In how many processes the clock was read back as it was to be set.
    package var count = 0
    /// Why it was not in others, which live.
    package var problems: [String] = []
    /// Whether any process's clock had to be changed for that.
    package var isNew = false

    package init(count: Int = 0, problems: [String] = [], isNew: Bool = false) {
      self.count = count
      self.problems = problems
      self.isNew = isNew
    }
  }

  private let code: ClockCode
  private let vdso: VDSO
  private let jumps: [Jump]
  /// The bytes of a vDSO with our code, and jumps to it or not; the parameters are those of a right clock.
  private let patched: [UInt8]
  private let restored: [UInt8]

  /// The place of a function of the vDSO, and what is written there.
  private struct Jump {
    var place: Int
    var bytes: [UInt8]
    var original: [UInt8]
  }

  /// - Throws: In words, why clocks can't be changed on this machine.
  package init() throws(ClockProblem) {
    guard let code = ClockCode() else {
      throw ClockProblem(
        "clocks of processes can be changed on x86-64 only, and this machine is another")
    }
    guard let vdso = VDSO() else {
      throw ClockProblem("this kernel gives processes no vDSO, whose code could be changed")
    }
    guard vdso.room.count >= code.bytes.count else {
      throw ClockProblem(
        "this kernel's vDSO has room for \(vdso.room.count) bytes of code, and it takes "
          + "\(code.bytes.count)")
    }
    self.code = code
    self.vdso = vdso
    var jumps: [Jump] = []
    for (name, offset) in code.entries {
      guard let function = vdso.function(name) else {
        throw ClockProblem("this kernel's vDSO has no function \(name)")
      }
      // A jump by the distance from its own end.
      let distance = Int32(vdso.room.lowerBound + offset - (function.lowerBound + 5))
      let bytes = [0xe9] + withUnsafeBytes(of: distance.littleEndian, Array.init)
      guard function.count >= bytes.count else {
        throw ClockProblem(
          "the function \(name) of this kernel's vDSO has \(function.count) bytes, and a jump takes "
            + "\(bytes.count)")
      }
      jumps.append(
        Jump(
          place: function.lowerBound, bytes: bytes,
          original: Array(vdso.bytes[function.lowerBound..<function.lowerBound + bytes.count])))
    }
    self.jumps = jumps
    let start = vdso.room.lowerBound
    var restored = vdso.bytes
    restored.replaceSubrange(start..<start + code.bytes.count, with: code.bytes)
    self.restored = restored
    var patched = restored
    for jump in jumps {
      patched.replaceSubrange(jump.place..<jump.place + jump.bytes.count, with: jump.bytes)
    }
    self.patched = patched
  }

  /// Why clocks of this machine's processes can't be changed; nothing where they can.
  package static var problem: String? {
    do throws(ClockProblem) {
      try ProcessClocks().tryWriting()
      return nil
    } catch {
      return error.reason
    }
  }

  /// Writes to the vDSO of this process what is there already.
  private func tryWriting() throws(ClockProblem) {
    do throws(ProcessMemory.Absence) {
      let memory = try ProcessMemory(getpid())
      try memory.write([0], at: vdso.bytes.count - 1)
    } catch {
      throw ClockProblem("processes' code can't be changed here: \(error.text)")
    }
  }

  /// Has processes read a clock, those that already do and those that don't yet.
  ///
  /// Running threads read the clock before or the new one, and never a mixture. A process whose code is
  /// not yet or no longer to be ours stands still for a moment.
  ///
  /// Nobody may thaw frozen processes meanwhile.
  ///
  /// - Parameter patience: How long to try again where a process begins another program at this
  ///   moment, or something else hinders that may pass.
  package func set(
    _ mapping: ClockMapping, of pids: [pid_t], within patience: Nanoseconds = .milliseconds(50)
  ) -> Outcome {
    let deadline = monotonicTime() + patience
    var isNew = false
    while true {
      var outcome = attempt(mapping, of: pids)
      isNew = isNew || outcome.isNew
      outcome.isNew = isNew
      guard !outcome.problems.isEmpty, monotonicTime() < deadline else { return outcome }
      usleep(500)
    }
  }

  private func attempt(_ mapping: ClockMapping, of pids: [pid_t]) -> Outcome {
    var outcome = Outcome()
    var standing: [(pid: pid_t, base: UInt64)] = []
    var checked: [pid_t] = []
    for pid in pids {
      do throws(ProcessMemory.Absence) {
        let memory = try ProcessMemory(pid)
        switch try condition(of: memory) {
        case .untouched where mapping.isRight: outcome.count += 1
        case .restored where mapping.isRight: outcome.count += 1
        case .inForce(mapping, _): outcome.count += 1
        case .inForce(_, let turn):
          // A clock that is right again is so by its parameters, wherever the process is; that the code
          // goes, too, only makes readings of it fast again.
          try change(mapping, after: turn, in: memory)
          outcome.isNew = true
          if mapping.isRight { standing.append((pid, memory.base)) } else { checked.append(pid) }
        case .untouched, .restored:
          try memory.write(code.bytes(with: mapping), at: vdso.room.lowerBound)
          standing.append((pid, memory.base))
        case .foreign:
          throw .refused("the code of its vDSO is not this kernel's, nor ours")
        }
      } catch {
        outcome.note(error, of: pid)
      }
    }
    if !standing.isEmpty {
      if redirect(standing, isOurs: !mapping.isRight, &outcome) { outcome.isNew = true }
      checked += standing.map(\.pid)
    }
    for pid in checked {
      do throws(ProcessMemory.Absence) {
        switch try condition(of: ProcessMemory(pid)) {
        case .inForce(mapping, _): outcome.count += 1
        case .untouched where mapping.isRight, .restored where mapping.isRight: outcome.count += 1
        default: throw .refused("its clock is not as it was set")
        }
      } catch {
        outcome.note(error, of: pid)
      }
    }
    return outcome
  }

  /// Reads back what clock a process has.
  ///
  /// - Returns: Nothing where it has ended, or its code is neither the kernel's nor ours.
  package func mapping(of pid: pid_t) -> ClockMapping? {
    guard let condition = try? condition(of: ProcessMemory(pid)) else { return nil }
    switch condition {
    case .untouched, .restored: return ClockMapping()
    case .inForce(let mapping, _): return mapping
    case .foreign: return nil
    }
  }

  /// Writes the code to memory of this process, for tests.
  ///
  /// - Returns: The address of the function that maps a time.
  package func write(
    _ mapping: ClockMapping, to memory: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    memory.copyMemory(from: code.bytes(with: mapping), byteCount: code.bytes.count)
    return memory + code.shown
  }

  /// What the vDSO of a process has before our code, for tests.
  package func functions(of pid: pid_t) -> [UInt8]? {
    try? ProcessMemory(pid).read(0, count: vdso.room.lowerBound)
  }

  /// Changes the vDSO of a process as others might, for tests.
  ///
  /// - Returns: Whether it was done.
  package func scribble(in pid: pid_t) -> Bool {
    (try? ProcessMemory(pid).write([1], at: vdso.bytes.count - 1)) != nil
  }

  // MARK: The code of one process

  private enum Condition {
    /// As the kernel made it.
    case untouched
    /// Our code is there, and nothing leads to it.
    case restored
    case inForce(ClockMapping, turn: UInt8)
    case foreign
  }

  private func condition(of memory: borrowing ProcessMemory) throws(ProcessMemory.Absence)
    -> Condition
  {
    var bytes = try memory.read(0, count: vdso.bytes.count)
    if bytes == vdso.bytes { return .untouched }
    let start = vdso.room.lowerBound
    let found = Array(bytes[start..<start + code.bytes.count])
    let variables = code.variables
    bytes.replaceSubrange(
      (start + variables.lowerBound)..<(start + variables.upperBound), with: code.bytes[variables])
    if bytes == patched {
      return .inForce(code.mapping(in: found[...]), turn: found[code.turn])
    }
    // What is not led to may be code that was written in part.
    bytes.replaceSubrange(start..<start + code.bytes.count, with: code.bytes)
    return bytes == restored ? .restored : .foreign
  }

  /// Whether our code is in a process, be it led to or not.
  private func hasCode(
    _ memory: borrowing ProcessMemory
  ) throws(ProcessMemory.Absence) -> Bool {
    switch try condition(of: memory) {
    case .restored, .inForce: true
    case .untouched, .foreign: false
    }
  }

  /// Puts other parameters in force.
  private func change(
    _ mapping: ClockMapping, after turn: UInt8, in memory: borrowing ProcessMemory
  ) throws(ProcessMemory.Absence) {
    let start = vdso.room.lowerBound
    let next = turn &+ 1
    try memory.write(ClockCode.bytes(of: mapping), at: start + code.place(by: next).lowerBound)
    try memory.write([next], at: start + code.turn)
  }

  /// Has the vDSO's functions be ours, or the kernel's again.
  ///
  /// Our code stays where it is: a thread may come back to it from a signal's handler.
  ///
  /// - Returns: Whether they stood, so that it could be done.
  private func redirect(
    _ processes: [(pid: pid_t, base: UInt64)], isOurs: Bool, _ outcome: inout Outcome
  ) -> Bool {
    let members = processes.map { process in
      Standstill.Member(
        pid: process.pid,
        forbidden: jumps.map { jump in
          let begin = process.base + UInt64(jump.place)
          return begin + 1..<begin + UInt64(jump.bytes.count)
        })
    }
    var problems: [(pid_t, ProcessMemory.Absence)] = []
    let isDone = Standstill(members: members).hold {
      for process in processes {
        do throws(ProcessMemory.Absence) {
          let memory = try ProcessMemory(process.pid)
          // It may have begun another program before it stood.
          guard memory.base == process.base, try hasCode(memory) else { throw .ended }
          for jump in jumps {
            try memory.write(isOurs ? jump.bytes : jump.original, at: jump.place)
          }
        } catch {
          problems.append((process.pid, error))
        }
      }
    }
    for (pid, problem) in problems { outcome.note(problem, of: pid) }
    // Code of a right clock may stay where it is.
    if !isDone, isOurs {
      outcome.problems.append(
        "not all processes could be made to stand where their code is changed")
    }
    return isDone
  }
}

/// Why clocks can't be changed, in words for users.
package struct ClockProblem: Error {
  package var reason: String

  init(_ reason: String) { self.reason = reason }
}

extension ProcessMemory.Absence {
  fileprivate var text: String {
    switch self {
    case .ended: "the process has ended"
    case .refused(let reason): reason
    }
  }
}

extension ProcessClocks.Outcome {
  /// Takes up what went wrong with a process; with one that has ended nothing did.
  fileprivate mutating func note(_ absence: ProcessMemory.Absence, of pid: pid_t) {
    guard let state = ProcessState(pid), state.letter != UInt8(ascii: "Z") else { return }
    let reason =
      if case .refused(let reason) = absence { reason } else { "it begins another program" }
    let name = String(
      decoding: (bytes(ofFile: "/proc/\(pid)/comm") ?? []).prefix { $0 != UInt8(ascii: "\n") },
      as: UTF8.self)
    problems.append("process \(pid) (\(name)): \(reason)")
  }
}
