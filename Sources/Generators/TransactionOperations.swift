import Histories
import Values

/// Transactions of reads and writes on a pool of keys, some of which are much busier than others.
///
/// `txn` [["r", k, null], [W, k, v], …], where W is `append` or `w`. A transaction has 1 to
/// `transactionLength` micro-operations, each a read or a write, on keys of the pool: each place in
/// it is twice as likely as the one before. The values written to a key are 1, 2, 3 and so on, each
/// once, so that a read says which writes it saw. A key that was written `writesPerKey` times gives
/// its place to the next integer when it should be written again.
public struct TransactionOperations: Generator {
  /// A key in use, and the last value that was handed out for it.
  private struct Slot: Sendable {
    var key: Int
    var written = 0
  }

  private var draws: Draws
  private var slots: [Slot]
  private var nextKey: Int
  private let write: Value
  private let transactionLength: Int
  private let writesPerKey: Int

  /// - Parameters:
  ///   - write: The micro-operation that writes: `append` or `w`.
  ///   - transactionLength: The most micro-operations of a transaction.
  public init(
    seed: UInt64, write: String, keyCount: Int = 10, transactionLength: Int = 4,
    writesPerKey: Int = 16
  ) {
    precondition(
      keyCount > 0 && transactionLength > 0 && writesPerKey > 0,
      "\(keyCount) keys of \(writesPerKey) writes leave nothing to do in \(transactionLength) steps"
    )
    draws = Draws(seed: seed)
    slots = (0..<keyCount).map { Slot(key: $0) }
    nextKey = keyCount
    self.write = .string(write)
    self.transactionLength = transactionLength
    self.writesPerKey = writesPerKey
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard context.hasFreeThread else { return .pending }
    let steps = (0...draws.below(transactionLength)).map { _ in step() }
    return .invocation(Invocation(f: "txn", value: .list(steps), in: context))
  }

  private mutating func step() -> Value {
    // How often a coin falls on one side in a row, by the pool's size: the last place has half of
    // all, the one before it half of the rest. Beginning again behind the first leaves that so.
    let slot = slots.count - 1 - draws.next().trailingZeroBitCount % slots.count
    guard draws.below(2) == 0 else { return ["r", .integer(slots[slot].key), nil] }
    if slots[slot].written == writesPerKey {
      slots[slot] = Slot(key: nextKey)
      nextKey += 1
    }
    slots[slot].written += 1
    return [write, .integer(slots[slot].key), .integer(slots[slot].written)]
  }
}
