import Environments
import Glibc
import Packets
import Processes
import Values

/// Disturbs the packets that a host sends to others.
final class PacketBreaker: HostBreaker {
  /// How long a capture may become, in bytes.
  private static let captureMax = 256 << 20
  /// How long probes may be sent through netem: well under the patience of who asks for it.
  private static let probingMax: Nanoseconds = .seconds(5)

  /// What has disturbed packets so far, each when it was first needed.
  private var faults: PacketFaults?
  private var netem: NetemFaults?
  /// Why netem was found not to work here, where that stays so.
  private var netemProblem: String?
  private var capture: PacketCapture?

  func obey(_ words: [String], on processes: [pid_t]) throws(BreakerRefusal) -> [String] {
    guard let order = PacketOrder(words: words) else {
      throw BreakerRefusal("no such order for packets: \(words.joined(separator: " "))")
    }
    do {
      return try obey(order)
    } catch {
      throw BreakerRefusal("\(error)")
    }
  }

  private func obey(_ order: PacketOrder) throws -> [String] {
    switch order {
    case .disturb(let disturbance, let draws, let peers, let prefersNetem):
      let addresses = try peers.mapValues { try number(of: $0) }
      return try disturb(disturbance, draws, addresses, prefersNetem: prefersNetem).words
    case .counts(let kind):
      return try (disturbing(kind)?.counts(of: kind) ?? faults?.counts(of: kind) ?? [:]).words
    case .prove(let kind, let peer, let most):
      return [try isProven(kind, peer, most).map { "\($0)" } ?? "unknown"]
    case .calm(let kind):
      return try (disturbing(kind)?.calm(kind) ?? faults?.calm(kind) ?? [:]).words
    case .leads(let addresses, let kind):
      // None but IPv4 packets ever do.
      return try addresses.map { "\(try Detour.number($0).map { try leads($0, kind) } ?? false)" }
    case .overflow: return ["\(faults?.takeOverflow() ?? 0)"]
    case .capture(let path, let peer):
      capture?.end()
      capture = nil
      capture = try PacketCapture(
        of: Detour.device(to: number(of: peer)), to: path, limit: PacketBreaker.captureMax)
      return []
    case .endCapture:
      capture?.end()
      capture = nil
      return []
    }
  }

  /// What has a kind in force by netem.
  private func disturbing(_ kind: Disturbance.Kind) -> NetemFaults? {
    netem?.disturbs(kind) == true ? netem : nil
  }

  private func isProven(_ kind: Disturbance.Kind, _ peer: Int, _ most: Int) throws -> Bool? {
    guard let netem = disturbing(kind) else {
      return try faults?.strikesProbe(kind, to: peer, most: most) ?? false
    }
    return try netem.strikesProbe(kind, to: peer, most: most, within: PacketBreaker.probingMax)
  }

  /// Whether packets to a peer are led to what disturbs them by a kind, or to anything that does.
  private func leads(_ address: UInt32, _ kind: Disturbance.Kind?) throws -> Bool {
    if let kind {
      if let netem = disturbing(kind) { return try netem.leads(to: address, by: kind) }
      return try faults?.leads(to: address) == true
    }
    return try faults?.leads(to: address) == true || netem?.leads(to: address) == true
  }

  private func disturb(
    _ disturbance: Disturbance, _ draws: Draws, _ peers: [Int: UInt32], prefersNetem: Bool
  ) throws -> PacketWay {
    guard prefersNetem else {
      try passThrough(disturbance, draws, peers)
      return .throughSwitch(reason: nil)
    }
    var reason = NetemChain.problem(with: disturbance) ?? netemProblem
    if reason == nil {
      do {
        try disturbByNetem(disturbance, peers)
        return .netem
      } catch {
        reason = "\(error)"
      }
    }
    do { try passThrough(disturbance, draws, peers) } catch {
      throw BreakerRefusal("\(error); \(reason ?? "no netem")")
    }
    return .throughSwitch(reason: reason)
  }

  private func passThrough(
    _ disturbance: Disturbance, _ draws: Draws, _ peers: [Int: UInt32]
  ) throws {
    let faults = try self.faults ?? PacketFaults(peers: Array(peers.values))
    self.faults = faults
    try faults.disturb(disturbance, to: peers, draws)
  }

  private func disturbByNetem(_ disturbance: Disturbance, _ peers: [Int: UInt32]) throws {
    if netem == nil {
      do { netem = try NetemFaults() } catch {
        if (error as? NetemRefusal)?.isPassing != true { netemProblem = "\(error)" }
        throw error
      }
    }
    try netem?.disturb(disturbance, to: peers)
  }

  var nextWake: Nanoseconds? { netem?.nextClearing }

  func wake(on processes: [pid_t]) {
    if let due = netem?.nextClearing, due <= monotonicTime() { netem?.clear() }
  }

  private func number(of address: String) throws(BreakerRefusal) -> UInt32 {
    if let number = Detour.number(address) { return number }
    throw BreakerRefusal("packets to \(address) can't be touched: it is no IPv4 address")
  }

