import Processes
import Synchronization

/// How a command becomes root's.
struct Elevation: Hashable, Sendable {
  /// What goes before its words.
  var words: [String]
  /// What goes before its input.
  var prefix: [UInt8] = []
}

extension SSHConnection {
  private static let sudo = ["env", "LC_ALL=C", "sudo"]

  /// Finds out, once, how the user becomes root.
  ///
  /// Neither way makes use of an earlier password that sudo remembers: it would leave ours to the program.
  func elevate() throws(SSHError) -> Elevation {
    if let known = elevation.withLock({ $0 }) { return known }
    let found = try findElevation()
    elevation.withLock { $0 = found }
    return found
  }

  private func findElevation() throws(SSHError) -> Elevation {
    if try run(["id", "-u"]).checked().text == "0" { return Elevation(words: []) }
    let without = try run(SSHConnection.sudo + ["-k", "-n", "true"])
    if without.succeeded { return Elevation(words: SSHConnection.sudo + ["-n", "--"]) }
    let refusal = without.sudoRefusal(user: user, hasPassword: false)
    guard case .needsPassword = refusal, let password = secrets.sudoPassword else {
      throw .sudo(
        name, refusal ?? .other(lastLines(of: without.errorOutput).joined(separator: "; ")))
    }
    let words = SSHConnection.sudo + ["-k", "-S", "-p", "", "--"]
    let prefix = Array("\(password)\n".utf8)
    let with = try run(words + ["true"], input: prefix)
    guard with.succeeded else {
      let refusal = with.sudoRefusal(user: user, hasPassword: true)
      throw .sudo(name, refusal ?? .other(lastLines(of: with.errorOutput).joined(separator: "; ")))
    }
    return Elevation(words: words, prefix: prefix)
  }
}

extension SSHResult {
  /// Why sudo did not let the command run; nothing where it was not for sudo.
  func sudoRefusal(user: String, hasPassword: Bool) -> SudoRefusal? {
    guard status != .exited(code: 0) else { return nil }
    let text = String(decoding: errorOutput, as: UTF8.self)
    if status == .exited(code: 127), text.contains("sudo") { return .missing }
    guard status == .exited(code: 1) else { return nil }
    if text.contains("not in the sudoers") || text.contains("may not run sudo")
      || text.contains("is not allowed to")
    {
      return .notAllowed(user: user)
    }
    if text.contains("incorrect password attempt") || text.contains("Sorry, try again")
      || hasPassword && text.contains("sudo: no password was provided")
    {
      return .wrongPassword(user: user)
    }
    if text.contains("sudo: a password is required") { return .needsPassword(user: user) }
    return text.hasPrefix("sudo: ")
      ? .other(lastLines(of: errorOutput).joined(separator: "; ")) : nil
  }
}
