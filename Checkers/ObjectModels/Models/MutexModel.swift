public import Histories
internal import Linearizability
internal import Values

/// A lock that the process which acquired it releases: `acquire` and `release`.
///
/// Where `acquire` answers an integer, that is a fencing token, and must grow.
public struct MutexModel: Model {
  public let name = "mutex"
  private let reader: MutexReader

  /// - Parameters:
  ///   - isOwnerless: Whether any process may release what another one acquired.
  ///   - isReentrant: Whether the owner may acquire it again, and releases it as often.
  public init(isOwnerless: Bool = false, isReentrant: Bool = false) {
    reader = MutexReader(isOwnerless: isOwnerless, isReentrant: isReentrant)
  }

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    try ReadObjects(history, reader, isKeyed: terms.isKeyed).judge(history, terms)
  }
}

private struct MutexReader: ObjectReader {
  let isOwnerless: Bool
  let isReentrant: Bool

  func object() -> Lock { Lock(isReentrant: isReentrant) }

  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Lock.Operation? {
    let owner = isOwnerless ? 0 : reading.process
    switch reading.f {
    case "acquire":
      guard reading.outcome != .fail else { return nil }
      let token = reading.outcome == .ok ? table.value(of: reading.answered).integer : nil
      return .acquire(owner: owner, token: token.map { Int64($0) })
    case "release": return reading.outcome == .fail ? nil : .release(owner: owner)
    default: throw reading.unknown
    }
  }

  func text(of state: Lock.State, _ table: ValueTable) -> String {
    guard state.owner >= 0 else { return "free" }
    let times = state.depth > 1 ? " \(state.depth) times" : ""
    return isOwnerless ? "held\(times)" : "held by \(state.owner)\(times)"
  }
}
