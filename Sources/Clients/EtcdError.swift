import Histories
import Values
import Workloads

/// Why a request to etcd failed, and whether it certainly had no effect.
struct EtcdError: Hashable, Sendable {
  enum Cause: Hashable, Sendable {
    /// No answer came.
    case transport(String, wasSent: Bool)
    /// An error of etcd's, by its gRPC code.
    case grpc(Int)
    /// An error without one, by its HTTP status.
    case http(Int)
  }

  var cause: Cause
  /// etcd's own words.
  var text: String

  /// The errors of etcd 3.4 that say for certain that a request changed nothing.
  ///
  /// All others leave a write open, those too that look definite: a request that timed out or lost
  /// its leader may be in a log already, and the member that exhausts the space for the database
  /// answers `mvcc: database space exceeded` to a write that it has applied.
  static let definite: [(code: Int, text: String?, reason: String)] = [
    (3, nil, "an invalid argument is refused before anything is proposed"),
    (5, nil, "a lease that is not there is found missing before anything is written"),
    (8, "etcdserver: too many requests", "it is refused before it is proposed"),
    (12, nil, "the method does not exist"),
  ]

  var isDefinite: Bool {
    switch cause {
    case .transport(_, let wasSent): !wasSent
    case .grpc(let code):
      EtcdError.definite.contains { $0.code == code && ($0.text == nil || $0.text == text) }
    // The gateway has no such path.
    case .http(let status): status == 404 || status == 405
    }
  }

  /// The error as it stands in a history: what it is, and in whose words.
  var value: Value {
    let name: String =
      switch cause {
      case .transport(let failure, _): failure
      case .grpc(let code): EtcdError.names[code] ?? "grpc-\(code)"
      case .http(let status): "http-\(status)"
      }
    return text.isEmpty ? .string(name) : .list([.string(name), .string(text)])
  }

  /// A write that ended so.
  var completion: Completion { Completion(isDefinite ? .fail : .info, error: value) }

  /// Something that changes nothing ended so: whatever the error, it had no effect.
  var harmless: Completion { Completion(.fail, error: value) }

  private static let names = [
    1: "cancelled", 2: "unknown", 3: "invalid-argument", 4: "deadline-exceeded", 5: "not-found",
    8: "resource-exhausted", 9: "failed-precondition", 11: "out-of-range", 12: "unimplemented",
    13: "internal", 14: "unavailable", 15: "data-loss",
  ]
}
