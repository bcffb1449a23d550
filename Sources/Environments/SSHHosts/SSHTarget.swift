/// Where to log in, as people write it: `[user@]host[:port]`, `ssh://…`, IPv6 in brackets, or an alias.
package struct SSHTarget: Hashable, Sendable, CustomStringConvertible {
  /// The text as written.
  package var text: String
  /// A name, address or alias, without brackets.
  package var host: String
  package var user: String?
  package var port: Int?

  package var description: String { text }

  /// - Throws: When it is none, with what is wrong.
  package init(_ text: String) throws(SSHError) {
    func refuse(_ problem: String) -> SSHError {
      .target("\"\(text)\"", "\(problem); write [user@]host[:port], with IPv6 in brackets")
    }
    self.text = text
    var rest = text[...]
    if rest.hasPrefix("ssh://") {
      rest = rest.dropFirst(6)
      if rest.hasSuffix("/") { rest = rest.dropLast() }
    }
    if let sign = rest.lastIndex(of: "@") {
      user = String(rest[..<sign])
      guard user != "" else { throw refuse("there is no user before @") }
      rest = rest[rest.index(after: sign)...]
    }
    var portText: Substring?
    if rest.first == "[" {
      guard let end = rest.firstIndex(of: "]") else { throw refuse("there is no ] after [") }
      let after = rest[rest.index(after: end)...]
      guard after.isEmpty || after.first == ":" else {
        throw refuse("nothing but :port may follow ]")
      }
      if !after.isEmpty { portText = after.dropFirst() }
      rest = rest[rest.index(after: rest.startIndex)..<end]
    } else if let colon = rest.firstIndex(of: ":"), rest.lastIndex(of: ":") == colon {
      portText = rest[rest.index(after: colon)...]
      rest = rest[..<colon]
    }
    if let portText {
      guard let number = Int(portText), 1...65_535 ~= number else {
        throw refuse("the port must be between 1 and 65535")
      }
      port = number
    }
    host = String(rest)
    guard !host.isEmpty else { throw refuse("there is no host") }
    // It becomes an argument of programs.
    guard host.first != "-", user?.first != "-",
      !text.unicodeScalars.contains(where: { $0.value <= 32 || $0 == "'" || $0 == "\\" })
    else { throw refuse("this can't be a host") }
  }
}
