/// What an operation does to an object, with states as dense integers.
///
/// The first four say all there is to know of registers and locks; search, deciders and shrinking
/// reason about them without asking the model. The other two belong to the model alone.
public enum Action: Hashable, Sendable {
  /// Possible in this state only, and leaves it: a read.
  case observe(Int32)
  /// Possible in every state but this one, and leaves it: a compare-and-set that failed.
  case differ(Int32)
  /// Possible in every state, and leads to this one: a write.
  case set(Int32)
  /// Possible in one state only, and leads to another: a compare-and-set, a lock taken.
  case move(from: Int32, to: Int32)
  /// The operation to which the model gave this number.
  case apply(Int32)
  /// The same for an operation that never changes a state.
  case inspect(Int32)

  /// Whether it never changes the state.
  public var isPure: Bool {
    switch self {
    case .observe, .differ, .inspect: true
    case .move(let from, let to): from == to
    case .set, .apply: false
    }
  }

  /// Whether the model alone knows what it does.
  var isOpaque: Bool {
    switch self {
    case .apply, .inspect: true
    case .observe, .differ, .set, .move: false
    }
  }

  /// The state that it leads to wherever it is possible, when that is always the same.
  var target: Int32? {
    switch self {
    case .set(let state), .move(_, let state): state
    case .observe, .differ, .apply, .inspect: nil
    }
  }

  /// Whether it is possible in a state for a reason that lies in that state.
  ///
  /// A write is possible everywhere, so it tells nothing of the state before it.
  func sees(_ state: Int32) -> Bool {
    switch self {
    case .observe(let seen), .move(let seen, _): seen == state
    case .differ(let other): other != state
    case .set: false
    case .apply, .inspect: true
    }
  }
}
