import Environments
import Values

/// What is wrong with the links between nodes at the moment, and what it did so far.
///
/// Pure: it decides what becomes of messages, and the network obeys.
struct LinkFaults {
  /// What becomes of a message that was just sent.
  enum Fate: Equatable {
    case lost
    /// It arrives late by `delay`, and a second time, late by `copyDelay`, where that is given.
    case carried(delay: Nanoseconds, copyDelay: Nanoseconds?)
  }

  /// What came of a network fault while it held.
  struct Outcome: Equatable {
    /// The system's messages that it touched.
    var affected = 0
    /// The messages that nodes sent each other.
    var exercised = 0
    /// Whether it was seen to have an effect, be it on a probe.
    var tookHold = false
  }

  private struct Disturbed {
    var disturbance: Disturbance
    var links: Set<Link>
    var affected = 0
    /// Whether a message that it concerns was sent on one of its links.
    var hasMetAny = false
    var sentBefore: Int
  }

  /// How many messages of the harness's own try whether a disturbance has an effect.
  static let probeCount = 1_000

  private var draws: Draws
  private var probes: Draws
  private var cut: Set<Link> = []
  private var cutAffected = 0
  private var sentBeforeCut = 0
  private var disturbed: [Disturbed] = []
  /// All messages that nodes sent each other.
  private var sent = 0

  init(draws: Draws) {
    self.draws = draws.child(0)
    probes = draws.child(1)
  }

  /// Decides the fate of a message from one node to another.
  ///
  /// - Parameter type: The message's, asked only where it matters.
  mutating func send(on link: Link, type: () -> String) -> Fate {
    sent += 1
    if disturbed.isEmpty { return .carried(delay: 0, copyDelay: nil) }
    return fate(on: link, type)
  }

  /// Whether a message that is about to arrive is lost to a cut.
  mutating func isLostOnArrival(on link: Link) -> Bool {
    guard !cut.isEmpty, cut.contains(link) else { return false }
    cutAffected += 1
    return true
  }

  /// - Returns: What came of the cut that was in force, if one was.
  mutating func cut(_ links: [Link]) -> Outcome? {
    let outcome = cut.isEmpty ? nil : cutOutcome()
    cut = Set(links)
    cutAffected = 0
    sentBeforeCut = sent
    return outcome
  }

  /// - Returns: What came of the disturbance of that kind that was in force, if one was.
  mutating func disturb(_ disturbance: Disturbance, _ links: [Link]) -> Outcome? {
    let outcome = calm(disturbance.kind)
    disturbed.append(
      Disturbed(disturbance: disturbance, links: Set(links), sentBefore: sent))
    return outcome
  }

  /// - Returns: What came of the disturbance of that kind, if one was in force.
  mutating func calm(_ kind: Disturbance.Kind) -> Outcome? {
    guard let index = disturbed.firstIndex(where: { $0.disturbance.kind == kind }) else {
      return nil
    }
    let ended = disturbed.remove(at: index)
    let tookHold = ended.affected > 0 || isEffective(ended)
    return Outcome(
      affected: ended.affected, exercised: sent - ended.sentBefore, tookHold: tookHold)
  }

  private mutating func cutOutcome() -> Outcome {
    var outcome = Outcome(affected: cutAffected, exercised: sent - sentBeforeCut)
    // Where the system sent nothing on a cut link, a message of the harness's own does.
    outcome.tookHold = cut.min().map { isLostOnArrival(on: $0) } ?? false
    return outcome
  }

  /// Types of messages of which none was sent may not exist.
  private mutating func isEffective(_ disturbed: Disturbed) -> Bool {
    guard !disturbed.links.isEmpty,
      disturbed.disturbance.messageTypes.isEmpty || disturbed.hasMetAny
    else { return false }
    return (0..<LinkFaults.probeCount).contains { _ in
      probes.chance(disturbed.disturbance.probability)
    }
  }

  private mutating func fate(on link: Link, _ type: () -> String) -> Fate {
    var isLost = false
    var delay: Nanoseconds = 0
    var copyDelay: Nanoseconds?
    for index in disturbed.indices where disturbed[index].links.contains(link) {
      let disturbance = disturbed[index].disturbance
      guard disturbance.concerns(type) else { continue }
      disturbed[index].hasMetAny = true
      guard draws.chance(disturbance.probability) else { continue }
      disturbed[index].affected += 1
      switch disturbance.kind {
      case .loss: isLost = true
      case .delay: delay += disturbance.drawDelay(&draws)
      case .reorder: delay += draws.within(0...disturbance.latency)
      case .duplicate: copyDelay = draws.within(0...disturbance.latency)
      // Refused before a run begins: `support(for:)`.
      case .corrupt, .rate, .clog: break
      }
    }
    return isLost ? .lost : .carried(delay: delay, copyDelay: copyDelay)
  }
}
