/// What became of a history that was asked whether it is sequentially consistent.
public enum SequentialOutcome: Sendable {
  case valid
  /// The certificate's part of the history has no order either.
  case invalid(Certificate)
  case undecided(Reason)

  public enum Reason: Hashable, Sendable {
    case exhausted(Exhaustion)
    /// A process began an operation while another one of its was going on, so the order of its
    /// operations is not known.
    case overlap(process: Int32)
  }
}

/// Judges whether a history is sequentially consistent: whether some order of its operations, in
/// which those of each process keep their order, is possible one operation at a time (Lamport, *How
/// to make a multiprocessor computer that correctly executes multiprocess programs*, 1979).
///
/// Time counts only within a process. Operations that never returned may take effect at any time
/// after what their process had completed before, or never; a process that goes on after one is
/// not held up by it. So every linearizable history is sequentially consistent.
///
/// Unlike linearizability this is not local: several objects are judged as one, by a history of all
/// their operations.
///
/// The problem is hard in general, and also for registers with few values (Gibbons and Korach,
/// *Testing shared memories*, 1997). Where every value of a register is written once it is
/// decided in linear time by ``SequentialBlocks``; for several registers what must come before
/// what is derived first, which finds most violations; otherwise it is searched for.
public struct SequentialJudge<Object: SequentialObject> {
  public var object: Object
  public var budget: Budget
  /// Whether histories may be decided by theorems instead of by search.
  public var usesDeciders: Bool

  public init(_ object: Object, budget: Budget = Budget(), usesDeciders: Bool = true) {
    self.object = object
    self.budget = budget
    self.usesDeciders = usesDeciders
  }

  public func judge(_ history: ObjectHistory<Object.Operation>) -> SequentialOutcome {
    do throws(ProgramOrder.Overlap) {
      let order = try ProgramOrder(history)
      if usesDeciders, object.decide(history) == .linearizable { return .valid }
      let facts = Facts(object, history, required: order.required)
      guard usesDeciders else { return search(history, order, facts, []) }
      switch derive(history, order, facts) {
      case .valid: return .valid
      case .violated(let violation): return .invalid(certificate(violation, history, facts))
      case .open(let forced):
        return isLinearizable(history) ? .valid : search(history, order, facts, forced)
      }
    } catch {
      return .undecided(.overlap(process: error.process))
    }
  }
}

extension SequentialJudge {
  private enum Finding {
    case valid
    case violated(SequentialBlocks.Violation)
    /// Not known, but some operations must come before others.
    case open([(before: Int32, after: Int32)])
  }

  /// What theorems tell.
  private func derive(
    _ history: ObjectHistory<Object.Operation>, _ order: ProgramOrder, _ facts: Facts?
  ) -> Finding {
    guard let facts else { return .open([]) }
    if var blocks = SequentialBlocks(facts, order) {
      return blocks.violation().map { .violated($0) } ?? .valid
    }
    guard var saturation = Saturation(facts, order, memory: budget.memory) else { return .open([]) }
    var steps = budget.steps
    saturation.run(steps: &steps, isExpired: budget.isExpired)
    if let operations = saturation.contradiction {
      return .violated(
        SequentialBlocks.Violation(
          operations: operations,
          reason: "what the processes found makes operations precede each other in a circle"))
    }
    return .open(saturation.derived)
  }

  /// Whether it is known in a moment that the history is even linearizable.
  private func isLinearizable(_ history: ObjectHistory<Object.Operation>) -> Bool {
    var quick = budget
    quick.steps = min(budget.steps, 64 * history.count + 1024)
    quick.memory = budget.memory / 2
    let judgement = Judge(object, budget: quick).judge([history])
    return judgement.invalid == nil && judgement.undecided.isEmpty
  }

