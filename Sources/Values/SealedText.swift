/// Bytes as a word that people can pass on: a prefix, digits that need no quotes, and a checksum.
package enum SealedText {
  package enum Problem: Error { case isForeign, isDamaged }

  package static func encode(_ bytes: [UInt8], prefix: String) -> String {
    prefix + base64(bytes + checksum(bytes))
  }

  /// - Throws: Where the text has another prefix or other digits, or is not as it was written.
  package static func decode(_ text: String, prefix: String) throws(Problem) -> [UInt8] {
    guard text.hasPrefix(prefix), let bytes = bytes(ofBase64: text.dropFirst(prefix.count)) else {
      throw .isForeign
    }
    let content = Array(bytes.dropLast(checksumCount))
    // Bits that the last character has to spare must be as they were written, too.
    guard bytes.suffix(checksumCount) == checksum(content)[...], text == prefix + base64(bytes)
    else { throw .isDamaged }
    return content
  }

  private static let checksumCount = 3

  /// Other bytes might mean something, too: so slips are told.
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
