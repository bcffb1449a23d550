import Environments
import Glibc
import Nodes
import Packets
import Processes
import Values

/// A disturbance in force, and the links that it is in force on.
struct DisturbedLinks {
  var disturbance: Disturbance
  var links: [Link]

  /// The links by who sends, in order.
  var bySource: [(source: NodeID, destinations: [NodeID])] {
    Dictionary(grouping: links, by: \.source).sorted { $0.key < $1.key }
      .map { ($0.key, $0.value.map(\.destination)) }
  }

  /// How many probes it takes to be all but sure that one is disturbed, within reason.
  var probeCount: Int {
    guard disturbance.probability < 1 else { return 1 }
    let count = Int(20 / max(disturbance.probability, 1e-6)) + 1
    return min(count, DisturbedLinks.probesMax)
  }

  /// How many probes try whether a disturbance has an effect, at most.
  private static let probesMax = 1_000
}

extension HostCluster {
  /// Why packets can't be disturbed on hosts of this machine; nothing where they can.
  package static var packetProblem: String? {
    let device = open("/dev/net/tun", O_RDWR | O_CLOEXEC)
    let error = errno
    guard device < 0 else {
      close(device)
      return nil
    }
    switch error {
    case ENOENT, ENODEV: return "there is no /dev/net/tun; as root: modprobe tun"
    case EACCES, EPERM:
      return "/dev/net/tun is not for this user; as root: chmod 666 /dev/net/tun"
    default: return "/dev/net/tun can't be opened: \(errorText(error))"
    }
  }

  /// Disturbs links in place of those that a disturbance of the same kind disturbed.
  func disturb(_ disturbance: Disturbance, _ links: [Link]) throws(HostError) -> FaultReport {
    guard disturbance.messageTypes.isEmpty else {
      let types = disturbance.messageTypes.joined(separator: ", ")
      return refuse(
        links.map(\.source), "packets have no types of messages, such as \(types)")
    }
    var report = try calm(disturbance.kind)
    let ended = report.did
    let links = links.filter { $0.source != $0.destination }
    let disturbed = DisturbedLinks(disturbance: disturbance, links: links)
    disturbanceCount += 1
    let draws = Draws(seed: settings.seed, stream: HostCluster.packetStream)
      .child(UInt64(disturbanceCount))
    var isLed = true
    var begun: [NodeID] = []
    for (source, destinations) in disturbed.bySource {
      let peers = Dictionary(
        destinations.map { ($0.index, nodes[$0.index].host.address) }
      ) { $1 }
      begun.append(source)
      let way: PacketWay
      do throws(HostError) {
        way = PacketWay(
          words: try order(
            .disturb(
              disturbance, draws.child(UInt64(source.index)), peers,
              prefersNetem: settings.usesNetem ?? !network.isThisMachine), source))
      } catch {
        guard case .refused(let host, let reason) = error else { throw error }
        _ = try end(disturbed, on: begun)
        let refusal = refuse(disturbed.bySource.map(\.source), "host \(host): \(reason)")
        report.tookHold = false
        report.did = ended.merging(refusal.did) { "\($0); \($1)" }
        return report
      }
      let areLed = try leads(source, destinations, by: disturbance.kind)
      isLed = isLed && areLed.allSatisfy { $0 }
      let others = destinations.sorted().map { names[$0] }.joined(separator: ", ")
      let did = "\(disturbance.kind.rawValue) of packets to \(others)\(way.addition)"
      report.did[source] = [ended[source], did].compactMap(\.self).joined(separator: "; ")
    }
    disturbances[disturbance.kind] = disturbed
    // Whether it has an effect is seen when it ends.
    report.tookHold = isLed ? nil : false
    return report
  }

