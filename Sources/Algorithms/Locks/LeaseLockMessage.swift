public import Nodes
public import Values

/// What clients of a lock with leases, its server and the storage tell each other.
public enum LeaseLockMessage: NodeMessage {
  case acquire
  case granted(Int)
  case write(Int)
  case written(Int)
  case refused(Int)
  case release(Int)

  static let kinds = ["acquire", "granted", "write", "written", "refused", "release"]

  public var kind: String { LeaseLockMessage.kinds[parts.kind] }

  private var parts: (kind: Int, token: Int) {
    switch self {
    case .acquire: (0, 0)
    case .granted(let token): (1, token)
    case .write(let token): (2, token)
    case .written(let token): (3, token)
    case .refused(let token): (4, token)
    case .release(let token): (5, token)
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(UInt8(parts.kind))
    sink.put(parts.token)
  }

  public init?(from source: inout ByteSource) {
    guard let kind = source.byte(), let token = source.integer() else { return nil }
    switch kind {
    case 0: self = .acquire
    case 1: self = .granted(token)
    case 2: self = .write(token)
    case 3: self = .written(token)
    case 4: self = .refused(token)
    case 5: self = .release(token)
    default: return nil
    }
  }
}
