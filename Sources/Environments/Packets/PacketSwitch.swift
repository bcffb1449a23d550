package import Environments
package import Values

/// Carries the packets that a host sends to others, each when its link lets it leave.
///
/// Pure: time is an argument, and of packets it knows only what decides their fates.
package struct PacketSwitch<Packet: Sendable>: Sendable {
  /// How many packets a clogged link holds back; those that come later are lost.
  package static var heldMax: Int { 4_096 }

  private var links = LinkDisturbances()
  private var queue = PacketQueue<Packet>()

  /// How many packets were lost for want of room.
  private var overflowed = 0

  package init() {}

  /// How many packets are on their way.
  package var count: Int { queue.count }

  /// When the next packet leaves.
  package var firstDue: Nanoseconds? { queue.firstDue }

  package func counts(of kind: Disturbance.Kind) -> [Int: LinkDisturbances.Count] {
    links.counts(of: kind)
  }

  /// The peers to whom something is disturbed.
  package var peers: Set<Int> { links.peers }

  package mutating func disturb(_ disturbance: Disturbance, to peers: [Int], _ draws: Draws) {
    links.disturb(disturbance, to: peers, draws)
  }

  /// Ends a kind of disturbance; what it held back leaves now, in the order in which it came.
  package mutating func calm(
    _ kind: Disturbance.Kind, at time: Nanoseconds
  ) -> [Int: LinkDisturbances.Count] {
    let counts = links.calm(kind)
    if kind == .clog { queue.release(to: counts.keys, at: time) }
    return counts
  }

  /// Takes in a packet that the host sends now.
  ///
  /// - Parameters:
  ///   - size: Of the whole packet, in bytes.
  ///   - peer: Whom it is for; nothing for one to whom nothing is disturbed.
  /// - Returns: What becomes of it: it leaves not at all, once or twice, and may have to be damaged.
  package mutating func take(
    _ packet: Packet, _ header: PacketHeader, size: Int, to peer: Int?, at time: Nanoseconds
  ) -> LinkDisturbances.Fate {
    guard let peer else {
      queue.insert(packet, due: time)
      return .untouched
    }
    let fate = links.decide(
      to: peer, isProbe: header.isProbe, size: size, payload: size - header.size, at: time)
    if fate.isLost { return fate }
    if fate.isHeld {
      guard queue.heldCount(to: peer) < Self.heldMax else {
        overflow()
        var lost = fate
        lost.isLost = true
        return lost
      }
      queue.hold(packet, to: peer)
      if fate.copyDelay != nil { queue.hold(packet, to: peer) }
    } else {
      queue.insert(packet, due: time + fate.delay)
      if let delay = fate.copyDelay { queue.insert(packet, due: time + delay) }
    }
    return fate
  }

  /// The next packet that is to leave by now.
  package mutating func leave(at time: Nanoseconds) -> Packet? {
    queue.removeFirst(dueAt: time)
  }

  /// Counts a packet that was lost for want of room.
  package mutating func overflow() { overflowed += 1 }

  /// How many packets were lost for want of room since this was asked before.
  package mutating func takeOverflow() -> Int {
    defer { overflowed = 0 }
    return overflowed
  }
}
