import Glibc
import Processes
import Values

/// Has processes stand still while their code is changed.
struct Standstill {
  /// A process, and the addresses at which none of its threads may be about to run.
  struct Member {
    var pid: pid_t
    var forbidden: [Range<UInt64>]
  }

  /// How often it is tried to stop all where they may be stopped.
  private static let attemptCount = 50
  /// How long that may take altogether.
  private static let patience: Nanoseconds = .seconds(1)
  /// After how long one that does not answer to a signal is taken for frozen.
  private static let frozenPatience: Nanoseconds = .milliseconds(20)

  let members: [Member]

  /// Does something while all threads of all members stand; nobody may thaw one that is frozen.
  ///
  /// Those that stood before go on standing, and no other is left standing. All members stand at the
  /// same time: a process that shares its memory with its parent until it begins its own program is
  /// one of them together with that.
  ///
  /// - Returns: Whether it was done.
  func hold(_ work: () -> Void) -> Bool {
    let deadline = monotonicTime() + Standstill.patience
    for attempt in 0..<Standstill.attemptCount {
      // They must have gone on meanwhile.
      if attempt > 0 { usleep(100) }
      let ours = members.map(\.pid).filter { pid in
        ProcessState(pid)?.isStopped == false && !Standstill.isToStop(pid)
      }
      for pid in ours { kill(pid, SIGSTOP) }
      defer { for pid in ours { kill(pid, SIGCONT) } }
      let began = monotonicTime()
      var pending = members
      while !pending.isEmpty, monotonicTime() < deadline {
        let mayBeFrozen = monotonicTime() - began > Standstill.frozenPatience
        pending.removeAll { Standstill.stands($0.pid, mayBeFrozen: mayBeFrozen) }
        if !pending.isEmpty { usleep(50) }
      }
      guard pending.isEmpty else { return false }
      if members.allSatisfy(Standstill.isElsewhere) {
        work()
        return true
      }
      // Where it stood before, it won't go elsewhere.
      if attempt > 0, ours.isEmpty { return false }
    }
    return false
  }

  /// Whether no thread of a process runs or can run before it is told to; one that has ended stands.
  private static func stands(_ pid: pid_t, mayBeFrozen: Bool) -> Bool {
    let threads = directoryEntries("/proc/\(pid)/task")
    var hasStopped = false
    // What control groups of version 2 hold waits like others, and takes no signal.
    var isFrozen = true
    for thread in threads {
      guard let state = ProcessState(path: "/proc/\(pid)/task/\(thread)/stat") else { continue }
      // Ended threads run no more, whatever else is said of them.
      guard ![UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(state.letter) else { continue }
      hasStopped = hasStopped || state.isStopped
      isFrozen = isFrozen && [UInt8(ascii: "D"), UInt8(ascii: "S")].contains(state.letter)
      if call(of: thread, in: pid)?.first == "running" { return false }
    }
    // A thread that waits in the kernel finds the signal before it comes back. Where there are others,
    // they all are to stop once one has stopped.
    return hasStopped || threads.count <= 1 || (mayBeFrozen && isFrozen && isToStop(pid))
  }

  /// Whether a process has been told to stop, and did not come to it yet.
  private static func isToStop(_ pid: pid_t) -> Bool {
    let status = bytes(ofFile: "/proc/\(pid)/status").map { String(decoding: $0, as: UTF8.self) }
    let line = status?.split(separator: "\n").first { $0.hasPrefix("ShdPnd:") }
    let pending = line?.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0, radix: 16) }
    return (pending ?? 0) & 1 << UInt64(SIGSTOP - 1) != 0
  }

  private static func isElsewhere(_ member: Member) -> Bool {
    directoryEntries("/proc/\(member.pid)/task").allSatisfy { thread in
      guard let words = call(of: thread, in: member.pid), !words.isEmpty else { return true }
      // Who runs has no place that could be told.
      guard words.count >= 2,
        let place = UInt64(words[words.count - 1].dropFirst(2), radix: 16)
      else { return false }
      return !member.forbidden.contains { $0.contains(place) }
    }
  }

  /// What a thread does in the kernel: the number of its call, and last where it will go on.
  private static func call(of thread: String, in pid: pid_t) -> [Substring]? {
    guard let text = bytes(ofFile: "/proc/\(pid)/task/\(thread)/syscall"), !text.isEmpty else {
      return nil
    }
    return String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }
  }
}
