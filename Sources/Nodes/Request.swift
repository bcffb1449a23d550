public import Values

/// What clients ask of nodes, and nodes of services: the Maelstrom workloads' vocabulary.
public enum Request: Hashable, Sendable {
  case echo(Value)
  case generate
  /// Each node's neighbours.
  case topology([NodeID: [NodeID]])
  case broadcast(Value)
  case addElement(Value)
  case addDelta(Int)
  /// Reads a whole object: the messages of a broadcast, a set, a counter.
  case readAll
  case read(key: Value)
  case write(key: Value, value: Value)
  /// - `createIfMissing`: a missing key is created with the new value.
  case compareAndSet(key: Value, from: Value, to: Value, createIfMissing: Bool)
  case timestamp
  /// Micro-operations `["r", key, null]`, `["w", key, value]`, `["append", key, value]`.
  case transaction([Value])
  case send(key: String, message: Value)
  case poll(offsets: [String: Int])
  case commitOffsets([String: Int])
  case listCommittedOffsets(keys: [String])
  /// A body that no workload of Maelstrom knows, for systems with a vocabulary of their own.
  case custom(Value)
}

/// What comes back.
public enum Reply: Hashable, Sendable {
  case echo(Value)
  case generated(Value)
  case topologyAccepted
  case broadcastAccepted
  case added
  /// The answer to a read of a broadcast.
  case messages([Value])
  /// The answer to any other read.
  case value(Value)
  case written
  case compareAndSetDone
  case timestamp(Int)
  case transaction([Value])
  case sent(offset: Int)
  /// Key → pairs `[offset, message]`.
  case polled([String: [Value]])
  case offsetsCommitted
  case committedOffsets([String: Int])
  case failed(ErrorReply)
  case custom(Value)
}

/// An error as nodes and services report it.
public struct ErrorReply: Error, Hashable, Sendable {
  public var code: ErrorCode
  public var text: String

  public init(_ code: ErrorCode, _ text: String = "") {
    self.code = code
    self.text = text
  }
}

/// Maelstrom's error codes; those from 1000 on are the system's own and always indefinite.
public struct ErrorCode: Hashable, Sendable, RawRepresentable {
  public var rawValue: Int

  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let timeout = ErrorCode(rawValue: 0)
  public static let nodeNotFound = ErrorCode(rawValue: 1)
  public static let notSupported = ErrorCode(rawValue: 10)
  public static let temporarilyUnavailable = ErrorCode(rawValue: 11)
  public static let malformedRequest = ErrorCode(rawValue: 12)
  public static let crash = ErrorCode(rawValue: 13)
  public static let abort = ErrorCode(rawValue: 14)
  public static let keyDoesNotExist = ErrorCode(rawValue: 20)
  public static let keyAlreadyExists = ErrorCode(rawValue: 21)
  public static let preconditionFailed = ErrorCode(rawValue: 22)
  public static let transactionConflict = ErrorCode(rawValue: 30)

  /// Whether the request certainly did not take effect.
  public var isDefinite: Bool {
    switch self {
    case .nodeNotFound, .notSupported, .temporarilyUnavailable, .malformedRequest, .abort,
      .keyDoesNotExist, .keyAlreadyExists, .preconditionFailed, .transactionConflict:
      true
    default: false
    }
  }

  /// The name in Jepsen's and Maelstrom's histories.
  public var name: String {
    switch self {
    case .timeout: "timeout"
    case .nodeNotFound: "node-not-found"
    case .notSupported: "not-supported"
    case .temporarilyUnavailable: "temporarily-unavailable"
    case .malformedRequest: "malformed-request"
    case .crash: "crash"
    case .abort: "abort"
    case .keyDoesNotExist: "key-does-not-exist"
    case .keyAlreadyExists: "key-already-exists"
    case .preconditionFailed: "precondition-failed"
    case .transactionConflict: "txn-conflict"
    default: "error-\(rawValue)"
    }
  }
}