  /// Ends a disturbance, and sees that packets have their own way again.
  func calm(_ kind: Disturbance.Kind) throws(HostError) -> FaultReport {
    guard let disturbed = disturbances[kind] else { return FaultReport() }
    var report = FaultReport()
    report.tookHold = try isEffective(disturbed)
    disturbances[kind] = nil
    let counts = try end(disturbed, on: disturbed.bySource.map(\.source))
    if counts.allSatisfy(\.isCounted) { report.affected = counts.reduce(0) { $0 + $1.struck } }
    report.exercised = counts.reduce(0) { $0 + $1.met }
    for (source, _) in disturbed.bySource {
      let lost = Int(try order(.overflow, source).first ?? "") ?? 0
      guard lost > 0 else { continue }
      report.did[source] = "\(lost) packets were lost for want of room in its switch"
    }
    return report
  }

  /// Ends a disturbance on those who send.
  ///
  /// - Returns: What it came to on each link.
  /// - Throws: What did not end.
  private func end(
    _ disturbed: DisturbedLinks, on sources: [NodeID]
  ) throws(HostError) -> [LinkDisturbances.Count] {
    let kind = disturbed.disturbance.kind
    var found: [LinkDisturbances.Count] = []
    for (source, destinations) in disturbed.bySource where sources.contains(source) {
      found += [Int: LinkDisturbances.Count](words: try order(.calm(kind), source)).values
      let others = Set(disturbances.values.flatMap(\.links))
      let free = destinations.filter { !others.contains(Link(from: source, to: $0)) }
      if try leads(source, free).contains(true) {
        throw .notHealed("the \(kind.rawValue) of packets from \(names[source]) did not end")
      }
    }
    return found
  }

  /// Begins to write packets to files, where that is asked for.
  func capturePackets() throws(HostError) {
    guard settings.capturesPackets else { return }
    for process in nodes {
      let peer = nodes.first { $0 !== process }?.host.address ?? process.host.address
      try order(.capture(process.host.capture, peer: peer), process.node)
    }
  }

  /// Has what was captured be written to the end.
  func endCaptures() {
    guard settings.capturesPackets else { return }
    for process in nodes { _ = try? order(.endCapture, process.node) }
  }

  /// What distinguishes draws for packets from others of the seed.
  private static let packetStream: UInt64 = 0x7061_636b

  @discardableResult
  private func order(_ order: PacketOrder, _ source: NodeID) throws(HostError) -> [String] {
    try nodes[source.index].host.agent.ask(.packets, order.words)
  }

  /// Whether packets to each of these are led to what disturbs them: by a kind, or by any.
  private func leads(
    _ source: NodeID, _ destinations: [NodeID], by kind: Disturbance.Kind? = nil
  ) throws(HostError) -> [Bool] {
    let addresses = destinations.map { nodes[$0.index].host.address }
    return try order(.leads(addresses, by: kind), source).map { $0 == "true" }
  }

  /// Whether packets of each link are led to what disturbs them, and one was disturbed there, be it a
  /// probe; nothing where that took too long to know.
  private func isEffective(_ disturbed: DisturbedLinks) throws(HostError) -> Bool? {
    let kind = disturbed.disturbance.kind
    var hasStruck = false
    for (source, destinations) in disturbed.bySource {
      guard try leads(source, destinations, by: kind).allSatisfy({ $0 }) else { return false }
      let counts = [Int: LinkDisturbances.Count](words: try order(.counts(kind), source))
      hasStruck = hasStruck || counts.values.contains { $0.struck > 0 }
    }
    if hasStruck { return true }
    for link in disturbed.links {
      let prove = PacketOrder.prove(
        kind, peer: link.destination.index, most: disturbed.probeCount)
      switch try order(prove, link.source) {
      case ["true"]: return true
      case ["unknown"]: return nil
      default: break
      }
    }
    return false
  }
}

extension PacketWay {
  /// What a report says of it; nothing for the way that is taken where no other is preferred.
  fileprivate var addition: String {
    switch self {
    case .netem: " by netem"
    case .throughSwitch(nil): ""
    case .throughSwitch(let reason?): " by its switch (\(reason))"
    }
  }
}
