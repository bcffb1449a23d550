import Glibc
package import Values

/// Breaks and mends one thing of the host that an agent is on.
///
/// It is asked in words of its own, which ``HostCluster`` writes and it reads. All is called in the
/// agent's one thread; what has to go on meanwhile has a thread of its own.
package protocol HostBreaker: AnyObject {
  /// Does as the controller says.
  ///
  /// - Parameter processes: The processes of the host that are not agents.
  /// - Returns: The words of its answer.
  func obey(_ words: [String], on processes: [pid_t]) throws(BreakerRefusal) -> [String]

  /// When it wants to be woken, on the monotonic clock; nothing for not at all.
  var nextWake: Nanoseconds? { get }

  /// Does what was due at ``nextWake``.
  func wake(on processes: [pid_t])

  /// Mends all that the kernel does not mend when the agent ends.
  func mend()

  /// The numbers of the system calls of nodes' processes that it answers.
  var watchedCalls: [Int32] { get }

  /// Answers the calls of one more process; the descriptor is its to close.
  func answer(_ listener: Int32)
}

extension HostBreaker {
  package var nextWake: Nanoseconds? { nil }
  package func wake(on processes: [pid_t]) {}
  package func mend() {}
  package var watchedCalls: [Int32] { [] }
  package func answer(_ listener: Int32) { close(listener) }
}

/// Why a breaker did not do what it was asked to, in words for users.
package struct BreakerRefusal: Error {
  package var reason: String

  init(_ reason: String) { self.reason = reason }
}

func makeBreaker(
  _ name: BreakerName, _ settings: AgentSettings
) throws(BreakerRefusal) -> any HostBreaker {
  switch name {
  case .groups:
    guard let name = settings.groupName else { throw BreakerRefusal("no control groups here") }
    return GroupBreaker(name)
  case .clocks: return try ClockBreaker()
  case .machineClock: return MachineClockBreaker(farewell: settings.farewell)
  case .packets: return PacketBreaker()
  case .disks: return DiskBreaker()
  }
}
