package import Glibc

/// A process for good: its number may be used again, but not with the same start time.
package struct ProcessIdentity: Hashable, Sendable {
  package var pid: pid_t
  /// In clock ticks since the machine started.
  package var startTime: UInt64

  package init(pid: pid_t, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }

  /// Whether this very process still exists, be it as a zombie.
  package var exists: Bool { ProcessState(pid)?.startTime == startTime }

  /// Whether it runs or may do so again: a zombie does not, unless only its first thread has ended.
  package var isAlive: Bool {
    guard let state = ProcessState(pid), state.startTime == startTime else { return false }
    return state.letter != UInt8(ascii: "Z")
      || directoryEntries("/proc/\(pid)/task").contains { thread in
        let letter = ProcessState(path: "/proc/\(pid)/task/\(thread)/stat")?.letter
        return letter != nil && letter != UInt8(ascii: "Z") && letter != UInt8(ascii: "X")
      }
  }
}

/// What the kernel says of a process in `/proc/<pid>/stat`.
package struct ProcessState: Hashable {
  /// What it does: `R` for running, `T` for stopped, `Z` for ended but not waited for, and others.
  package var letter: UInt8
  package var parent: pid_t
  package var group: pid_t
  package var startTime: UInt64

  package var isStopped: Bool { letter == UInt8(ascii: "T") || letter == UInt8(ascii: "t") }

  /// Reads a process's state; nothing where there is no such process.
  package init?(_ pid: pid_t) { self.init(path: "/proc/\(pid)/stat") }

  /// - Parameter path: The `stat` file of a process, or of one of its threads.
  package init?(path: String) {
    guard let text = bytes(ofFile: path),
      // The name in parentheses may hold anything; nothing after it does.
      let end = text.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
      .map { String(decoding: $0, as: UTF8.self) }
    guard fields.count > 19, let letter = fields[0].utf8.first, let parent = pid_t(fields[1]),
      let group = pid_t(fields[2]), let startTime = UInt64(fields[19])
    else { return nil }
    self.letter = letter
    self.parent = parent
    self.group = group
    self.startTime = startTime
  }
}

/// The states of all processes of a group, zombies left out.
package func states(ofGroup group: pid_t) -> [ProcessState] {
  processStates().map(\.state).filter { $0.group == group && $0.letter != UInt8(ascii: "Z") }
}

/// All processes that `/proc` shows, and their states.
package func processStates() -> [(pid: pid_t, state: ProcessState)] {
  directoryEntries("/proc").compactMap { name in
    guard let pid = pid_t(name), let state = ProcessState(pid) else { return nil }
    return (pid, state)
  }
}

/// The processes that this one has started, those that they have, and so on, and their states.
package func descendantsOfThisProcess() -> [(pid: pid_t, state: ProcessState)] {
  let byParent = Dictionary(grouping: processStates(), by: \.state.parent)
  var found: [(pid: pid_t, state: ProcessState)] = []
  var parents = [getpid()]
  while let parent = parents.popLast() {
    let children = byParent[parent] ?? []
    found += children
    parents += children.map(\.pid)
  }
  return found
}

/// Kills the processes that this one has started, and those that they have left, and waits for them.
package func endDescendants() {
  let deadline = monotonicTime() + 2_000_000_000
  repeat {
    for child in childrenOfThisProcess() { kill(child, SIGKILL) }
    while waitpid(-1, nil, WNOHANG) > 0 {}
    if waitpid(-1, nil, WNOHANG) < 0, errno == ECHILD { return }
    usleep(200)
  } while monotonicTime() < deadline
}

/// This process's children, by all its threads.
package func childrenOfThisProcess() -> [pid_t] {
  directoryEntries("/proc/self/task").flatMap { name in
    (bytes(ofFile: "/proc/self/task/\(name)/children") ?? []).split(separator: UInt8(ascii: " "))
      .compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
  }
}
