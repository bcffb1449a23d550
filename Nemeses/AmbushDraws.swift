import Environments
public import Values

/// Which ambushes there are, as a function of the seed: without end, of the kinds that are asked for.
///
/// A system is most vulnerable at the moments that it marks: when a leader was just elected, a log cut
/// short, a vote refused. A schedule of times meets three such moments in a row by luck only.
public struct AmbushDraws: Sendable {
  private let variants: [FaultFamily: [NemesisSpec]]
  private let families: [FaultFamily]
  private let names: NodeNames
  private let draws: Draws
  // What all ambushes of a run have in common.
  private let trigger: Ambush.Trigger
  private let passesMax: Int64
  private let isAimed: Bool
  /// How long faults hold at most; nothing where each holds until the next strikes.
  private let durationMax: Nanoseconds?

  /// - Parameters:
  ///   - marks: The labels of the marks that the system is known to have.
  ///   - interval: How long a fault holds on average, where it ends before the next strikes.
  /// - Throws: When nodes are named that don't exist, and when there are too few nodes.
  public init(
    _ specs: [NemesisSpec], names: NodeNames, marks: [String], interval: Nanoseconds, seed: UInt64
  ) throws(NemesisError) {
    variants = Dictionary(grouping: specs, by: \.family)
    self.names = names
    draws = Draws(seed: seed, stream: 0x616d_6275_7368)
    var draws = draws
    for spec in specs { _ = try Round([spec], among: names, draws) }
    let all = FaultFamily.allCases.filter { family in specs.contains { $0.family == family } }
    families = draws.chance(0.5) ? all : [draws.element(of: all)]
    let triggers: [Ambush.Trigger] = [.anyMark, .leadersMark, .mark(draws.element(of: marks))]
    trigger = draws.element(of: triggers)
    passesMax = draws.chance(0.5) ? 0 : draws.logarithmic(1, doublings: 4)
    isAimed = draws.chance(0.75)
    durationMax = draws.chance(0.5) ? nil : 2 * interval
  }

  /// The ambush of a number.
  public func ambush(_ number: Int) -> Ambush? {
    var draws = draws.child(UInt64(number))
    let family = draws.element(of: families)
    guard let round = try? Round(variants[family] ?? [], among: names, draws.child(0)) else {
      return nil
    }
    let fault = ScheduledFault(
      time: 0, family: family, f: family.startName, fault: round.fault,
      aim: round.aim)
    // Delays whose orders of magnitude are as random as their digits.
    var ambush = Ambush(
      trigger: trigger, delay: draws.logarithmic(.microseconds(10), doublings: 13), fault: fault)
    ambush.passes = Int(draws.within(0...passesMax))
    ambush.isAimed = isAimed
    ambush.duration = durationMax.map { draws.within(0...$0) }
    return ambush
  }
}
