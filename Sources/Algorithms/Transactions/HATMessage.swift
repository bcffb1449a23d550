public import Nodes
public import Values

/// What nodes with highly available transactions tell each other.
public enum HATMessage: NodeMessage {
  /// Some of the sender's own commits in their order, of which the first has number `first`.
  case share(first: Int, commits: [HATCommit])
  /// The sender has stored so many of the receiver's commits, from the first on.
  case acknowledge(count: Int)

  public var kind: String {
    switch self {
    case .share: "share"
    case .acknowledge: "acknowledge"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .share(let first, let commits):
      sink.put(UInt8(0))
      sink.put(first)
      sink.put(commits)
    case .acknowledge(let count):
      sink.put(UInt8(1))
      sink.put(count)
    }
  }

  public init?(from source: inout ByteSource) {
    guard let tag = source.byte(), let number = source.integer() else { return nil }
    switch tag {
    case 0:
      guard let commits = source.elements(HATCommit.self) else { return nil }
      self = .share(first: number, commits: commits)
    case 1: self = .acknowledge(count: number)
    default: return nil
    }
  }
}
