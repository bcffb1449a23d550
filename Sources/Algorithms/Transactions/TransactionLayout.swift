public import Nodes
public import Values

/// How a database is laid out over shared services: a transaction as one call after the other.
///
/// A layout decides and does nothing: ``ServiceTransactions`` makes the calls, one at a time, and
/// hands it the answers.
public protocol TransactionLayout: Sendable, StablyEncodable {
  static var description: AlgorithmDescription { get }

  init(_ configuration: Configuration)

  /// Begins a transaction; the one before it has ended.
  mutating func begin(_ transaction: Transaction) -> TransactionStep

  /// Takes in the answer to the last call.
  mutating func take(_ answer: Reply) -> TransactionStep

  /// Goes on after a pause that it asked for.
  mutating func resume() -> TransactionStep

  /// Gives the transaction up, since the last call was not answered in time.
  ///
  /// - Returns: What is true of it: a definite error only where it can't have taken effect, and
  ///   never will.
  mutating func abandon() -> ErrorReply
}

extension TransactionLayout {
  public mutating func resume() -> TransactionStep { .answer(.failed(abandon())) }
}

/// What a transaction on services does next.
public enum TransactionStep: Hashable, Sendable {
  case call(Service, Request)
  /// Something will be there a little later.
  case pause
  case answer(Reply)
}

extension ErrorReply {
  static let unanswered = ErrorReply(.timeout, "a service did not answer a change in time")
  static let unavailable = ErrorReply(
    .temporarilyUnavailable, "a service did not answer; nothing was changed")
  static let conflict = ErrorReply(.transactionConflict, "another transaction came first")
}

extension AlgorithmOption {
  /// Shared by the layouts that start a transaction again when another one came first.
  static let attempts = AlgorithmOption(
    "attempts", standard: "8", variants: ["1", "3"],
    "how often a transaction is tried before it fails with txn-conflict")
}

extension ErrorCode {
  /// Whether a compare-and-set answers so because the value was another.
  var isMismatch: Bool { self == .preconditionFailed || self == .keyDoesNotExist }
}
