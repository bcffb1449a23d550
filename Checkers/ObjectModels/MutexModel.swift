public import Histories
public import Linearizability
public import Values

/// A lock that the process which acquired it releases: `acquire` and `release`.
public struct MutexModel: Model {
  public let name = "mutex"
  private let isOwnerless: Bool
  /// Null for the free lock, then the owners.
  private var owners = Interner()

  public var initial: Int32 { 0 }

  /// - Parameter isOwnerless: Whether any process may release what another one acquired.
  public init(isOwnerless: Bool = false) {
    self.isOwnerless = isOwnerless
    _ = owners.number(of: .null)
  }

  public mutating func action(
    f: String, value: Value, process: Process
  ) throws(ModelError) -> Action? {
    let owner = owners.number(of: isOwnerless ? "held" : .string(process.description))
    return switch f {
    case "acquire": .move(from: initial, to: owner)
    case "release": .move(from: owner, to: initial)
    default: throw ModelError(.unknownOperation, f: f, value: value)
    }
  }

  public func text(of state: Int32) -> String {
    guard state != initial else { return "free" }
    guard !isOwnerless, let owner = owners.values[Int(state)].name else { return "held" }
    return "held by \(owner)"
  }
}
