import Values

/// Writes of one key after the other, and reads of the groups that were written last.
///
/// `write` [["w", k, 1]], each k once; `read` [["r", k, null], …] of the keys of a group in any order.
/// The keys of a group follow each other, so that they are written at about the same time; half of
/// the operations are writes.
public struct LongForkOperations: Generator {
  private var draws: Draws
  private let groupSize: Int
  private var next = 0

  public init(seed: UInt64, groupSize: Int) {
    precondition(groupSize > 1, "in a group of \(groupSize) there is one order only")
    draws = Draws(seed: seed)
    self.groupSize = groupSize
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard context.hasFreeThread else { return .pending }
    guard draws.below(2) == 0 else {
      defer { next += 1 }
      return .invocation(
        Invocation(f: "write", value: [["w", .integer(next), 1]], in: context))
    }
    // A key among those of the last two groups, some of which may not be written yet.
    let key = max(0, next - draws.below(2 * groupSize))
    let first = key / groupSize * groupSize
    let keys = draws.shuffled(Array(first..<first + groupSize))
    return .invocation(
      Invocation(
        f: "read", value: .list(keys.map { ["r", .integer($0), nil] }), in: context))
  }
}
