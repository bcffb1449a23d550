import Glibc
package import Processes
import Synchronization

/// Who has made something that outlasts processes: control groups, rules for packets, records, and
/// directories tell it by their names, so that what an owner that was killed has left is found.
package struct Owner: Hashable, Sendable, CustomStringConvertible {
  /// Of the PID namespace that numbers the process, for others give processes the same numbers.
  package var namespace: UInt64
  package var process: ProcessIdentity
  /// Tells the owners of one process apart.
  package var number: Int

  package init(namespace: UInt64, process: ProcessIdentity, number: Int = 0) {
    self.namespace = namespace
    self.process = process
    self.number = number
  }

  /// A new owner, which is gone when this process is.
  package static func new() -> Owner {
    let start = ProcessState(getpid())?.startTime ?? 0
    return Owner(
      namespace: ownNamespace, process: ProcessIdentity(pid: getpid(), startTime: start),
      number: made.wrappingAdd(1, ordering: .relaxed).oldValue)
  }

  private static let made = Atomic(0)
  private static let prefix = "shrike"
  private static let ownNamespace = sight(of: "self").namespace ?? 0
  /// Of the namespace that all others are in, and that shows all processes.
  private static let outermostNamespace: UInt64 = 0xefff_fffc

  /// The name: numbers to the base of 36, for a chain of iptables may have 28 letters.
  package var description: String {
    let numbers =
      [namespace, UInt64(process.pid), process.startTime] + (number > 0 ? [UInt64(number)] : [])
    return Owner.prefix + numbers.map { String($0, radix: 36) }.joined(separator: "-")
  }

  /// Reads a name; nothing where it is none of ours.
  package init?(_ name: String) {
    guard name.hasPrefix(Owner.prefix) else { return nil }
    let words = name.dropFirst(Owner.prefix.count).split(
      separator: "-", omittingEmptySubsequences: false)
    let numbers = words.compactMap { UInt64($0, radix: 36) }
    guard numbers.count == words.count, 3...4 ~= numbers.count,
      let pid = pid_t(exactly: numbers[1])
    else { return nil }
    self.init(
      namespace: numbers[0], process: ProcessIdentity(pid: pid, startTime: numbers[2]),
      number: numbers.count > 3 ? Int(clamping: numbers[3]) : 0)
    // So that there is one name for each.
    guard description == name else { return nil }
  }

  /// Whether the owner still exists; nothing where that can't be known, for its PID namespace is one
  /// beside ours or above it, or there are processes whose namespaces we may not see.
  package var exists: Bool? {
    if namespace == Owner.ownNamespace { return process.isAlive }
    // Where others' processes are hidden, the first is.
    guard Owner.ownNamespace == Owner.outermostNamespace, case .namespace = Owner.sight(of: "1")
    else { return nil }
    for name in directoryEntries("/proc") where name.first?.isNumber == true {
      switch Owner.sight(of: name) {
      case .namespace(namespace), .hidden: return nil
      case .namespace, .ended: continue
      }
    }
    return false
  }

  /// Whether it is known that the owner has ended.
  package var isGone: Bool { exists == false }

  /// What can be seen of a process's PID namespace.
  private enum Sight {
    case namespace(UInt64)
    case ended
    case hidden

    var namespace: UInt64? { if case .namespace(let number) = self { number } else { nil } }
  }

  private static func sight(of process: String) -> Sight {
    var link = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/\(process)/ns/pid", &link, link.count - 1)
    guard count >= 0 else { return errno == ENOENT || errno == ESRCH ? .ended : .hidden }
    // pid:[4026531836]
    let number = UInt64(
      String(
        decoding: link.prefix(count).map { UInt8(bitPattern: $0) }
          .filter { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }, as: UTF8.self))
    return number.map(Sight.namespace) ?? .hidden
  }
}
