/// What a node may use of its machine at most.
public enum ResourceLimit: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case cpu
    case memory

    public var family: FaultFamily { self == .cpu ? .cpu : .memory }
  }

  /// A share of one core, above 0.
  case cpu(share: Double)
  /// So many bytes; a node that needs more is killed by the system.
  case memory(bytes: Int)

  public var kind: Kind {
    switch self {
    case .cpu: .cpu
    case .memory: .memory
    }
  }
}
