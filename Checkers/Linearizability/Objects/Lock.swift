/// A lock that its owner releases, which may hand out fencing tokens.
public struct Lock: SequentialObject {
  public enum Operation: Hashable, Sendable {
    /// Answered a token, where tokens are handed out.
    case acquire(owner: Int32, token: Int64?)
    case release(owner: Int32)
  }

  public struct State: Hashable, Sendable {
    /// The owner, or -1.
    public var owner: Int32
    /// How often the owner holds it.
    public var depth: Int32
    /// The highest token handed out.
    public var token: Int64
  }

  /// Whether the owner may acquire it again.
  public let isReentrant: Bool

  public init(isReentrant: Bool = false) { self.isReentrant = isReentrant }

  public var initial: State { State(owner: -1, depth: 0, token: .min) }

  public func step(_ state: State, _ operation: Operation) -> State? {
    var after = state
    switch operation {
    case .acquire(let owner, let token):
      guard state.owner == -1 || (isReentrant && state.owner == owner) else { return nil }
      if let token {
        guard token > state.token else { return nil }
        after.token = token
      }
      after.owner = owner
      after.depth += 1
    case .release(let owner):
      guard state.owner == owner else { return nil }
      after.depth -= 1
      if after.depth == 0 { after.owner = -1 }
    }
    return after
  }
}
