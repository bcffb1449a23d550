package import Processes
package import Values

/// Why something could not be done over SSH; each is one clear line that names the host and the mend.
package enum SSHError: Error, Hashable, Sendable, CustomStringConvertible {
  // What was asked for makes no sense.
  case target(String, String)
  case configuration(path: String, line: Int, String)
  case file(String, String)

  // The library, or the program in its place.
  case noLibrary(String)
  case noProgram(String)
  case transport(String, String)

  // Reaching the host.
  case nameNotFound(String, name: String)
  case unreachable(String, address: String, problem: String, attempts: Int)
  case noHandshake(String, String)
  case jump(String, through: String, String)

  // The host's key.
  case unknownHostKey(String, kind: String, fingerprint: String, path: String)
  case changedHostKey(String, kind: String, fingerprint: String, path: String, line: Int)
  case otherHostKeys(String, kind: String, fingerprint: String, path: String, line: Int)
  case revokedHostKey(String, kind: String, fingerprint: String, path: String, line: Int)

  // Who we are.
  case refused(String, user: String, tried: [String], accepts: String, hints: [String])
  case sudo(String, SudoRefusal)

  // Work on a host that was reached.
  case lost(String, during: String, problem: String)
  case closed(String)
  case noChannel(String, String)
  case noFileServer(String, String)
  case commandFailed(String, command: String, ExitStatus, lastLines: [String])
  case commandNeverEnded(String, command: String, after: Nanoseconds, lastLines: [String])
  case remoteFile(String, path: String, String)
  case diskFull(String, path: String)

  package var description: String {
    switch self {
    case .target(let text, let problem): "\(text): \(problem)"
    case .configuration(let path, let line, let problem): "\(path):\(line): \(problem)"
    case .file(let path, let problem): "\(path): \(problem)"
    case .noLibrary(let problem):
      "SSH needs libssh2 (\(problem)): apt-get install libssh2-1, or use the ssh program: "
        + "--ssh-program"
    case .noProgram(let name):
      "there is no program \(name) in PATH: apt-get install openssh-client, or leave out --ssh-program"
    case .transport(let host, let problem): "host \(host): \(problem)"
    case .nameNotFound(let host, let name) where host == name:
      "host \(host): there is no host of this name; check it, DNS and /etc/hosts"
    case .nameNotFound(let host, let name):
      "host \(host): there is no host called \(name); check the name, DNS and /etc/hosts"
    case .unreachable(let host, let address, let problem, let attempts):
      "host \(host): can't connect to \(address): \(problem)"
        + (attempts > 1 ? " (\(attempts) attempts)" : "")
        + "; is it up, and does sshd listen there?"
    case .noHandshake(let host, let problem):
      "host \(host): no SSH connection: \(problem)"
    case .jump(let host, let jump, let problem):
      "host \(host): \(jump) can't connect there: \(problem)"
    case .unknownHostKey(let host, let kind, let fingerprint, let path):
      "host \(host): its \(kind) key \(fingerprint) is not in \(path); "
        + "compare it, then add it by --accept-new-host-keys"
    case .changedHostKey(let host, let kind, let fingerprint, let path, let line):
      "host \(host): its \(kind) key is now \(fingerprint), not the one in \(path):\(line); "
        + "somebody may be listening, or the host was set up anew: only then remove that line"
    case .otherHostKeys(let host, let kind, let fingerprint, let path, let line):
      "host \(host): its \(kind) key \(fingerprint) is not in \(path), which has a key of another kind "
        + "in line \(line); compare it, then add it there"
    case .revokedHostKey(let host, let kind, let fingerprint, let path, let line):
      "host \(host): its \(kind) key \(fingerprint) is revoked by \(path):\(line)"
    case .refused(let host, let user, let tried, let accepts, let hints):
      "host \(host): \(user) may not log in; tried "
        + (tried.isEmpty ? "nothing" : tried.joined(separator: ", "))
        + (accepts.isEmpty ? "" : "; the host accepts \(accepts)")
        + hints.map { "; \($0)" }.joined()
    case .sudo(let host, let refusal): "host \(host): sudo: \(refusal)"
    case .lost(let host, let action, let problem):
      "host \(host): the connection was lost\(action.isEmpty ? "" : " during \(action)"): \(problem)"
    case .closed(let host): "host \(host): the connection was closed"
    case .noChannel(let host, let problem):
      "host \(host): no further channel (sshd_config's MaxSessions): \(problem)"
    case .noFileServer(let host, let problem):
      "host \(host): no file transfer (sshd_config's Subsystem sftp): \(problem)"
    case .commandFailed(let host, let command, let status, let lastLines):
      "host \(host): \(command): \(status)" + SSHError.tail(lastLines)
    case .commandNeverEnded(let host, let command, let time, let lastLines):
      "host \(host): \(command): not ended after \(time.durationText), or something that it started "
        + "keeps its output open" + SSHError.tail(lastLines)
    case .remoteFile(let host, let path, let problem): "host \(host): \(path): \(problem)"
    case .diskFull(let host, let path):
      "host \(host): \(path): no space left on its file system; make room there"
    }
  }

  private static func tail(_ lines: [String]) -> String {
    lines.isEmpty ? "" : ": " + lines.joined(separator: "; ")
  }

  /// Whether the same may work in a moment.
  var isTransient: Bool {
    switch self {
    case .unreachable, .noHandshake: true
    default: false
    }
  }
}

/// Why sudo let nobody in.
package enum SudoRefusal: Hashable, Sendable, CustomStringConvertible {
  case missing
  case needsPassword(user: String)
  case wrongPassword(user: String)
  case notAllowed(user: String)
  case other(String)

  package var description: String {
    switch self {
    case .missing: "there is none; log in as root, or apt-get install sudo there"
    case .needsPassword(let user):
      "\(user) needs a password; set SHRIKE_SUDO_PASSWORD, or NOPASSWD in sudoers"
    case .wrongPassword(let user): "SHRIKE_SUDO_PASSWORD is not the password of \(user)"
    case .notAllowed(let user): "\(user) may not become root; add \(user) to sudoers"
    case .other(let problem): problem
    }
  }
}
