extension Value {
  /// Appends this value as EDN on one line, in Clojure's style.
  public func writeEDN(into bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.appendText("nil")
    case .bool(let flag): bytes.appendText(flag ? "true" : "false")
    case .integer(let integer): bytes.appendJSON(integer)
    case .double(let double): bytes.append(contentsOf: Value.ednText(double).utf8)
    case .number(let text), .symbol(let text): bytes.append(contentsOf: text.utf8)
    case .keyword(let name):
      bytes.append(UInt8(ascii: ":"))
      bytes.append(contentsOf: name.utf8)
    case .string(let text): bytes.appendJSON(text)
    case .character(let scalar): bytes.append(contentsOf: Value.ednText(scalar).utf8)
    case .list(let elements): Value.writeEDN(elements, "[", "]", into: &bytes)
    case .set(let set): Value.writeEDN(set.elements, "#{", "}", into: &bytes)
    case .map(let map): Value.writeEDN(map, into: &bytes)
    case .tagged(let tag, let value):
      bytes.append(UInt8(ascii: "#"))
      bytes.append(contentsOf: tag.utf8)
      bytes.append(UInt8(ascii: " "))
      value.writeEDN(into: &bytes)
    }
  }

  /// This value as EDN text on one line.
  public var edn: String {
    var bytes: [UInt8] = []
    writeEDN(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func writeEDN(
    _ elements: [Value], _ open: StaticString, _ close: StaticString, into bytes: inout [UInt8]
  ) {
    bytes.appendText(open)
    for (place, element) in elements.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: " ")) }
      element.writeEDN(into: &bytes)
    }
    bytes.appendText(close)
  }

  private static func writeEDN(_ map: ValueMap, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    for (place, entry) in map.entries.enumerated() {
      if place > 0 { bytes.appendText(", ") }
      entry.key.writeEDN(into: &bytes)
      bytes.append(UInt8(ascii: " "))
      entry.value.writeEDN(into: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private static func ednText(_ double: Double) -> String {
    if double.isNaN { return "##NaN" }
    if double.isInfinite { return double < 0 ? "##-Inf" : "##Inf" }
    return "\(double)"
  }

  private static func ednText(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\newline"
    case " ": return "\\space"
    case "\t": return "\\tab"
    case "\r": return "\\return"
    case "\u{8}": return "\\backspace"
    case "\u{c}": return "\\formfeed"
    default:
      guard scalar.value < 0x20 else { return "\\\(scalar)" }
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
}
