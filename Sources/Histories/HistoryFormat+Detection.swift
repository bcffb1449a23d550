import Values

extension HistoryFormat {
  /// The format of a file that begins with `bytes`; JSON Lines when it holds nothing.
  public init(detecting bytes: UnsafeRawBufferPointer) {
    if let format = HistoryFormat(detectingBinary: bytes) {
      self = format
      return
    }
    let text = bytes.withoutByteOrderMark
    let blanks: [UInt8] = [0x20, 0x09, 0x0a, 0x0d]
    var marks = text.lazy.filter { !blanks.contains($0) }.prefix(3).makeIterator()
    switch (marks.next(), marks.next(), marks.next()) {
    case (nil, _, _), (UInt8(ascii: "{"), UInt8(ascii: "}"), _): self = .jsonLines
    case (UInt8(ascii: "{"), UInt8(ascii: "\""), _):
      self = HistoryFormat(detectingObject: text) ?? .jsonLines
    case (UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\"")):
      self = HistoryFormat(detectingObject: text) == .chronos ? .chronos : .elleJSON
    case (UInt8(ascii: "["), UInt8(ascii: "["), _): self = .dbcop
    case (UInt8(ascii: "I"), UInt8(ascii: "N"), UInt8(ascii: "F")): self = .porcupineEtcd
    case (UInt8(ascii: "r"), let mark?, let digit?), (UInt8(ascii: "w"), let mark?, let digit?):
      self = HistoryFormat(detectingRegisters: mark, digit) ?? .jepsenEDN
    default:
      self = HistoryFormat.beginsWithKey(text) ? .porcupineKV : .jepsenEDN
    }
  }

  /// A format that is no text, where the first bytes are of one.
  private init?(detectingBinary bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: BinaryHistory.magic) {
      self = .binary
      return
    }
    // A log begins with a transaction's number, most of whose bytes are no text as a rule.
    let marks = Array("RWC".utf8)
    if bytes.count > 9, bytes[0] == UInt8(ascii: "S"), marks.contains(bytes[9]),
      bytes[1..<9].contains(where: { $0 < 0x09 || $0 >= 0x80 })
    {
      self = .cobra
      return
    }
    // Five numbers and a length that are not huge.
    guard bytes.count >= 48,
      stride(from: 0, to: 48, by: 8).allSatisfy({ bytes[$0 + 4..<$0 + 8].allSatisfy { $0 == 0 } })
    else { return nil }
    self = .dbcop
  }

  /// A format whose first object has members of its own, and no operation's.
  private init?(detectingObject text: UnsafeRawBufferPointer) {
    let names = HistoryFormat.namesOfFirstObject(in: text)
    if names.contains("type") { return nil }
    if names.contains("sts") || names.contains("cts") {
      self = .chronos
    } else if names.contains("data") || names.contains("params") {
      self = .dbcop
    } else {
      return nil
    }
  }

  /// A format whose lines begin with r or w, and then this.
  private init?(detectingRegisters mark: UInt8, _ digit: UInt8) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    if mark == UInt8(ascii: "("), digits.contains(digit) {
      self = .plume
    } else if digits.contains(mark), digits.contains(digit) {
      self = .awditTest
    } else {
      return nil
    }
  }

  /// The names of the members of the first object, as far as the text goes.
  private static func namesOfFirstObject(in text: UnsafeRawBufferPointer) -> Set<String> {
    var names: Set<String> = []
    var depth = 0
    var place = text.firstIndex(of: UInt8(ascii: "{")) ?? text.count
    while place < text.count {
      switch text[place] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return names }
      case UInt8(ascii: "\""):
        let start = place + 1
        place = start
        while place < text.count, text[place] != UInt8(ascii: "\"") {
          place += text[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        if depth == 1, place < text.count {
          names.insert(String(decoding: text[start..<place], as: UTF8.self))
        }
      default: break
      }
      place += 1
    }
    return names
  }

  /// Whether the first map has a `:key`, and none of the fields that Jepsen's operations have.
  private static func beginsWithKey(_ text: UnsafeRawBufferPointer) -> Bool {
    var reader = EDNReader(text)
    guard let first = try? reader.value(), case .map(let map) = first else { return false }
    let fields = map.entries.compactMap(\.key.name)
    return fields.contains("key") && !fields.contains("index") && !fields.contains("time")
  }
}
