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
  /// Shrike's own columns, for histories of millions of lines; see
  /// `Documentation/binary-history.md`. Such files are named `.shrike`.
  case binary

  /// What a file of this format says about what it holds, where its format alone tells: the name of
  /// a model, the state before the first operation, and whether a failed `cas` observed a value
  /// other than its `from`.
  public var implies: (model: String, initial: Value, failedCasObserved: Bool)? {
    switch self {
    case .porcupineEtcd: (model: "cas-register", initial: .null, failedCasObserved: true)
    case .porcupineKV: (model: "key-value", initial: "", failedCasObserved: false)
    case .jsonLines, .jepsenEDN, .elleJSON, .binary: nil
    }
  }
}

extension HistoryFormat {
  /// The format of a file that begins with `bytes`; JSON Lines when it holds nothing.
  public init(detecting bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: BinaryHistory.magic) {
      self = .binary
      return
    }
    let text = bytes.withoutByteOrderMark
    let blanks: [UInt8] = [0x20, 0x09, 0x0a, 0x0d]
    var marks = text.lazy.filter { !blanks.contains($0) }.prefix(3).makeIterator()
    switch (marks.next(), marks.next(), marks.next()) {
    case (nil, _, _), (UInt8(ascii: "{"), UInt8(ascii: "\""), _),
      (UInt8(ascii: "{"), UInt8(ascii: "}"), _):
      self = .jsonLines
    case (UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\"")):
      self = .elleJSON
    case (UInt8(ascii: "I"), UInt8(ascii: "N"), UInt8(ascii: "F")):
      self = .porcupineEtcd
    default:
      self = HistoryFormat.beginsWithKey(text) ? .porcupineKV : .jepsenEDN
    }
  }

  /// Whether the first map has a `:key`, and none of the fields that Jepsen's operations have.
  private static func beginsWithKey(_ text: UnsafeRawBufferPointer) -> Bool {
    var reader = EDNReader(text)
    guard let first = try? reader.value(), case .map(let map) = first else { return false }
    let fields = map.entries.compactMap(\.key.name)
    return fields.contains("key") && !fields.contains("index") && !fields.contains("time")
  }
}

extension UnsafeRawBufferPointer {
  /// The text itself, where UTF-8's byte order mark stands before it.
  var withoutByteOrderMark: UnsafeRawBufferPointer {
    starts(with: [0xef, 0xbb, 0xbf]) ? UnsafeRawBufferPointer(rebasing: self[3...]) : self
  }
}