  private func search(
    _ history: ObjectHistory<Object.Operation>, _ order: ProgramOrder, _ facts: Facts?,
    _ forced: [(before: Int32, after: Int32)]
  ) -> SequentialOutcome {
    let (outcome, steps) = searchOnce(history, order, facts, forced, budget)
    switch outcome {
    case .valid: return .valid
    case .undecided(let exhaustion): return .undecided(.exhausted(exhaustion))
    case .invalid: return .invalid(shrunk(history, steps: steps))
    }
  }

  private func searchOnce(
    _ history: ObjectHistory<Object.Operation>, _ order: ProgramOrder, _ facts: Facts?,
    _ forced: [(before: Int32, after: Int32)], _ budget: Budget
  ) -> (SequentialSearch.Outcome, steps: Int) {
    let numbered = object.numbered(history)
    var search = SequentialSearch(
      numbered.history, numbered.transitions, order, facts: facts, forced: forced)
    return (search.run(within: budget), search.steps)
  }
}

extension SequentialJudge {
  /// A part of the history with the violation, from which no operation of it can be left out.
  private func certificate(
    _ violation: SequentialBlocks.Violation, _ history: ObjectHistory<Object.Operation>,
    _ facts: Facts?
  ) -> Certificate {
    guard let facts else { return Certificate(violation.operations, reason: violation.reason) }
    let all = facts.closure(of: violation.operations)
    let part = history.part(Certificate(all, reason: "").fates(count: history.count))
    guard let partFacts = Facts(object, part, required: part.required) else {
      return Certificate(all, reason: violation.reason)
    }
    let named = Set(violation.operations)
    let smallest = reducedPart(
      of: 0..<Int32(all.count),
      naming: all.indices.filter { named.contains(all[$0]) }.map { Int32($0) },
      closure: partFacts.closure
    ) { kept in
      let fewer = part.part(Certificate(kept, reason: "").fates(count: part.count))
      guard let order = try? ProgramOrder(fewer) else { return false }
      let facts = Facts(object, fewer, required: order.required)
      if case .violated = derive(fewer, order, facts) { return true }
      return false
    }
    return Certificate(smallest.map { all[Int($0)] }, reason: violation.reason)
  }

  /// The operations of a history that can't be in one order, of which pure ones may be missing, and
  /// others be weakened, where that leaves it so; for small histories only.
  ///
  /// - Parameter steps: How many steps it took to find that there is no order.
  private func shrunk(_ history: ObjectHistory<Object.Operation>, steps: Int) -> Certificate {
    var fates = [Fate](repeating: .kept, count: history.count)
    let required = history.required
    var bounded = budget
    bounded.steps = min(budget.steps, 4 * steps + 1024)
    let isSmall = history.count <= 256 && steps <= 1 << 16
    for operation in history.operations.indices.reversed() where isSmall {
      for fate in [Fate.dropped, .weakened] {
        let isPure = object.isPure(history.operations[operation])
        guard fate == .dropped ? isPure : !isPure && required[operation] else { continue }
        let before = fates[operation]
        fates[operation] = fate
        if isInvalid(history.part(fates), bounded) { break }
        fates[operation] = before
      }
    }
    let numbers = history.operations.indices.map { Int32($0) }
    let needed = history.operations.indices.map { required[$0] && fates[$0] == .kept }
    if let facts = Facts(object, history, required: needed) {
      for operation in fates.indices where !facts.isPresent[operation] {
        fates[operation] = .dropped
      }
    }
    return Certificate(
      numbers.filter { fates[Int($0)] == .kept },
      weakened: numbers.filter { fates[Int($0)] == .weakened },
      reason: "no order of the operations that keeps the order of each process is possible")
  }

  private func isInvalid(_ part: ObjectHistory<Object.Operation>, _ budget: Budget) -> Bool {
    guard let order = try? ProgramOrder(part) else { return false }
    let facts = Facts(object, part, required: order.required)
    if case .invalid = searchOnce(part, order, facts, [], budget).0 { return true }
    return false
  }
}
