import CPackets
package import Environments
import Glibc
import Processes
package import Values

/// What disturbs the packets that this host sends: its switch, and the detour that leads to it.
///
/// Packets take the detour only while something is disturbed to their peer.
package final class PacketFaults {
  /// How long a probe may take to be counted.
  private static let patience: Nanoseconds = .milliseconds(500)

  private var passage: SwitchThread
  private var detour: Detour
  private var routes: [Int: (address: UInt32, route: Detour.Route)] = [:]

  /// - Parameter peers: Addresses that packets are for, as far as they are known.
  package init(peers: [UInt32]) throws {
    try Detour.sweep()
    let longest = try peers.map { try Detour.Route(to: $0).longestPacket }.max() ?? 1_500
    passage = try SwitchThread(longestPacket: longest)
    do {
      detour = try Detour(through: passage.device)
    } catch {
      passage.end()
      throw error
    }
  }

  /// Disturbs what is sent to peers, in place of what a disturbance of that kind did before.
  ///
  /// - Parameter peers: Their addresses, by numbers.
  package func disturb(_ disturbance: Disturbance, to peers: [Int: UInt32], _ draws: Draws) throws {
    for (number, address) in peers {
      let route = try Detour.Route(to: address)
      guard route.longestPacket <= passage.longestPacket else {
        throw PacketFaultsError(peer: address, longest: passage.longestPacket)
      }
      routes[number] = (address, route)
    }
    passage.disturb(disturbance, to: peers, draws)
    do { try lead() } catch {
      _ = passage.calm(disturbance.kind)
      try? lead()
      throw error
    }
  }

  /// Ends a kind of disturbance.
  ///
  /// - Returns: What it came to, for each peer's number.
  package func calm(_ kind: Disturbance.Kind) throws -> [Int: LinkDisturbances.Count] {
    let counts = passage.calm(kind)
    try lead()
    return counts
  }

  private func lead() throws {
    let peers = passage.peers
    let wanted = routes.filter { peers.contains($0.key) }.values
    try detour.lead(to: Dictionary(wanted.map { ($0.address, $0.route) }) { $1 })
  }

  package func counts(of kind: Disturbance.Kind) -> [Int: LinkDisturbances.Count] {
    passage.counts(of: kind)
  }

  /// How many packets were lost for want of room since this was asked before.
  package func takeOverflow() -> Int { passage.takeOverflow() }

  /// Whether the kernel leads packets for a peer to the switch.
  package func leads(to address: UInt32) throws -> Bool { try detour.leads(to: address) }

  /// Sends probes to a peer until one has been disturbed.
  ///
  /// - Parameter most: How many are sent at most.
  /// - Returns: Whether one was.
  package func strikesProbe(
    _ kind: Disturbance.Kind, to peer: Int, most: Int
  ) throws -> Bool {
    guard let address = routes[peer]?.address else { return false }
    let probes = try ProbeSocket()
    func count() -> LinkDisturbances.Count { passage.counts(of: kind)[peer] ?? .init() }
    let before = count().probesMet
    var sent = 0
    while sent < most {
      // Most often one is enough.
      let target = min(most, max(1, sent * 2))
      while sent < target {
        try probes.send(PacketProbe.message, to: address)
        sent += 1
      }
      let deadline = monotonicTime() + PacketFaults.patience
      while count().probesMet < before + sent, monotonicTime() < deadline { usleep(100) }
      if count().probesStruck > 0 { return true }
    }
    return false
  }

  /// Removes the detour and the device.
  package func end() {
    try? detour.lead(to: [:])
    passage.end()
  }
}

/// A peer whose packets do not go through the switch.
struct PacketFaultsError: Error, CustomStringConvertible {
  var peer: UInt32
  var longest: Int

  var description: String {
    "packets to \(Detour.text(peer)) may be longer than the \(longest) bytes of those that were"
      + " disturbed first"
  }
}
