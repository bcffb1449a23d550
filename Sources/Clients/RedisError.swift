import Histories
import Values
import Workloads

/// Why a command to Redis failed, and whether it certainly had no effect.
struct RedisError: Hashable, Sendable {
  enum Cause: Hashable, Sendable {
    /// No answer came.
    case transport(String, wasSent: Bool)
    /// An error of Redis's, by the first word of its text.
    case reply(String)
  }

  var cause: Cause
  /// Redis's own words.
  var text: String

  init(cause: Cause, text: String) {
    self.cause = cause
    self.text = text
  }

  /// An error as Redis replies it: `WRONGTYPE Operation against a key holding …`.
  init(reply text: String) {
    let code = text.prefix { $0 != " " }
    cause = .reply(String(code))
    self.text = String(text.dropFirst(code.count).drop { $0 == " " })
  }

  /// The errors of Redis 7 that say for certain that the command itself changed nothing.
  ///
  /// All others leave a write open; `ERR` above all, which is said of what no command is, but of a
  /// script that failed halfway, too. Of a script that writes last these are certain as well: it
  /// ends at the first command that is refused, before or at that one.
  static let definite: [(code: String, reason: String)] = [
    ("LOADING", "it is refused while the data is read from disk"),
    ("BUSY", "it is refused while a script runs"),
    ("READONLY", "a replica refuses writes before they are done"),
    ("MASTERDOWN", "a replica without its master refuses what it has not"),
    ("NOREPLICAS", "a write is refused as too few replicas are there"),
    ("MISCONF", "a write is refused as an earlier one could not be brought to disk"),
    ("OOM", "a write is refused as the memory is used up"),
    ("WRONGTYPE", "the key's type is looked at before it is written"),
    ("NOSCRIPT", "the script is not there to be run"),
    ("EXECABORT", "the whole transaction was discarded"),
    ("NOAUTH", "nobody has logged in"),
    ("NOPERM", "the user may not do it"),
    ("MOVED", "the key is another node's"),
    ("ASK", "the key is about to be another node's"),
    ("TRYAGAIN", "of several keys some are already another node's"),
    ("CROSSSLOT", "the keys can't be on one node"),
    ("CLUSTERDOWN", "the cluster refuses everything"),
  ]

  var isDefinite: Bool {
    switch cause {
    case .transport(_, let wasSent): !wasSent
    case .reply(let code): RedisError.definite.contains { $0.code == code }
    }
  }

  /// The error as it stands in a history: what it is, and in whose words.
  var value: Value {
    let name: String =
      switch cause {
      case .transport(let failure, _): failure
      case .reply(let code): code.lowercased()
      }
    return text.isEmpty ? .string(name) : .list([.string(name), .string(text)])
  }

  /// A write that ended so.
  var completion: Completion { Completion(isDefinite ? .fail : .info, error: value) }

  /// Something that changes nothing ended so: whatever the error, it had no effect.
  var harmless: Completion { Completion(.fail, error: value) }
}
