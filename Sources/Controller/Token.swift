import Values

/// A simulated run in a word: the encoded options that are not standard, its seed and its build.
public enum Token {
  /// Tokens begin with this, so that people and programs know one.
  static let prefix = "s1"

  public static func encode(_ plan: Plan) -> String {
    let bytes = Array(plan.distinctive.json.utf8)
    return prefix + base64(bytes + checksum(bytes))
  }

  /// - Throws: When the text is no token, or not a whole one.
  public static func decode(_ token: String) throws(PlanError) -> Plan {
    guard token.hasPrefix(prefix), let bytes = bytes(ofBase64: token.dropFirst(prefix.count)) else {
      throw PlanError("\"\(token)\" is no token, run or plan")
    }
    let text = Array(bytes.dropLast(checksumCount))
    // Bits that the last character has to spare must be as they were written, too.
    guard bytes.suffix(checksumCount) == checksum(text)[...], token == prefix + base64(bytes) else {
      throw PlanError("the token is damaged, or not the whole of one")
    }
    do {
      return try Plan(value: Value(json: text))
    } catch let error as PlanError {
      throw error
    } catch {
      throw PlanError("the token is damaged: \(error)")
    }
  }

  private static let checksumCount = 3

  /// Another seed or option would run, too, and show something else: so slips are told.
  private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    var hasher = StableHasher()
    hasher.put(bytes)
    return (0..<checksumCount).map { UInt8(truncatingIfNeeded: hasher.value >> (8 * $0)) }
  }

  /// Base64 without what command lines and URLs take for something else: `-` and `_` stand for `+`
  /// and `/`, and nothing is padded.
  private static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    Base64.append(bytes, to: &text)
    return String(
      decoding: text.filter { $0 != UInt8(ascii: "=") }.map(exchange), as: UTF8.self)
  }

  private static func bytes(ofBase64 text: Substring) -> [UInt8]? {
    guard text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") }) else {
      return nil
    }
    var digits = text.utf8.map(exchange)
    while digits.count % 4 != 0 { digits.append(UInt8(ascii: "=")) }
    return digits.withUnsafeBytes { Base64.decode($0) }
  }

  private static func exchange(_ digit: UInt8) -> UInt8 {
    switch digit {
    case UInt8(ascii: "+"): UInt8(ascii: "-")
    case UInt8(ascii: "-"): UInt8(ascii: "+")
    case UInt8(ascii: "/"): UInt8(ascii: "_")
    case UInt8(ascii: "_"): UInt8(ascii: "/")
    default: digit
    }
  }
}
