package import Environments
import Glibc
import Processes

/// The control groups of a node: what freezes its processes, and what limits them.
///
/// They are in a directory whose name tells who owns it, so that what an owner that was killed has left
/// is found: see ``sweep()``. Version 2 is used where it offers what is wanted, else version 1.
package struct ControlGroups {
  /// What control groups are used for.
  package enum Purpose: String, CaseIterable {
    case freezer
    case cpu
    case memory
  }

  /// Where groups of some purpose can be made.
  package struct Hierarchy: Hashable {
    package var isUnified: Bool
    package var path: String
  }

  private let hierarchies: [Purpose: Hierarchy]
  /// The group's path below that of a hierarchy.
  private let path: String

  /// Makes a node's groups, for each purpose that this machine offers to this user.
  ///
  /// - Parameter name: Of whoever owns the groups; see ``Owner``.
  package init(_ name: String, node: String) {
    path = "\(name)/\(node)"
    var usable: [Purpose: Hierarchy] = [:]
    for (purpose, hierarchy) in ControlGroups.offered()
    where ControlGroups.make("\(hierarchy.path)/\(name)", hierarchy, for: purpose)
      && ControlGroups.makeDirectory("\(hierarchy.path)/\(path)")
    {
      usable[purpose] = hierarchy
    }
    hierarchies = usable
  }

  package func offers(_ purpose: Purpose) -> Bool { hierarchies[purpose] != nil }

  /// The files through which a process joins the groups.
  package var processFiles: [String] {
    Set(hierarchies.values).map { "\($0.path)/\(path)/cgroup.procs" }.sorted()
  }

  /// Freezes the node's processes, and waits until they are.
  ///
  /// - Returns: Why a process of the node is not frozen; nothing where it is.
  package func freeze(holding process: pid_t) -> String? {
    guard let hierarchy = hierarchies[.freezer] else { return "there is no freezer" }
    guard freeze() else { return "the freezer does not say that it has frozen" }
    // It says so of a group without processes, too.
    let members = ControlGroups.text(of: "\(hierarchy.path)/\(path)/cgroup.procs")
    guard members.split(separator: "\n").contains(Substring("\(process)")) else {
      return "its process has left the control group that is frozen"
    }
    return nil
  }

  /// Freezes or thaws the node's processes, and waits until they are.
  ///
  /// - Returns: Whether they are.
  package func freeze(_ isFrozen: Bool = true) -> Bool {
    guard let hierarchy = hierarchies[.freezer] else { return false }
    let group = "\(hierarchy.path)/\(path)"
    let isWritten =
      hierarchy.isUnified
      ? write(isFrozen ? "1" : "0", to: "\(group)/cgroup.freeze")
      : write(isFrozen ? "FROZEN" : "THAWED", to: "\(group)/freezer.state")
    guard isWritten else { return false }
    let deadline = monotonicTime() + 2_000_000_000
    repeat {
      if ControlGroups.isFrozen(group, hierarchy) == isFrozen { return true }
      usleep(500)
    } while monotonicTime() < deadline
    return false
  }

  /// Thaws all nodes of an owner, without waiting: what is frozen can't be killed.
  package static func thaw(_ name: String) {
    guard let hierarchy = offered()[.freezer] else { return }
    for node in entries(of: "\(hierarchy.path)/\(name)") {
      thaw("\(hierarchy.path)/\(name)/\(node)", hierarchy)
    }
  }

  private static func thaw(_ group: String, _ hierarchy: Hierarchy) {
    if hierarchy.isUnified {
      Processes.write("0", to: "\(group)/cgroup.freeze")
    } else {
      Processes.write("THAWED", to: "\(group)/freezer.state")
    }
  }

  /// Limits what the node may use, or lifts the limit.
  ///
  /// - Returns: Whether the limit is in force, or no longer is.
  package func limit(_ limit: ResourceLimit, isLifted: Bool = false) -> Bool {
    let purpose: Purpose = limit.kind == .cpu ? .cpu : .memory
    guard let hierarchy = hierarchies[purpose] else { return false }
    let group = "\(hierarchy.path)/\(path)"
    let (file, value): (String, String) =
      switch (limit, hierarchy.isUnified) {
      case (.cpu(let share), true):
        ("cpu.max", isLifted ? "max 100000" : "\(Int(share * 100_000)) 100000")
      case (.cpu(let share), false):
        ("cpu.cfs_quota_us", isLifted ? "-1" : "\(Int(share * 100_000))")
      case (.memory(let bytes), true): ("memory.max", isLifted ? "max" : "\(bytes)")
      case (.memory(let bytes), false): ("memory.limit_in_bytes", isLifted ? "-1" : "\(bytes)")
      }
    guard write(value, to: "\(group)/\(file)") else { return false }
    return isInForce(limit, file: "\(group)/\(file)", written: value, isLifted: isLifted)
  }

  /// Whether a limit reads back as it was written.
  private func isInForce(
    _ limit: ResourceLimit, file: String, written: String, isLifted: Bool
  ) -> Bool {
    let text = bytes(ofFile: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let found = text.split(whereSeparator: \.isWhitespace).map(String.init)
    if case .memory(let bytes) = limit {
      // Version 1 tells no limit as the greatest number of whole pages.
      if isLifted { return found == ["max"] || found.first.flatMap(Int.init) ?? 0 > 1 << 60 }
      // Rounded down to whole pages.
      guard let number = found.first.flatMap(Int.init) else { return false }
      return number <= bytes && number > bytes - 1 << 16
    }
    return found == written.split(separator: " ").map(String.init)
  }

  /// How often a limit was at work: periods in which the node's share was rationed, or processes that
  /// were killed for want of memory.
  package func strikes(_ kind: ResourceLimit.Kind) -> Int {
    guard let hierarchy = hierarchies[kind == .cpu ? .cpu : .memory] else { return 0 }
    let group = "\(hierarchy.path)/\(path)"
    let (file, key) =
      switch (kind, hierarchy.isUnified) {
      case (.cpu, _): ("cpu.stat", "nr_periods")
      case (.memory, true): ("memory.events", "oom_kill")
      case (.memory, false): ("memory.oom_control", "oom_kill")
      }
    return ControlGroups.number(key, in: "\(group)/\(file)")
  }

  /// Gives all groups of an owner back; the processes in them have ended.
  package static func remove(_ name: String) {
    for hierarchy in Set(offered().values) { remove("\(hierarchy.path)/\(name)", hierarchy) }
  }

  /// Removes the groups of owners that are gone, and ends what is left in them.
  ///
  /// - Returns: How many owners had left some.
  @discardableResult
  package static func sweep() -> Int {
    var owners: Set<String> = []
    for hierarchy in Set(offered().values) {
      for entry in entries(of: hierarchy.path) where Owner(entry)?.isGone == true {
        owners.insert(entry)
        remove("\(hierarchy.path)/\(entry)", hierarchy)
      }
    }
    return owners.count
  }

  // MARK: What the machine has

  /// The hierarchies of control groups, by what they are good for.
  package static func offered() -> [Purpose: Hierarchy] {
    let mounts = bytes(ofFile: "/proc/self/mounts").map { String(decoding: $0, as: UTF8.self) }
    var offered: [Purpose: Hierarchy] = [:]
    for line in mounts?.split(separator: "\n") ?? [] {
      let words = line.split(separator: " ").map(String.init)
      guard words.count > 3 else { continue }
      let hierarchy = Hierarchy(isUnified: words[2] == "cgroup2", path: words[1])
      switch words[2] {
      case "cgroup2":
        // Processes that are frozen by version 2 can be killed as they are.
        offered[.freezer] = hierarchy
        let enabled = text(of: "\(words[1])/cgroup.subtree_control").split(separator: " ")
        for purpose in [Purpose.cpu, .memory] where enabled.contains(Substring(purpose.rawValue)) {
          offered[purpose] = hierarchy
        }
      case "cgroup":
        let options = words[3].split(separator: ",")
        for purpose in Purpose.allCases where offered[purpose] == nil {
          if options.contains(Substring(purpose.rawValue)) { offered[purpose] = hierarchy }
        }
      default: break
      }
    }
    return offered
  }

  /// Why there can be no groups for a purpose, or nothing where there can.
  package static func problem(with purpose: Purpose) -> String? {
    guard let hierarchy = offered()[purpose] else {
      return "this machine has no control groups for \(purpose.rawValue)"
    }
    guard access(hierarchy.path, W_OK) == 0 else {
      return "this user can't make control groups in \(hierarchy.path)"
    }
    return nil
  }

  private static func make(_ path: String, _ hierarchy: Hierarchy, for purpose: Purpose) -> Bool {
    guard makeDirectory(path) else { return false }
    guard hierarchy.isUnified, purpose != .freezer else { return true }
    return Processes.write("+\(purpose.rawValue)", to: "\(path)/cgroup.subtree_control")
  }

  private static func makeDirectory(_ path: String) -> Bool {
    mkdir(path, 0o755) == 0 || errno == EEXIST
  }

  private static func isFrozen(_ group: String, _ hierarchy: Hierarchy) -> Bool {
    hierarchy.isUnified
      ? number("frozen", in: "\(group)/cgroup.events") == 1
      : text(of: "\(group)/freezer.state").hasPrefix("FROZEN")
  }

  private static func text(of file: String) -> String {
    bytes(ofFile: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private static func number(_ key: String, in file: String) -> Int {
    for line in text(of: file).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == key { return Int(words[1]) ?? 0 }
    }
    return 0
  }

  /// The groups in a group.
  private static func entries(of path: String) -> [String] {
    directoryEntries(path).filter { name in
      var status = stat()
      return lstat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }

  /// Ends the processes in a group of ours and those below it, and removes them.
  private static func remove(_ path: String, _ hierarchy: Hierarchy) {
    for entry in entries(of: path) { remove("\(path)/\(entry)", hierarchy) }
    let deadline = monotonicTime() + 2_000_000_000
    while rmdir(path) != 0, errno == EBUSY, monotonicTime() < deadline {
      for pid in text(of: "\(path)/cgroup.procs").split(separator: "\n") {
        // Those that our PID namespace does not show are called 0, which is our own group to `kill`.
        if let pid = pid_t(pid), pid > 0 { kill(pid, SIGKILL) }
      }
      thaw(path, hierarchy)
      usleep(1_000)
    }
  }
}
