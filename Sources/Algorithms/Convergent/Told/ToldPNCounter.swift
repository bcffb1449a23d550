public import Nodes
public import Values

/// A counter that rises and falls, by telling what was added: additions commute.
///
/// Shapiro et al., *A comprehensive study of CRDTs* (2011), section 3.1.1. Sums wrap around.
public struct ToldPNCounter: ToldType {
  static let sumTold = PlantedBug(
    "sum-told", "what is told is the sum, which takes the place of others' sums",
    source: "Shapiro et al. (2011), section 2.3: effects of concurrent updates have to commute.",
    violates: ["unexplained", "diverging", "lost"])
  static let repeatIgnored = PlantedBug(
    "repeat-ignored", "an addition of the same amount as the one before is taken for a repetition",
    source: "Helland, Idempotence is not a medical condition (2012): equal content does not make "
      + "two requests one.",
    violates: ["unexplained", "diverging", "lost"])
  static let clamped = PlantedBug(
    "clamped", "a sum that would fall below zero is zero",
    source: "Shapiro et al. (2011), Counters: a counter that is kept above zero by its replicas "
      + "alone does not converge.",
    violates: ["unexplained", "diverging"])

  public static let description = AlgorithmDescription(
    name: "crdt-pn-counter-op",
    summary: "A counter that rises and falls, of operations that are told.",
    promise: "A read is the sum of all adds that are visible at its node.",
    assumptions:
      "Operations are delivered once. Nodes that fail come back; a disk keeps what was synced.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.1.1.",
    bugs: [sumTold, repeatIgnored, clamped], workloads: ["crdt-pn-counter"])

  /// What is added.
  public typealias Effect = Int

  private var sum = 0
  /// The last effect, for a planted bug.
  private var last: Int?

  public init() {}

  public var value: Value { .integer(sum) }

  public func effect(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (effect: Int, result: UpdateResult) {
    guard update.f == "add" else { throw .unknown(update) }
    let amount = try update.integer()
    let tellsSum = origin.bugs.contains(ToldPNCounter.sumTold)
    return (tellsSum ? sum &+ amount : amount, UpdateResult())
  }

  public mutating func apply(_ effect: Int, of dot: Dot, bugs: Set<String>) {
    if bugs.contains(ToldPNCounter.sumTold) {
      sum = effect
    } else if bugs.contains(ToldPNCounter.repeatIgnored) {
      if last != effect { sum = sum &+ effect }
      last = effect
    } else {
      sum = sum &+ effect
    }
    if bugs.contains(ToldPNCounter.clamped) { sum = max(0, sum) }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(sum)
    sink.put(last)
  }
}
