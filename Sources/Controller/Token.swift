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

  public static func isToken(_ text: String) -> Bool {
    text.hasPrefix(prefix) && text.utf8.count > 16 && !text.contains("/")
  }

  private static let checksumCount = 3

  /// Another seed or option would run, too, and show something else: so slips are told.
  private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    var hasher = StableHasher()
    hasher.put(bytes)
    return (0..<checksumCount).map { UInt8(truncatingIfNeeded: hasher.value >> (8 * $0)) }
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var bits = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | Int(byte)
      count += 8
      while count >= 6 {
        count -= 6
        text.append(alphabet[bits >> count & 63])
      }
      bits &= 1 << count - 1
    }
    if count > 0 { text.append(alphabet[bits << (6 - count) & 63]) }
    return String(decoding: text, as: UTF8.self)
  }

  private static func bytes(ofBase64 text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits = 0
    var count = 0
    for character in text.utf8 {
      guard let digit = alphabet.firstIndex(of: character) else { return nil }
      bits = bits << 6 | digit
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(bits >> count & 255))
      bits &= 1 << count - 1
    }
    return bytes
  }
}
