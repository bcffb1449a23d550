import Glibc
import Processes
import Values

/// What the `ssh` program said of a connection that could not be had, with its debugging lines.
struct ProgramReport {
  var lines: [String]

  /// The last that it said to people.
  var lastWords: String? {
    lines.last { !$0.hasPrefix("debug1: ") && !$0.allSatisfy(\.isWhitespace) }
  }

  private func text(after prefix: String) -> Substring? {
    for line in lines {
      if let range = line.firstRange(of: prefix) { return line[range.upperBound...] }
    }
    return nil
  }

  private func says(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

  /// What became of a connection.
  func error(
    _ host: String, _ command: ProgramCommand, _ options: SSHOptions
  ) -> SSHError {
    hostKeyError(host, options) ?? networkError(host) ?? loginError(host, command, options)
      ?? .transport(
        host, lastWords ?? "ssh did not connect within \(command.patience.durationText)")
  }

  private func networkError(_ host: String) -> SSHError? {
    if let rest = text(after: "Could not resolve hostname ") {
      return .nameNotFound(host, name: String(rest.prefix { $0 != ":" }))
    }
    if let rest = text(after: "connect to host ") {
      let words = rest.split(separator: " ", maxSplits: 3)
      guard words.count == 4 else { return nil }
      let address = words[0].contains(":") ? "[\(words[0])]" : String(words[0])
      return .unreachable(
        host, address: "\(address):\(words[2].dropLast())",
        problem: String(words[3]), attempts: 1)
    }
    let isCut = ["kex_exchange_identification", "Connection reset by", "Connection closed by"]
      .contains(where: says)
    if isCut, !says("Authentications that can continue"), let lastWords {
      return .noHandshake(host, lastWords)
    }
    return nil
  }

  private func hostKeyError(_ host: String, _ options: SSHOptions) -> SSHError? {
    let words = text(after: "Server host key: ")?.split(separator: " ").map(String.init) ?? []
    let kind = words.first ?? "host"
    let fingerprint = words.count > 1 ? words[1] : ""
    if says("REMOTE HOST IDENTIFICATION HAS CHANGED") {
      let place = lines.first { $0.hasPrefix("Offending ") }?.firstRange(of: " key in ")
        .flatMap { range in
          lines.first { $0.hasPrefix("Offending ") }.map { String($0[range.upperBound...]) }
        }
      let parts = place?.split(separator: ":") ?? []
      return .changedHostKey(
        host, kind: kind, fingerprint: fingerprint,
        path: parts.dropLast().joined(separator: ":"), line: parts.last.flatMap { Int($0) } ?? 0)
    }
    if says("is marked as revoked") || says("REVOKED HOST KEY") {
      return .noHandshake(host, "its \(kind) key \(fingerprint) is marked as revoked")
    }
    guard says("host key is known for") || says("Host key verification failed") else { return nil }
    let path = options.knownHostsFile ?? "~/.ssh/known_hosts"
    return .unknownHostKey(host, kind: kind, fingerprint: fingerprint, path: path)
  }

  /// Keys that the host accepts, but whose passphrase was asked for in vain.
  private var unopenedKeys: [String] {
    zip(lines, lines.dropFirst()).compactMap { line, next in
      guard line.hasPrefix("debug1: Server accepts key: "),
        next.hasPrefix("debug1: read_passphrase")
      else { return nil }
      return line.dropFirst(28).split(separator: " ").first.map(String.init)
    }
  }

  private func loginError(
    _ host: String, _ command: ProgramCommand, _ options: SSHOptions
  ) -> SSHError? {
    let refusal = text(after: "Permission denied (")
    let isCut = says("Too many authentication failures")
    guard refusal != nil || isCut else { return nil }
    var tried = lines.compactMap { line -> String? in
      guard line.hasPrefix("debug1: Offering public key: ") else { return nil }
      let words = line.dropFirst(29).split(separator: " ")
      return words.first.map { "the key \($0)" }
    }
    var hints: [String] = []
    if let path = options.identityFile {
      if let text = bytes(ofFile: path) {
        if options.secrets.passphrase == nil, PrivateKey(text)?.isEncrypted == true {
          hints.append("\(path) is encrypted: set SHRIKE_SSH_PASSPHRASE, or add it to an agent")
          tried.removeAll { $0 == "the key \(path)" }
        }
      } else {
        hints.append("\(path): \(errorText(errno))")
      }
    }
    if options.secrets.passphrase != nil {
      hints += unopenedKeys.map { "SHRIKE_SSH_PASSPHRASE does not open \($0)" }
    }
    let asksPassword = says("Next authentication method: password")
    let asksQuestions = says("Next authentication method: keyboard-interactive")
    if options.secrets.password != nil {
      if asksPassword { tried.append("the password") }
      if asksQuestions { tried.append("the password by keyboard-interactive") }
    }
    let accepts = (refusal ?? text(after: "Authentications that can continue: ") ?? "")
      .prefix { $0 != ")" }.split(separator: ",").joined(separator: ", ")
    if options.secrets.password == nil,
      accepts.contains("password") || accepts.contains("keyboard")
    {
      hints.append("for a password set SHRIKE_SSH_PASSWORD")
    }
    if isCut { hints.append("the host hung up: too many keys? name one, or set IdentitiesOnly") }
    return .refused(host, user: command.user, tried: tried, accepts: accepts, hints: hints)
  }
}
