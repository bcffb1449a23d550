/// Reduces an invalid history of an object to a small part that is invalid for the same reason.
///
/// Every step takes a history to a weaker one: if the one were linearizable, so would be the
/// other. So when the part is not, the whole is not.
///
/// - A prefix: what is open at its end may have taken effect or not, and is weakened.
/// - An operation that never changes the state is left out: a linearization without it is one
///   still.
/// - An operation is weakened, which means that it need not return: its place in a linearization
///   stays allowed. A crashed operation whose effect nothing sees is inert, and is left out.
/// - Everything but one operation is left out when no operation leads to the state which that one
///   needs, and the object does not begin in it.
/// - Completed operations are left out together when nothing that stays can see what they leave,
///   as ``Hiding`` says.
struct Shrinking {
  /// The part that is left.
  private(set) var history: ObjectHistory<Action>
  private let transitions: Transitions
  private var steps: Int
  /// Steps that one part may take; a part that is not decided by then counts as valid.
  private let stepsEach: Int

  /// Shrinks a history that is invalid at the return with the number `event`.
  ///
  /// - Parameter steps: How many it may take in all; by default what is done in about a second.
  static func part(
    of history: ObjectHistory<Action>, invalidAt event: Int, _ transitions: Transitions,
    steps limit: Int? = nil
  ) -> ObjectHistory<Action> {
    // Of states that only the object knows, each step takes longer.
    let steps = limit ?? (transitions.machine == nil ? 4_000_000 : 400_000)
    var shrinking = Shrinking(
      history: history.prefix(through: event).droppingInert(), transitions: transitions,
      steps: steps,
      stepsEach: steps / 8)
    shrinking.run()
    return shrinking.history
  }

  private static let memoryEach = 16 << 20
  private static let bytesPerStep = 8

  private var stateBytes: Int { transitions.machine?.bytes ?? 0 }

  private mutating func run() {
    keepUnexplained()
    // What only looks goes before what is weakened: a weak write makes looks necessary.
    refine { $0.passDroppable($1) }
    refine { shrinking, size in
      shrinking.passWeakenable(size)
      shrinking.passDroppable(size)
    }
  }

  /// Makes passes over blocks of halving size, for a long history is short when fine ones come,
  /// and fine ones again while they help.
  private mutating func refine(_ pass: (inout Shrinking, Int) -> Void) {
    var size = max(history.count, 1)
    while size > 1 && steps > 0 {
      pass(&self, size)
      size = min(size / 2, max(history.count, 1))
    }
    var previous = -1
    while history.events.count != previous && steps > 0 {
      previous = history.events.count
      pass(&self, 1)
    }
  }

  /// Keeps nothing but an operation that needs a state to which no operation leads.
  private mutating func keepUnexplained() {
    guard !history.actions.contains(where: \.isOpaque) else { return }
    var reachable = Set(history.actions.compactMap(\.target))
    reachable.insert(transitions.initial)
    let required = history.required
    let unexplained = history.actions.indices.last { operation in
      switch history.actions[operation] {
      case .observe(let state), .move(let state, _):
        required[operation] && !reachable.contains(state)
      case .differ, .set, .apply, .inspect: false
      }
    }
    guard let unexplained else { return }
    history = history.part(
      history.actions.indices.map { $0 == unexplained ? .kept : .dropped })
  }

  private mutating func passDroppable(_ size: Int) {
    pass(size) { $0.actions[$1].isPure ? .dropped : .kept }
    passHidden(size)
  }

  private mutating func passWeakenable(_ size: Int) {
    pass(size) { $0.actions[$1].isPure ? .kept : .weakened }
  }

  /// Tries to change the operations as `fate` says, block by block, the latest first.
  private mutating func pass(
    _ size: Int, _ fate: (ObjectHistory<Action>, Int) -> Fate
  ) {
    var end = history.count
    while end > 0 && steps > 0 {
      let start = max(end - size, 0)
      var fates = [Fate](repeating: .kept, count: history.count)
      for operation in start..<end { fates[operation] = fate(history, operation) }
      accept(fates)
      end = min(start, history.count)
    }
  }

  /// Tries to leave out completed operations that can't be seen, the earliest first.
  private mutating func passHidden(_ size: Int) {
    var start = 0
    while start < history.count && steps > 0 {
      let count = history.count
      let part = history.part(
        Hiding.fates(in: history, start..<min(start + size, count)))
      if part.count < count, isInvalid(part) {
        history = part
      } else {
        start += size
      }
    }
  }

  private mutating func accept(_ fates: [Fate]) {
    guard fates.contains(where: { $0 != .kept }) else { return }
    let part = history.part(fates).droppingInert()
    guard part.events.count < history.events.count, isInvalid(part) else { return }
    history = part
  }

  private mutating func isInvalid(_ part: ObjectHistory<Action>) -> Bool {
    // Setting up costs time too, so that many useless attempts at a long history end as well.
    steps -= part.events.count
    guard steps > 0 else { return false }
    let search = ResumableSearch(part, transitions)
    let bytes = stateBytes
    let outcome = search.run(steps: min(steps, stepsEach), memory: bytes + Shrinking.memoryEach)
    // A step that makes a large state takes longer than others.
    steps -= search.steps + max(stateBytes - bytes, 0) / Shrinking.bytesPerStep
    if case .invalid = outcome { return true }
    return false
  }
}
