import Values

/// The keys of hosts that the user trusts, as files of the format `known_hosts` hold them.
package struct KnownHosts: Hashable {
  package enum Marker: Hashable {
    case none
    case revoked
    case authority
  }

  /// A line of such a file.
  package struct Entry: Hashable {
    var marker: Marker
    var hosts: String
    package var kind: String
    var key: [UInt8]
    package var path: String
    package var line: Int
  }

  /// What the files say of a host's key.
  package enum Finding: Hashable {
    case trusted
    case unknown
    /// The host has another key of this kind.
    case changed(path: String, line: Int)
    /// The host has keys of other kinds only.
    case otherKinds(path: String, line: Int)
    case revoked(path: String, line: Int)
  }

  private(set) var entries: [Entry] = []

  package init() {}

  /// Adds what a file says; lines that mean nothing here are passed over, as OpenSSH does.
  package mutating func read(_ text: String, from path: String) {
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (number, line) in lines.enumerated() {
      var fields = line.split { $0 == " " || $0 == "\t" }[...]
      guard let first = fields.first, first.first != "#" else { continue }
      var marker = Marker.none
      if first.first == "@" {
        guard first == "@revoked" || first == "@cert-authority" else { continue }
        marker = first == "@revoked" ? .revoked : .authority
        fields = fields.dropFirst()
      }
      fields = fields.prefix(3)
      guard fields.count == 3 else { continue }
      let words = fields.map(String.init)
      guard let key = Array(words[2].utf8).withUnsafeBytes(Base64.decode) else { continue }
      entries.append(
        Entry(
          marker: marker, hosts: words[0], kind: words[1], key: key, path: path, line: number + 1))
    }
  }

  /// The name of a host in such files.
  package static func name(_ host: String, port: Int) -> String {
    port == 22 ? host.lowercased() : "[\(host.lowercased())]:\(port)"
  }

  /// What is known of a key.
  ///
  /// - Parameters:
  ///   - name: As ``name(_:port:)`` makes it.
  ///   - key: In SSH's wire format, which begins with its kind.
  package func finding(_ key: [UInt8], of name: String) -> Finding {
    let entries = entries(of: name)
    if let revoked = entries.first(where: { $0.marker == .revoked && $0.key == key }) {
      return .revoked(path: revoked.path, line: revoked.line)
    }
    let plain = entries.filter { $0.marker == .none }
    if plain.contains(where: { $0.key == key }) { return .trusted }
    let kind = KnownHosts.kind(of: key)
    if let other = plain.first(where: { $0.kind == kind }) {
      return .changed(path: other.path, line: other.line)
    }
    guard let other = plain.first else { return .unknown }
    return .otherKinds(path: other.path, line: other.line)
  }

  /// The kinds of keys that a host is known by, in order.
  package func kinds(of name: String) -> [String] {
    entries(of: name).filter { $0.marker == .none }.map(\.kind)
  }

  private func entries(of name: String) -> [Entry] {
    entries.filter { KnownHosts.matches($0.hosts, name) }
  }

  private static func matches(_ hosts: String, _ name: String) -> Bool {
    guard hosts.hasPrefix("|1|") else {
      return Wildcards.match(name, hosts.split(separator: ","))
    }
    let parts = hosts.dropFirst(3).split(separator: "|")
    guard parts.count == 2, let salt = Array(parts[0].utf8).withUnsafeBytes(Base64.decode),
      let hash = Array(parts[1].utf8).withUnsafeBytes(Base64.decode)
    else { return false }
    return SHA1.authenticate(Array(name.utf8), key: salt) == hash
  }

  /// The kind of a key in wire format, by its name there.
  package static func kind(of key: [UInt8]) -> String {
    var reader = WireReader(key)
    return String(decoding: reader.string() ?? [], as: UTF8.self)
  }

  /// The line that makes a key known.
  package static func line(_ name: String, _ key: [UInt8]) -> String {
    var text: [UInt8] = []
    Base64.append(key, to: &text)
    return "\(name) \(kind(of: key)) \(String(decoding: text, as: UTF8.self))\n"
  }
}
