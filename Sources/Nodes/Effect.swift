public import Values

/// What a node can ask its host to do.
///
/// The effects of an event are executed in order after the handler returned; a crash falls before
/// the first, between two, or after the last. ``SyncBarrier`` says which of them wait for a sync.
public enum Effect<N: Node>: Sendable {
  case send(to: NodeID, N.Message)
  case reply(RequestID, Reply)
  case call(Service, Request, Token)
  /// Fires once, after a delay that the host draws from `within`; replaces the timer if it is set.
  case setTimer(N.Timer, within: ClosedRange<Nanoseconds>)
  case cancelTimer(N.Timer)
  case store(N.File, StorageOperation)
  case sync(Token?)
  case mark(Mark)
  case log(String)
}

/// A shared service beside the cluster, as Maelstrom offers them.
public enum Service: String, Hashable, Sendable, CaseIterable {
  /// A linearizable key-value store.
  case linKV = "lin-kv"
  /// A sequentially consistent key-value store.
  case seqKV = "seq-kv"
  /// An eventually consistent key-value store in which the last writer wins.
  case lwwKV = "lww-kv"
  /// A linearizable source of timestamps.
  case linTSO = "lin-tso"
}

/// A place in the code that a run can reach, reported to the harness.
public struct Mark: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    /// Must hold whenever it is reached.
    case always
    /// Should be reached in some run of a campaign.
    case sometimes
    /// Must never be reached.
    case unreachable
  }

  public var kind: Kind
  public var label: String
  /// For ``Kind/always``: whether it held.
  public var holds: Bool

  @inlinable
  public init(_ kind: Kind, _ label: String, holds: Bool = true) {
    self.kind = kind
    self.label = label
    self.holds = holds
  }

  /// Whether reaching this mark shows the node to be wrong.
  @inlinable
  public var isViolation: Bool { kind == .unreachable || (kind == .always && !holds) }
}
