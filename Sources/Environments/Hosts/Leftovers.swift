import Glibc
import Packets
import Processes

/// What runs may have left on this machine whose agents and relays were killed.
enum Leftovers {
  /// Tells all processes of an agent, in their environments, who its owner is.
  static let variable = "SHRIKE_OWNER"

  /// Ends and removes what owners have left that are gone; nothing of those that are not.
  static func sweep() {
    endProcesses()
    Farewell.sweep()
    sweepPackets()
    ControlGroups.sweep()
    RunDirectory.sweep()
  }

  /// Removes what disturbed packets and belongs to no process that lives.
  static func sweepPackets() {
    try? Detour.sweep()
    Netem.sweep()
  }

  /// Ends the processes of agents that were not first in a PID namespace, with which they would have ended.
  private static func endProcesses() {
    let prefix = Array("\(variable)=".utf8)
    for (pid, _) in processStates() where pid != getpid() {
      let environment = bytes(ofFile: "/proc/\(pid)/environ") ?? []
      for entry in environment.split(separator: 0) where entry.starts(with: prefix) {
        let name = String(decoding: entry.dropFirst(prefix.count), as: UTF8.self)
        if Owner(name)?.isGone == true { kill(pid, SIGKILL) }
      }
    }
  }
}
