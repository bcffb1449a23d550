import Values

/// Random values, and random damage to texts.
extension Draws {
  mutating func text() -> String {
    let alphabet: [Unicode.Scalar] = [
      "a", "b", "z", "0", " ", "\"", "\\", "\n", "\u{1}", "\u{7f}", "é", "e", "\u{301}", "→", "🐦",
      ";", ":", "{", ",",
    ]
    var text = ""
    for _ in 0..<below(12) { text.unicodeScalars.append(element(of: alphabet)) }
    return text
  }

  mutating func integer() -> Int {
    element(of: [0, 1, -1, 10, Int.max, Int.min, below(1_000), Int(truncatingIfNeeded: next())])
  }

  mutating func double() -> Double {
    let bits = Double(bitPattern: next())
    return element(of: [
      0, -0.0, 1, -2.5, 1e300, .leastNonzeroMagnitude, unit(), bits.isFinite ? bits : 0.1,
    ])
  }

  /// A value that JSON can say exactly.
  mutating func jsonValue(depth: Int = 3) -> Value {
    switch below(depth > 0 ? 8 : 6) {
    case 0: .null
    case 1: .bool(chance(0.5))
    case 2: .integer(integer())
    case 3: .double(double())
    case 4: .string(text())
    case 5: .number(element(of: ["9223372036854775808", "-123456789012345678901", "1e999"]))
    case 6: .list((0..<below(5)).map { _ in jsonValue(depth: depth - 1) })
    default:
      .map(
        ValueMap(
          (0..<below(5)).map { _ in
            ValueMap.Entry(key: .string(text()), value: jsonValue(depth: depth - 1))
          }))
    }
  }

  /// A value of any kind, as an EDN text can say it.
  mutating func value(depth: Int = 3) -> Value {
    let names = ["read", "a/b", "a.b/c", "x1", "+", "-", "<=", "é→", "%", "..."]
    switch below(depth > 0 ? 10 : 6) {
    case 0: return jsonValue(depth: 0)
    case 1: return .keyword(element(of: names))
    case 2: return .symbol(element(of: names))
    case 3: return .character(character())
    case 4: return .double(element(of: [.infinity, -.infinity, double()]))
    case 5:
      return .number(element(of: ["2/3", "-1/2", "0.10M", "1M", "##NaN", "0xfffffffffffffffff"]))
    case 6: return .list((0..<below(5)).map { _ in value(depth: depth - 1) })
    case 7: return .set(ValueSet((0..<below(5)).map { _ in value(depth: depth - 1) }))
    case 8:
      return .map(
        ValueMap(
          (0..<below(5)).map { _ in
            ValueMap.Entry(key: value(depth: depth - 1), value: value(depth: depth - 1))
          }))
    default: return .tagged(element(of: ["inst", "uuid", "my/tag"]), value(depth: depth - 1))
    }
  }

  private mutating func character() -> Unicode.Scalar {
    let known: [Unicode.Scalar] = ["\n", " ", "\t", "(", ",", "\"", "\\", ";", "\u{0}", "u", "o"]
    return chance(0.5)
      ? element(of: known) : Unicode.Scalar(UInt32(below(0x11_0000))) ?? "\u{fffd}"
  }

  /// A text with one to three wounds: bytes changed, inserted, removed, repeated, or cut off.
  mutating func damaged(_ text: [UInt8]) -> [UInt8] {
    var text = text
    for _ in 0...below(3) {
      let place = below(text.count + 1)
      let end = min(text.count, place + below(8))
      switch below(6) {
      case 0: text.removeSubrange(place...)
      case 1: text.removeSubrange(place..<end)
      case 2: text.insert(contentsOf: Array(text[place..<end]), at: place)
      case 3: text.insert(UInt8(below(256)), at: place)
      case 4: text.insert(contentsOf: Array(element(of: Draws.fragments).utf8), at: place)
      default: if place < text.count { text[place] ^= 1 << UInt8(below(8)) }
      }
    }
    return text
  }

  /// What readers stumble over.
  private static let fragments = [
    "\"", "\\", "\\u", "\\ud83d", "\\777", "{", "}", "[", "]", "(", ")", "#", "#_", "##", "#{",
    "#:a{", "#a ", "^", ":", "::", ";", "\n", ",", "-", "+", "0x", "-0x8000000000000000", "36rzz",
    "1/0", "-9223372036854775808", "9223372036854775808N", "1e999999999", "-1e-999999999", "1.",
    "##-Inf", "\u{0}", "e\u{301}", "\\o777", "\\u+123", "nil", "/", "M", "N", "\r\n",
  ]

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(below(256)) } }
}

/// Whether an error names a place in a text, or its end.
func isInside(_ error: SyntaxError, _ text: [UInt8]) -> Bool {
  let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  guard (1...lines.count).contains(error.line) else { return false }
  return (1...lines[error.line - 1].count + 1).contains(error.column)
}
