/// What ends a check of transactions before it is done, so that its verdict is unknown: memory, time,
/// or a person.
public struct CheckLimits: Sendable {
  /// Asked between the passes over a history: why the check must end, once it must.
  public var reached: @Sendable () -> String?

  public init(reached: @escaping @Sendable () -> String? = { nil }) { self.reached = reached }

  func poll() throws(LimitReached) {
    if let reason = reached() { throw LimitReached(reason: reason) }
  }
}

/// That a check had to end.
struct LimitReached: Error {
  var reason: String
}

/// Why nothing can be said of a history of transactions.
package enum TransactionProblem: Error, CustomStringConvertible {
  case malformed(MalformedTransaction)
  case limit(String)

  package var description: String {
    switch self {
    case .malformed(let error): error.description
    case .limit(let reason): reason
    }
  }
}
