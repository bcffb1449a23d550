package import Environments
import Glibc
import Values

/// What is in force on some links, as queueing disciplines of the kernel, one below the other.
///
/// Pure: it knows what they can do, and how `tc` is told to make them. First comes a netem, which copies or
/// loses packets, damages them, and delays them, in that order; below it what keeps to a rate.
package struct NetemChain: Hashable, Sendable {
  /// By kind; ``problem(with:)`` finds nothing wrong with each, nor with all of them.
  package let disturbances: [Disturbance.Kind: Disturbance]

  package init(_ disturbances: [Disturbance.Kind: Disturbance]) {
    for disturbance in disturbances.values {
      let problem = NetemChain.problem(with: disturbance)
      precondition(problem == nil, "\(disturbance): \(problem ?? "")")
    }
    let problem = NetemChain.problem(with: disturbances)
    precondition(problem == nil, problem ?? "")
    self.disturbances = disturbances
  }

  /// How many packets may be on their way; more are lost.
  static let packetsMax = 65_536
  /// How far the kernel spreads delays at most: it counts nanoseconds in 32 bits.
  private static let spreadMax = Nanoseconds(Int32.max)

  /// Why a disturbance is not netem's; nothing where it is.
  package static func problem(with disturbance: Disturbance) -> String? {
    switch disturbance.kind {
    case .clog: return "netem can't hold packets back until a fault ends"
    case .rate where disturbance.probability < 1:
      return "netem keeps all packets of a link to a rate, or none"
    case .duplicate where disturbance.latency > 0:
      return "netem's copies leave beside their originals"
    case .delay, .reorder:
      if disturbance.latency < .microseconds(2) { return "netem's delays begin at 2 µs" }
      guard disturbance.spread <= spreadMax else {
        return "netem spreads delays by two seconds at most"
      }
      return nil
    case .loss, .corrupt, .duplicate, .rate: return nil
    }
  }

  /// Why disturbances are not netem's on one link, each of which is by itself; nothing where they are.
  package static func problem(
    with disturbances: [Disturbance.Kind: Disturbance]
  ) -> String? {
    if disturbances[.loss] != nil, disturbances[.duplicate] != nil {
      // It sends as many as there are: one more for a copy, and one less for a loss.
      return "netem's copies make up for what it loses on the same link"
    }
    if disturbances[.delay] != nil, disturbances[.reorder] != nil {
      return "netem can't delay and reorder packets of the same link"
    }
    let hurries = (disturbances[.delay] ?? disturbances[.reorder]).map { $0.probability < 1 }
    if hurries == true, disturbances[.rate] != nil {
      return "netem keeps to no rate what it sends at once, past what is late"
    }
    return nil
  }

  /// How late packets leave at most.
  var delayMax: Nanoseconds {
    disturbances.values.reduce(0) { longest, disturbance in
      switch disturbance.kind {
      case .delay where disturbance.distribution == .exponential: longest + 9 * disturbance.latency
      case .delay, .reorder, .rate: longest + disturbance.latency
      case .loss, .duplicate, .corrupt, .clog: longest
      }
    }
  }

  /// Whether links that it is in force on can have one for all.
  var isShared: Bool { disturbances[.rate] == nil }

  // MARK: Disciplines

  /// How many there are.
  var length: Int { (netem == nil ? 0 : 1) + (disturbances[.rate] == nil ? 0 : 1) }

  /// What `tc` is to make, in order.
  ///
  /// - Parameter longestPacket: That the links carry, in bytes.
  func disciplines(longestPacket: Int) -> [String] {
    [netem, disturbances[.rate].map { NetemChain.bucket($0, longestPacket) }].compactMap(\.self)
  }

  private var netem: String? {
    var words: [String] = []
    if let late = disturbances[.delay] ?? disturbances[.reorder] { words += NetemChain.delay(late) }
    for (kind, name) in [
      (Disturbance.Kind.loss, "loss"), (.duplicate, "duplicate"), (.corrupt, "corrupt"),
    ] {
      if let share = disturbances[kind]?.probability { words += [name, NetemChain.percent(share)] }
    }
    guard !words.isEmpty else { return nil }
    return (["netem", "limit", "\(NetemChain.packetsMax)"] + words).joined(separator: " ")
  }

  /// Delays a share of all packets, and sends the others at once, before those that wait.
  private static func delay(_ disturbance: Disturbance) -> [String] {
    var words = ["delay"]
    let latency = disturbance.latency
    if disturbance.kind == .reorder || disturbance.distribution == .uniform {
      words += [time(latency / 2), time(latency / 2)]
    } else if disturbance.distribution == .exponential {
      words += [time(latency), time(disturbance.spread), "distribution", exponentialName]
    } else {
      words.append(time(latency))
    }
    if disturbance.probability < 1 { words += ["reorder", percent(1 - disturbance.probability)] }
    return words
  }

  /// Keeps to a rate by a bucket that one packet fills.
  private static func bucket(_ disturbance: Disturbance, _ longestPacket: Int) -> String {
    let rate = max(disturbance.bytesPerSecond, 1)
    // Of what is longer than the bucket nothing would ever leave.
    let bucket = longestPacket + headersMax
    let (seconds, rest) = disturbance.latency.quotientAndRemainder(dividingBy: .seconds(1))
    let queue = Double(rate) * (Double(seconds) + Double(rest) / 1e9)
    let limit = Int(min(max(queue, 1), Double(UInt32.max / 2)))
    return "tbf rate \(rate)bps burst \(bucket)b limit \(limit)b"
  }

  /// Before an IP header, in bytes.
  private static let headersMax = 64

  private static func time(_ time: Nanoseconds) -> String { "\(time / .microseconds(1))us" }

  private static func percent(_ share: Double) -> String { "\(share * 100)%" }

  // MARK: Counts

  /// What each kind came to, by what the kernel tells of the chain's disciplines.
  ///
  /// Copies count as packets of their own.
  func counts(
    by found: [TrafficControl.Discipline]
  ) -> [Disturbance.Kind: LinkDisturbances.Count] {
    let taken = found[0].sent + found[0].dropped + found[0].waiting
    // A discipline counts as dropped what the one below it drops.
    let lost =
      disturbances[.loss] == nil
      ? 0 : max(0, found[0].dropped - (found.count > 1 ? found[1].dropped : 0))
    var counts: [Disturbance.Kind: LinkDisturbances.Count] = [:]
    for kind in disturbances.keys {
      var count = LinkDisturbances.Count(met: taken)
      switch kind {
      case .loss: count.struck = lost
      case .delay, .reorder: count.struck = taken - lost - found[0].hurried
      case .rate: count.struck = taken - lost
      case .duplicate, .corrupt, .clog: count.isCounted = false
      }
      counts[kind] = count
    }
    return counts
  }

  // MARK: Exponential delays

  /// By which name `tc` finds the table.
  static let exponentialName = "shrike-exponential"

  /// The file in which `tc` finds how exponential delays spread: how far each of as many equally likely
  /// ones is from the mean, in parts of the spread that 8,192 make whole.
  static let exponentialTable: String = {
    let count = 4_096
    return (0..<count).map { place in
      let delay = -log(1 - (Double(place) + 0.5) / Double(count))
      let distance = (delay - 1) / Double(exponentialSpread) * 8_192
      return "\(Int(min(distance, 32_767).rounded()))\n"
    }.joined()
  }()

  /// How many times the mean the spread is: the longest delays are nine times the mean.
  fileprivate static let exponentialSpread: Int64 = 2
}

extension Disturbance {
  /// What `tc` calls jitter.
  fileprivate var spread: Nanoseconds {
    switch distribution {
    case _ where kind == .reorder: latency / 2
    case .uniform: latency / 2
    case .constant: 0
    case .exponential: latency * NetemChain.exponentialSpread
    }
  }
}
