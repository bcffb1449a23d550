import Values

/// What can be told of a private key's file without its passphrase.
package struct PrivateKey: Hashable {
  package enum Kind: String, Hashable, Sendable {
    case ed25519 = "ssh-ed25519"
    case ecdsa = "ecdsa"
    case rsa = "ssh-rsa"
    case dsa = "ssh-dss"
    case other = "other"
  }

  package var kind: Kind
  package var isEncrypted: Bool

  /// - Returns: Nothing where `text` is no private key.
  package init?(_ text: [UInt8]) {
    let lines = text.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
      .map { String(decoding: $0, as: UTF8.self) }
    guard let first = lines.first(where: { $0.hasPrefix("-----BEGIN ") }),
      first.hasSuffix("PRIVATE KEY-----")
    else { return nil }
    if first == "-----BEGIN OPENSSH PRIVATE KEY-----" {
      let body = Array(lines.filter { !$0.hasPrefix("-----") }.joined().utf8)
      guard let bytes = body.withUnsafeBytes(Base64.decode) else { return nil }
      var reader = WireReader(bytes)
      guard reader.skip("openssh-key-v1\0"), let cipher = reader.string(), reader.string() != nil,
        reader.string() != nil, reader.number() != nil, let publicKey = reader.string()
      else { return nil }
      var inner = WireReader(publicKey)
      kind = PrivateKey.kind(ofBlobNamed: inner.string() ?? [])
      isEncrypted = cipher != Array("none".utf8)
      return
    }
    isEncrypted =
      first.contains("ENCRYPTED") || lines.prefix(4).contains { $0.contains("ENCRYPTED") }
    kind =
      first.contains("RSA")
      ? .rsa
      : first.contains(" EC ")
        ? .ecdsa
        : first.contains("DSA")
          ? .dsa : .other
  }

  /// The kind of a public key in wire format.
  package static func kind(ofPublicKey blob: [UInt8]) -> Kind {
    var reader = WireReader(blob)
    return kind(ofBlobNamed: reader.string() ?? [])
  }

  private static func kind(ofBlobNamed name: [UInt8]) -> Kind {
    let name = String(decoding: name, as: UTF8.self)
    return name.hasPrefix("ecdsa-") ? .ecdsa : Kind(rawValue: name) ?? .other
  }
}

/// Reads SSH's wire format: numbers of four bytes, and strings that begin with their length.
struct WireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func skip(_ text: String) -> Bool {
    guard rest.starts(with: text.utf8) else { return false }
    rest = rest.dropFirst(text.utf8.count)
    return true
  }

  mutating func number() -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func string() -> [UInt8]? {
    guard let count = number(), rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
}
