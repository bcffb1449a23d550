/// How a file writes a history.
public enum HistoryFormat: String, Hashable, Sendable, CaseIterable {
  /// A JSON object a line.
  case jsonLines = "jsonl"
  /// Jepsen's `history.edn`: an EDN map an operation, one a line or all in a vector or a list.
  case jepsenEDN = "jepsen-edn"

  /// The format of a text: JSON Lines when it begins like a JSON object, or holds nothing.
  public init(detecting bytes: UnsafeRawBufferPointer) {
    var isAfterBrace = false
    for byte in bytes {
      switch byte {
      case 0x20, 0x09, 0x0a, 0x0d: continue
      case UInt8(ascii: "{") where !isAfterBrace: isAfterBrace = true
      case UInt8(ascii: "\"") where isAfterBrace, UInt8(ascii: "}") where isAfterBrace:
        self = .jsonLines
        return
      default:
        self = .jepsenEDN
        return
      }
    }
    self = .jsonLines
  }
}
