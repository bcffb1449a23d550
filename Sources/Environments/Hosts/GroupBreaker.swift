import Environments
import Glibc

/// Freezes and limits what runs on a host, by control groups.
final class GroupBreaker: HostBreaker {
  private let groups: ControlGroups

  /// - Parameter name: Of whoever owns the groups.
  init(_ name: String) {
    var host = utsname()
    uname(&host)
    let node = withUnsafePointer(to: &host.nodename) {
      $0.withMemoryRebound(to: CChar.self, capacity: 65) { String(cString: $0) }
    }
    groups = ControlGroups(name, node: node)
  }

  /// What is frozen can't be ended.
  func mend() { _ = groups.freeze(false) }

  /// What it is asked, and what it answers.
  ///
  /// | words | answer |
  /// | --- | --- |
  /// | `join` | the `cgroup.procs` files, the first word tells whether there is a freezer |
  /// | `freeze PROCESS` | nothing, or why that process is not frozen |
  /// | `thaw` | whether all are |
  /// | `limit KIND AMOUNT`, `unlimit KIND` | whether the limit is in force, or no longer is |
  /// | `strikes KIND` | how often the limit was at work |
  func obey(_ words: [String], on processes: [pid_t]) throws(BreakerRefusal) -> [String] {
    let kind = words.dropFirst().first.flatMap(ResourceLimit.Kind.init(rawValue:))
    switch (words.first, kind) {
    case ("join", _): return ["\(groups.offers(.freezer))"] + groups.processFiles
    case ("freeze", _) where words.count == 2:
      guard let process = pid_t(words[1]) else { break }
      return groups.freeze(holding: process).map { [$0] } ?? []
    case ("thaw", _): return ["\(groups.freeze(false))"]
    case ("limit", let kind?) where words.count == 3:
      guard let limit = ResourceLimit(kind, words[2]) else { break }
      return ["\(groups.limit(limit))"]
    case ("unlimit", let kind?):
      return ["\(groups.limit(kind == .cpu ? .cpu(share: 1) : .memory(bytes: 1), isLifted: true))"]
    case ("strikes", let kind?): return ["\(groups.strikes(kind))"]
    default: break
    }
    throw BreakerRefusal("no such thing can be done to control groups: \(words)")
  }
}

extension ResourceLimit {
  /// What is limited, and to how much.
  var words: [String] {
    switch self {
    case .cpu(let share): ["cpu", "\(share)"]
    case .memory(let bytes): ["memory", "\(bytes)"]
    }
  }

  fileprivate init?(_ kind: Kind, _ amount: String) {
    switch kind {
    case .cpu:
      guard let share = Double(amount) else { return nil }
      self = .cpu(share: share)
    case .memory:
      guard let bytes = Int(amount) else { return nil }
      self = .memory(bytes: bytes)
    }
  }
}
