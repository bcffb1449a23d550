public import Values

/// How a file writes a history.
public enum HistoryFormat: String, Hashable, Sendable, CaseIterable {
  /// A JSON object a line.
  case jsonLines = "jsonl"
  /// Jepsen's `history.edn`: an EDN map an operation, one a line or all in a vector or a list.
  case jepsenEDN = "jepsen-edn"
  /// The JSON that elle-cli reads: an array of objects, or an object a line. An operation without
  /// `f` is a transaction.
  case elleJSON = "elle-json"
  /// Lines of Jepsen's log, as in Porcupine's tests of an etcd register.
  case porcupineEtcd = "porcupine-etcd"
  /// EDN maps with `:key`, as in Porcupine's tests of a key-value store.
  case porcupineKV = "porcupine-kv"
  /// The text of Plume, PolySI, IsoVista and AWDIT: `w(key,value,session,transaction)` a line.
  case plume
  /// The text of AWDIT's tests: `w key value` a line, dashes and equals signs between transactions
  /// and sessions.
  case awditTest = "awdit-test"
  /// The JSON of dbcop, or its binary histories of 2019.
  case dbcop
  /// The logs of Cobra, `T*.log` in a folder, or one of them.
  case cobra
  /// The JSON of Chronos: transactions with the times of their starts and commits.
  case chronos
  /// Shrike's own columns, for histories of millions of lines; see
  /// `Documentation/binary-history.md`. Such files are named `.shrike`.
  case binary

  /// The formats that are read into columns only.
  static let columnar: Set<HistoryFormat> = [.plume, .awditTest, .dbcop, .cobra, .chronos, .binary]

  /// What a file of this format says about what it holds, where its format alone tells: the name of
  /// a model, the state before the first operation, and whether a failed `cas` observed a value
  /// other than its `from`.
  public var implies: (model: String, initial: Value, failedCasObserved: Bool)? {
    switch self {
    case .porcupineEtcd: (model: "cas-register", initial: .null, failedCasObserved: true)
    case .porcupineKV: (model: "key-value", initial: "", failedCasObserved: false)
    case .jsonLines, .jepsenEDN, .elleJSON, .plume, .awditTest, .dbcop, .cobra, .chronos, .binary:
      nil
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The text itself, where UTF-8's byte order mark stands before it.
  var withoutByteOrderMark: UnsafeRawBufferPointer {
    starts(with: [0xef, 0xbb, 0xbf]) ? UnsafeRawBufferPointer(rebasing: self[3...]) : self
  }
}
