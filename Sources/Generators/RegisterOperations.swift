public import Histories
import Values

/// Reads, writes and compare-and-sets of registers, on keys that rotate.
///
/// `read` [k, null], `write` [k, v], `cas` [k, [from, to]]. The values written to a key are 1, 2, 3
/// and so on, each once, so that a read says which write it saw. A `cas` expects what was last
/// observed of its key, by whichever client, but for a share of them that expect something else, to
/// see them fail.
///
/// Which slot's key comes next, and which operation, follows from the seed alone; when a key is
/// replaced, and what a `cas` expects, also from what happened.
public struct RegisterOperations: Generator {
  /// How often each operation is done, in proportion.
  public struct Shares: Hashable, Sendable {
    public var read: Int
    public var write: Int
    public var cas: Int

    public init(read: Int = 2, write: Int = 1, cas: Int = 1) {
      self.read = read
      self.write = write
      self.cas = cas
    }
  }

  /// What is known of the key in a slot.
  private struct Register: Sendable {
    var key = -1
    /// The last value that was handed out.
    var newest = 0
    var observed: Value?

    /// What a compare-and-set expects.
    ///
    /// - Parameter choice: Which of the wrong values it is, as a number in 0 ..< 1.
    func expected(mismatched: Bool, _ choice: Double) -> Value {
      // Before anything was observed, the last value that was handed out is the best guess.
      let likely = observed.flatMap { $0 == .null ? nil : $0 } ?? .integer(newest)
      guard mismatched else { return likely }
      // 0 is never written.
      let wrong = Value.integer(Int(choice * Double(newest + 1)))
      return wrong == likely ? .integer(0) : wrong
    }
  }

  private var draws: Draws
  private var keys: RotatingKeys
  private var registers: [Register]
  private let shares: Shares
  private let processesPerKey: Int?
  private let mismatches: Double

  /// - Parameters:
  ///   - keyCount: How many keys are in use at a time.
  ///   - operationsPerKey: After how many operations a key is replaced.
  ///   - processesPerKey: How many distinct processes use a key at most; by default one for each
  ///     client thread and twenty more that took the place of crashed ones.
  ///   - mismatches: The share of compare-and-sets that expect a value they know to be wrong.
  public init(
    seed: UInt64, keyCount: Int, operationsPerKey: Int = 200, processesPerKey: Int? = nil,
    shares: Shares = Shares(), mismatches: Double = 0.2
  ) {
    precondition(
      min(shares.read, shares.write, shares.cas) >= 0
        && shares.read + shares.write + shares.cas > 0,
      "the shares of operations are not negative and not all 0")
    draws = Draws(seed: seed)
    keys = RotatingKeys(count: keyCount, operationsPerKey: operationsPerKey)
    registers = Array(repeating: Register(), count: keyCount)
    self.shares = shares
    self.processesPerKey = processesPerKey
    self.mismatches = mismatches
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard context.hasFreeThread else { return .pending }
    var invocation = Invocation(f: "read", in: context)
    // Always the same number of draws, so that what happened shifts none of those to come.
    let slot = draws.below(keys.count)
    let kind = draws.below(shares.read + shares.write + shares.cas)
    let isMismatch = draws.chance(mismatches)
    let choice = draws.unit()

    let key = keys.use(
      slot: slot, by: invocation.process.number,
      processesPerKey: processesPerKey ?? context.concurrency + 20)
    if registers[slot].key != key { registers[slot] = Register(key: key) }
    if kind < shares.read {
      invocation.value = [.integer(key), nil]
      return .invocation(invocation)
    }
    let expected = registers[slot].expected(mismatched: isMismatch, choice)
    registers[slot].newest += 1
    let new = Value.integer(registers[slot].newest)
    if kind < shares.read + shares.write {
      invocation.f = "write"
      invocation.value = [.integer(key), new]
    } else {
      invocation.f = "cas"
      invocation.value = [.integer(key), [expected, new]]
    }
    return .invocation(invocation)
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    guard event.type == .ok, case .list(let pair) = event.value, pair.count == 2,
      let key = pair[0].integer, let slot = keys.slot(of: key), registers[slot].key == key
    else { return }
    switch event.f {
    case "read", "write": registers[slot].observed = pair[1]
    case "cas": registers[slot].observed = pair[1].elements?.last
    default: break
    }
  }
}
