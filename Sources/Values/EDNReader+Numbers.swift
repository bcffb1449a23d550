extension EDNReader {
  /// Reads a number, whose sign or first digit is next.
  package mutating func number() throws(SyntaxError) -> Value {
    if let integer = shortInteger() { return .integer(integer) }
    let start = cursor.position
    let text = try token(expected: "a number")
    guard let value = Value(ednNumber: text) else {
      throw cursor.error(expected: "a number", at: start, found: "'\(text)'")
    }
    return value
  }

  /// Passes a decimal integer that can't overflow and is nothing but digits and a minus.
  private mutating func shortInteger() -> Int? {
    let isNegative = cursor.next == UInt8(ascii: "-")
    let start = cursor.position + (isNegative ? 1 : 0)
    var place = start
    var magnitude = 0
    while place < cursor.bytes.count, place - start < 18,
      case let digit = cursor.bytes[place] &- UInt8(ascii: "0"), digit < 10
    {
      magnitude = magnitude * 10 + Int(digit)
      place += 1
    }
    guard place > start, place == cursor.bytes.count || EDNReader.isDelimiter(cursor.bytes[place]),
      place == start + 1 || cursor.bytes[start] != UInt8(ascii: "0")
    else { return nil }
    cursor.position = place
    return isNegative ? -magnitude : magnitude
  }
}

extension Value {
  /// A number as EDN and Clojure write it: `12`, `-3.5e7`, `12N`, `0.1M`, `2/3`, `0x1f`, `017`,
  /// `2r101`.
  fileprivate init?(ednNumber text: String) {
    var body = text[...]
    let sign = body.hasPrefix("-") ? "-" : ""
    if body.hasPrefix("-") || body.hasPrefix("+") { body.removeFirst() }
    guard let first = body.utf8.first, first.isDigit else { return nil }
    if body.utf8.contains(UInt8(ascii: "/")) {
      self.init(ednRatio: body, sign: sign)
    } else if let (digits, radix) = Value.integerDigits(body) {
      self.init(sign: sign, digits: digits, radix: radix, written: text)
    } else if body.hasSuffix("M"), Value.isDecimal(body.dropLast()) {
      self = .number(sign + body)
    } else if Value.isDecimal(body) {
      // Swift wants a digit after a point, Clojure does not.
      let double = Double(sign + body) ?? Double(sign + body.filter { $0 != "." })
      self = double.flatMap { $0.isFinite ? .double($0) : nil } ?? .number(sign + body)
    } else {
      return nil
    }
  }

  private init?(sign: String, digits: Substring, radix: Int, written: String) {
    if let integer = Int(sign + digits, radix: radix) {
      self = .integer(integer)
      return
    }
    let isValid = digits.utf8.allSatisfy { $0.digitValue < radix }
    guard isValid, !digits.isEmpty else { return nil }
    self = .number(radix == 10 ? sign + digits : written)
  }

  /// A ratio in its lowest terms, as Clojure reads it.
  private init?(ednRatio body: Substring, sign: String) {
    let parts = body.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) })
    else { return nil }
    guard let numerator = Int(parts[0]), let denominator = Int(parts[1]) else {
      guard parts[1].contains(where: { $0 != "0" }) else { return nil }
      self = .number(sign + body)
      return
    }
    guard denominator != 0 else { return nil }
    var (divisor, rest) = (numerator, denominator)
    while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
    let reduced = "\(sign)\(numerator / divisor)"
    self =
      denominator == divisor
      ? .integer(Int(reduced) ?? 0) : .number("\(reduced)/\(denominator / divisor)")
  }

  /// The digits and the radix of an integer; nothing where `body` has another form.
  private static func integerDigits(_ body: Substring) -> (digits: Substring, radix: Int)? {
    if body.hasPrefix("0x") || body.hasPrefix("0X") {
      return (withoutN(body.dropFirst(2)), 16)
    }
    if let mark = body.firstIndex(where: { $0 == "r" || $0 == "R" }) {
      guard let radix = Int(body[..<mark]), (2...36).contains(radix) else { return nil }
      return (body[body.index(after: mark)...], radix)
    }
    let digits = withoutN(body)
    guard digits.utf8.allSatisfy(\.isDigit) else { return nil }
    return (digits, digits.utf8.count > 1 && digits.hasPrefix("0") ? 8 : 10)
  }

  private static func withoutN(_ body: Substring) -> Substring {
    body.hasSuffix("N") ? body.dropLast() : body
  }

  /// Whether this is digits with a point, an exponent, both or neither.
  private static func isDecimal(_ body: Substring) -> Bool {
    var rest = body.utf8[...]
    func skipDigits() -> Bool {
      let count = rest.count
      rest = rest.drop(while: \.isDigit)
      return rest.count < count
    }
    guard skipDigits() else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      _ = skipDigits()
    }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      rest.removeFirst()
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        rest.removeFirst()
      }
      guard skipDigits() else { return false }
    }
    return rest.isEmpty
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

  /// The value as a digit of radix 36, or 255.
  fileprivate var digitValue: UInt8 {
    if isDigit { return self - UInt8(ascii: "0") }
    let letter = (self | 0x20) &- UInt8(ascii: "a")
    return letter < 26 ? letter + 10 : 255
  }
}