  func mend() {
    capture?.end()
    capture = nil
    faults?.end()
    faults = nil
    netem?.end()
    netem = nil
  }
}

/// Which way a disturbance of packets went.
enum PacketWay: Hashable {
  case netem
  /// Through the host's own switch, for this reason where netem was preferred.
  case throughSwitch(reason: String?)

  var words: [String] {
    switch self {
    case .netem: ["netem"]
    case .throughSwitch(let reason): ["switch"] + (reason.map { [$0] } ?? [])
    }
  }

  init(words: [String]) {
    self = words.first == "netem" ? .netem : .throughSwitch(reason: words.dropFirst().first)
  }
}

/// What the controller asks of the breaker of packets.
enum PacketOrder: Hashable {
  /// Disturbs packets to peers, by their nodes' numbers, and tells which way.
  case disturb(Disturbance, Draws, [Int: String], prefersNetem: Bool)
  /// Asks what a kind has come to so far, on each link.
  case counts(Disturbance.Kind)
  /// Asks whether one of so many probes to a peer is disturbed: "unknown" where that takes too long.
  case prove(Disturbance.Kind, peer: Int, most: Int)
  /// Ends a kind, and asks what it came to.
  case calm(Disturbance.Kind)
  /// Asks how many packets were lost for want of room since this was asked before.
  case overflow
  /// Asks for each address whether packets to it are led to what disturbs them: by a kind, or by any.
  case leads([String], by: Disturbance.Kind?)
  /// Writes to a file, from now on, what passes the device by which a peer is reached.
  case capture(String, peer: String)
  case endCapture
}

extension PacketOrder {
  private static let any = "any"

  var words: [String] {
    switch self {
    case .disturb(let disturbance, let draws, let peers, let prefersNetem):
      [
        "disturb", disturbance.kind.rawValue, "\(disturbance.probability)",
        "\(disturbance.latency)", disturbance.distribution.rawValue,
        "\(disturbance.bytesPerSecond)", "\(draws.key)", prefersNetem ? "netem" : "switch",
      ] + peers.sorted { $0.key < $1.key }.flatMap { ["\($0.key)", $0.value] }
    case .counts(let kind): ["counts", kind.rawValue]
    case .prove(let kind, let peer, let most): ["prove", kind.rawValue, "\(peer)", "\(most)"]
    case .calm(let kind): ["calm", kind.rawValue]
    case .overflow: ["overflow"]
    case .leads(let addresses, let kind): ["leads", kind?.rawValue ?? PacketOrder.any] + addresses
    case .capture(let path, let peer): ["capture", path, peer]
    case .endCapture: ["end-capture"]
    }
  }

  init?(words: [String]) {
    switch words.first {
    case "leads" where words.count > 1:
      let kind = Disturbance.Kind(rawValue: words[1])
      guard kind != nil || words[1] == PacketOrder.any else { return nil }
      self = .leads(Array(words.dropFirst(2)), by: kind)
      return
    case "capture" where words.count == 3:
      self = .capture(words[1], peer: words[2])
      return
    case "end-capture":
      self = .endCapture
      return
    case "overflow":
      self = .overflow
      return
    default: break
    }
    guard words.count > 1, let kind = Disturbance.Kind(rawValue: words[1]) else { return nil }
    switch words[0] {
    case "disturb" where words.count >= 8 && words.count % 2 == 0:
      guard let probability = Double(words[2]), let latency = Nanoseconds(words[3]),
        let distribution = Disturbance.Distribution(rawValue: words[4]),
        let bytesPerSecond = Int(words[5]), let seed = UInt64(words[6])
      else { return nil }
      var peers: [Int: String] = [:]
      for place in stride(from: 8, to: words.count, by: 2) {
        guard let number = Int(words[place]) else { return nil }
        peers[number] = words[place + 1]
      }
      self = .disturb(
        Disturbance(
          kind, probability: probability, latency: latency, distribution: distribution,
          bytesPerSecond: bytesPerSecond), Draws(seed: seed), peers,
        prefersNetem: words[7] == "netem")
    case "counts": self = .counts(kind)
    case "prove" where words.count == 4:
      guard let peer = Int(words[2]), let most = Int(words[3]) else { return nil }
      self = .prove(kind, peer: peer, most: most)
    case "calm": self = .calm(kind)
    default: return nil
    }
  }
}

extension [Int: LinkDisturbances.Count] {
  /// As words of an answer: five numbers for each peer, of which one that is not known is negative.
  var words: [String] {
    sorted { $0.key < $1.key }.flatMap { peer, count in
      let struck = count.isCounted ? count.struck : -1
      return [peer, count.met, struck, count.probesMet, count.probesStruck].map { "\($0)" }
    }
  }

  init(words: [String]) {
    let numbers = words.compactMap { Int($0) }
    self = [:]
    for place in stride(from: 0, to: numbers.count - 4, by: 5) {
      self[numbers[place]] = LinkDisturbances.Count(
        met: numbers[place + 1], struck: Swift.max(0, numbers[place + 2]),
        probesMet: numbers[place + 3], probesStruck: numbers[place + 4],
        isCounted: numbers[place + 2] >= 0)
    }
  }
}
