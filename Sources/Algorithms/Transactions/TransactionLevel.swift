import Nodes
import Values

/// How much transactions that run at the same time may see of each other.
enum TransactionLevel: String, Hashable, Sendable, CaseIterable {
  case strictSerializable = "strict-serializable"
  case serializable
  case snapshotIsolation = "snapshot-isolation"
  case readCommitted = "read-committed"
  case readUncommitted = "read-uncommitted"

  /// Whether a transaction reads the database as it was when it began, and is refused in the end if
  /// others changed what it depends on; otherwise it locks the keys that it writes.
  var isVersioned: Bool {
    switch self {
    case .strictSerializable, .serializable, .snapshotIsolation: true
    case .readCommitted, .readUncommitted: false
    }
  }

  /// Whether what a transaction read must not have changed when it commits.
  var validatesReads: Bool { self == .strictSerializable || self == .serializable }

  static let option = AlgorithmOption(
    "isolation", standard: strictSerializable.rawValue, choices: allCases.map(\.rawValue),
    "what is promised: " + allCases.map(\.rawValue).joined(separator: ", "))

  init(_ configuration: Configuration) {
    self = TransactionLevel(rawValue: Self.option.text(in: configuration)) ?? .strictSerializable
  }
}
