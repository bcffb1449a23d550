package import Environments
package import Values

/// What a host's links do to the packets that it sends, and what they have done so far.
///
/// Pure: it decides what becomes of packets, and the switch obeys. For a seed, the packets that a
/// disturbance meets on a link have the same fates whatever else is in force, and whenever they come.
package struct LinkDisturbances: Sendable {
  /// Where packets go from here, by the number of the peer.
  package typealias Peer = Int

  /// What becomes of a packet; one that is left alone passes at once.
  package struct Fate: Hashable, Sendable {
    package var isLost = false
    /// Whether it is held back until the link is clogged no more.
    package var isHeld = false
    package var delay: Nanoseconds = 0
    /// How late it leaves a second time, where it does.
    package var copyDelay: Nanoseconds?
    /// The bit behind its IP header that is flipped.
    package var flippedBit: Int?

    package static let untouched = Fate()

    package init() {}
  }

  /// What a disturbance came to on one link.
  package struct Count: Hashable, Sendable {
    /// The packets that the host sent there, the harness's own left out.
    package var met = 0
    /// Of those, how many were disturbed.
    package var struck = 0
    /// Whether that is known; netem counts neither copies nor damaged packets.
    package var isCounted = true
    /// The harness's own, and how many of them were disturbed.
    package var probesMet = 0
    package var probesStruck = 0

    package init(
      met: Int = 0, struck: Int = 0, probesMet: Int = 0, probesStruck: Int = 0,
      isCounted: Bool = true
    ) {
      self.isCounted = isCounted
      self.met = met
      self.struck = struck
      self.probesMet = probesMet
      self.probesStruck = probesStruck
    }

    mutating func add(_ other: Count) {
      met += other.met
      struck += other.struck
      probesMet += other.probesMet
      probesStruck += other.probesStruck
      isCounted = isCounted && other.isCounted
    }
  }

  /// A disturbance on one link.
  fileprivate struct Force: Sendable {
    var disturbance: Disturbance
    /// Each packet has a sequence of its own, by its number.
    var draws: Draws
    var probes: Draws
    var count = Count()
    /// For a rate: until when the link carries what was sent before.
    var busyUntil: Nanoseconds = 0
  }

  /// By peer, and by the place of the kind.
  private var forces: [Peer: [Force?]] = [:]

  package init() {}

  /// Disturbs what is sent to peers, in place of what a disturbance of that kind did there before.
  ///
  /// - Parameter draws: What is drawn for all links; each has its own sequence, by the peer's number.
  package mutating func disturb(_ disturbance: Disturbance, to peers: [Peer], _ draws: Draws) {
    precondition(disturbance.messageTypes.isEmpty, "packets have no types of messages")
    for peer in peers {
      let draws = draws.child(UInt64(peer))
      let force = Force(disturbance: disturbance, draws: draws.child(0), probes: draws.child(1))
      forces[peer, default: LinkDisturbances.calm][disturbance.kind.place] = force
    }
  }

  /// Ends what a kind of disturbance does.
  ///
  /// - Returns: What it came to on each link that it was in force on.
  package mutating func calm(_ kind: Disturbance.Kind) -> [Peer: Count] {
    let counts = counts(of: kind)
    for peer in counts.keys {
      forces[peer]?[kind.place] = nil
      if forces[peer]?.allSatisfy({ $0 == nil }) == true { forces[peer] = nil }
    }
    return counts
  }

  /// What a kind of disturbance has come to so far on each link that it is in force on.
  package func counts(of kind: Disturbance.Kind) -> [Peer: Count] {
    forces.compactMapValues { $0[kind.place]?.count }
  }

  /// The peers that anything is in force to.
  package var peers: Set<Peer> { Set(forces.keys) }

  private static let calm = [Force?](repeating: nil, count: Disturbance.Kind.allCases.count)

  /// Decides the fate of a packet that is sent now.
  ///
  /// - Parameters:
  ///   - isProbe: Whether it is the harness's own.
  ///   - size: Of the whole packet, in bytes.
  ///   - payload: What of it is behind its IP header.
  package mutating func decide(
    to peer: Peer, isProbe: Bool, size: Int, payload: Int, at time: Nanoseconds
  ) -> Fate {
    guard let place = forces.index(forKey: peer) else { return .untouched }
    var fate = Fate()
    for kind in 0..<LinkDisturbances.calm.count {
      forces.values[place][kind]?.strike(
        &fate, isProbe: isProbe, size: size, payload: payload, at: time)
    }
    return fate
  }
}

extension LinkDisturbances.Force {
  /// Counts a packet, and does to it what it is its turn to do.
  fileprivate mutating func strike(
    _ fate: inout LinkDisturbances.Fate, isProbe: Bool, size: Int, payload: Int,
    at time: Nanoseconds
  ) {
    if isProbe { count.probesMet += 1 } else { count.met += 1 }
    var draws =
      isProbe ? probes.child(UInt64(count.probesMet)) : draws.child(UInt64(count.met))
    guard draws.chance(disturbance.probability), !fate.isLost else { return }
    if isProbe { count.probesStruck += 1 } else { count.struck += 1 }
    switch disturbance.kind {
    case .loss: fate.isLost = true
    case .delay: fate.delay += disturbance.drawDelay(&draws)
    case .reorder: fate.delay += draws.within(0...max(0, disturbance.latency))
    case .duplicate: fate.copyDelay = fate.delay + draws.within(0...max(0, disturbance.latency))
    case .corrupt: if payload > 0 { fate.flippedBit = draws.below(payload * 8) }
    case .rate: queue(&fate, size: size, at: time)
    case .clog: fate.isHeld = true
    }
  }

  /// Has a packet wait until its link has carried what was sent before, and itself.
  private mutating func queue(
    _ fate: inout LinkDisturbances.Fate, size: Int, at time: Nanoseconds
  ) {
    let bytesPerSecond = Nanoseconds(max(disturbance.bytesPerSecond, 1))
    let end = max(time, busyUntil) + Nanoseconds(size) * .seconds(1) / bytesPerSecond
    guard end - time <= disturbance.latency else {
      fate.isLost = true
      return
    }
    busyUntil = end
    fate.delay += end - time
    fate.copyDelay = fate.copyDelay.map { $0 + end - time }
  }
}

extension Disturbance.Kind {
  /// In the order in which they have their turn with a packet.
  fileprivate var place: Int {
    switch self {
    case .loss: 0
    case .delay: 1
    case .reorder: 2
    case .duplicate: 3
    case .corrupt: 4
    case .rate: 5
    case .clog: 6
    }
  }
}
