public import Values

/// How operations on single keys are read as transactions of one step each.
///
/// `read` [k, null] → [k, v], `write` [k, v], `cas` [k, [from, to]], which reads and writes; `get` and
/// `put` are other names. A failed `cas` says nothing.
public struct SingleOperations: Hashable, Sendable {
  /// What each key holds before it is written.
  public var initial: Value
  /// Whether a read of null says nothing.
  public var ignoresNullReads: Bool
  /// Whether values are [key, value]; without that there is one register, and values are its own.
  public var areKeyed: Bool

  public init(initial: Value = .null, ignoresNullReads: Bool = false, areKeyed: Bool = true) {
    self.initial = initial
    self.ignoresNullReads = ignoresNullReads
    self.areKeyed = areKeyed
  }

  /// What an operation does.
  enum Action {
    case read, write, compareAndSet

    init?(_ f: String) {
      switch f {
      case "read", "get": self = .read
      case "write", "put": self = .write
      case "cas": self = .compareAndSet
      default: return nil
      }
    }
  }
}
