import CLibSSH2
import Glibc
import Processes
import Values

extension SSHSession {
  // MARK: The host's key

  /// Agrees on keys, in doing which the host is asked for a key that it is known by.
  func shakeHands() throws(SSHError) {
    let known = KnownHosts.read(login.knownHostsFiles)
    let kinds = HostKeyKinds.preferred(known.kinds(of: login.knownName))
    ssh2_session_method_pref(handle, Int32(SSH2_METHOD_HOST_KEY), kinds.joined(separator: ","))
    let result: Int32?
    do throws(SSHError) {
      result = try complete(within: login.connectTimeout, during: "the handshake") {
        ssh2_session_handshake(handle, wire.socket)
      }
    } catch {
      guard case .lost(_, _, let problem) = error else { throw error }
      throw .noHandshake(login.name, problem + "; is it sshd, and does it let more connections in?")
    }
    guard let result else {
      throw .noHandshake(
        login.name,
        "nothing of SSH came from \(login.place) within \(login.connectTimeout.durationText)")
    }
    guard result == 0 else { throw .noHandshake(login.name, wire.problem ?? lastProblem.text) }
  }

  /// Compares the host's key with those that are known.
  func verifyHostKey() throws(SSHError) {
    var length = 0
    var type: Int32 = 0
    guard let text = ssh2_session_hostkey(handle, &length, &type) else {
      throw .noHandshake(login.name, "the host has shown no key")
    }
    let key = UnsafeRawBufferPointer(start: text, count: length).map { $0 }
    let kind = KnownHosts.kind(of: key)
    let fingerprint = fingerprint
    let userFile = login.knownHostsFiles.first ?? ""
    switch KnownHosts.read(login.knownHostsFiles).finding(key, of: login.knownName) {
    case .trusted: return
    case .unknown where login.acceptsNewHostKeys:
      try KnownHosts.add(KnownHosts.line(login.knownName, key), to: userFile)
    case .unknown:
      throw .unknownHostKey(login.name, kind: kind, fingerprint: fingerprint, path: userFile)
    case .changed(let path, let line):
      throw .changedHostKey(
        login.name, kind: kind, fingerprint: fingerprint, path: path, line: line)
    case .otherKinds(let path, let line):
      throw .otherHostKeys(
        login.name, kind: kind, fingerprint: fingerprint, path: path, line: line)
    case .revoked(let path, let line):
      throw .revokedHostKey(
        login.name, kind: kind, fingerprint: fingerprint, path: path, line: line)
    }
  }

  private var fingerprint: String {
    guard let hash = ssh2_hostkey_hash(handle, Int32(SSH2_HASH_SHA256)) else { return "unknown" }
    var text: [UInt8] = []
    Base64.append(UnsafeRawBufferPointer(start: hash, count: 32).map { $0 }, to: &text)
    return "SHA256:" + String(decoding: text.filter { $0 != UInt8(ascii: "=") }, as: UTF8.self)
  }

  // MARK: The user

  /// Logs in by the first of the agent's keys, key files and the password that the host accepts.
  func logIn(_ secrets: SSHSecrets) throws(SSHError) {
    var attempts = LoginAttempts()
    do throws(SSHError) {
      guard try askForMethods(&attempts) else { return }
      if attempts.accepts("publickey") {
        if try useAgent(&attempts) { return }
        if try useFiles(secrets, &attempts) { return }
      }
      if try usePassword(secrets, &attempts) { return }
    } catch {
      guard case .lost(_, _, let problem) = error, !attempts.tried.isEmpty else { throw error }
      attempts.hints.append(
        "the host hung up (\(problem)): too many keys? name one, or set IdentitiesOnly")
    }
    throw .refused(
      login.name, user: login.user, tried: attempts.tried,
      accepts: attempts.methods.joined(separator: ", "), hints: attempts.hints)
  }

  /// - Returns: Whether the host asks for more than the user's name.
  private func askForMethods(_ attempts: inout LoginAttempts) throws(SSHError) -> Bool {
    var list: UnsafeMutablePointer<CChar>?
    _ = try attempt {
      list = ssh2_userauth_list(handle, login.user, UInt32(login.user.utf8.count))
      return list == nil ? lastProblem.number : 0
    }
    if let list {
      attempts.methods = String(cString: list).split(separator: ",").map(String.init)
      return true
    }
    if ssh2_userauth_authenticated(handle) != 0 { return false }
    throw .noHandshake(login.name, lastProblem.text)
  }

  /// Takes one step of the login, which may take long: keys are encrypted so that opening them does.
  private func attempt(_ call: () -> Int32) throws(SSHError) -> Int32 {
    let time = max(login.connectTimeout, .seconds(30))
    guard let result = try complete(within: time, during: "the login", call) else {
      throw .noHandshake(login.name, "no answer to the login within \(time.durationText)")
    }
    return result
  }

  private func useAgent(_ attempts: inout LoginAttempts) throws(SSHError) -> Bool {
    guard let path = login.agentSocket, let agent = ssh2_agent_init(handle) else { return false }
    defer { ssh2_agent_free(agent) }
    ssh2_agent_set_identity_path(agent, path)
    guard ssh2_agent_connect(agent) == 0 else {
      attempts.hints.append("no agent answers at \(path)")
      return false
    }
    defer { ssh2_agent_disconnect(agent) }
    guard ssh2_agent_list_identities(agent) == 0 else { return false }
    let wanted = login.identitiesOnly ? login.identityFiles.compactMap(publicKey) : nil
    var previous: UnsafeMutablePointer<ssh2_agent_key>?
    var key: UnsafeMutablePointer<ssh2_agent_key>?
    while ssh2_agent_get_identity(agent, &key, previous) == 0, let found = key {
      previous = key
      let blob = UnsafeBufferPointer(start: found.pointee.blob, count: found.pointee.blob_length)
      if let wanted, !wanted.contains(Array(blob)) { continue }
      let kind = PrivateKey.kind(ofPublicKey: Array(blob))
      attempts.tried.append(
        "the agent's key " + (found.pointee.comment.map { String(cString: $0) } ?? kind.rawValue))
      let result = try attempt {
        ssh2_agent_userauth(agent, login.user, found)
      }
      if result == 0 { return true }
      if kind == .rsa { attempts.noteRSA() }
    }
    return false
  }

  /// The public key beside a private key's file.
  private func publicKey(_ path: String) -> [UInt8]? {
    guard let text = bytes(ofFile: path + ".pub") else { return nil }
    let words = text.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    return words.count > 1 ? Array(words[1]).withUnsafeBytes(Base64.decode) : nil
  }

  private func useFiles(
    _ secrets: SSHSecrets, _ attempts: inout LoginAttempts
  ) throws(SSHError) -> Bool {
    for path in login.identityFiles {
      guard let text = bytes(ofFile: path) else {
        if login.areIdentitiesChosen { attempts.hints.append("\(path): \(errorText(errno))") }
        continue
      }
      guard let key = PrivateKey(text) else {
        attempts.hints.append("\(path) is no private key")
        continue
      }
      if key.isEncrypted, secrets.passphrase == nil {
        attempts.hints.append(
          "\(path) is encrypted: set SHRIKE_SSH_PASSPHRASE, or add it to an agent")
        continue
      }
      attempts.tried.append("the key \(path)")
      let passphrase = key.isEncrypted ? secrets.passphrase : nil
      let result = try attempt {
        ssh2_userauth_publickey_fromfile_ex(
          handle, login.user, UInt32(login.user.utf8.count), nil, path, passphrase)
      }
      if result == 0 { return true }
      if result == SSH2_ERROR_FILE {
        attempts.hints.append(
          key.isEncrypted
            ? "SHRIKE_SSH_PASSPHRASE does not open \(path)"
            : "\(path) can't be used: \(lastProblem.text)")
      } else if key.kind == .rsa {
        attempts.noteRSA()
      }
    }
    return false
  }

  private func usePassword(
    _ secrets: SSHSecrets, _ attempts: inout LoginAttempts
  ) throws(SSHError) -> Bool {
    guard let password = secrets.password else {
      if attempts.accepts("password") || attempts.accepts("keyboard-interactive") {
        attempts.hints.append("for a password set SHRIKE_SSH_PASSWORD")
      }
      return false
    }
    let length = UInt32(login.user.utf8.count)
    if attempts.accepts("password") {
      attempts.tried.append("the password")
      let result = try attempt {
        ssh2_userauth_password_ex(
          handle, login.user, length, password, UInt32(password.utf8.count), nil)
      }
      if result == 0 { return true }
    }
    guard attempts.accepts("keyboard-interactive") else { return false }
    attempts.tried.append("the password by keyboard-interactive")
    wire.password = password
    defer { wire.password = nil }
    let result = try attempt {
      ssh2_userauth_keyboard_interactive_ex(handle, login.user, length, SessionWire.answering)
    }
    return result == 0
  }
}

/// What was tried to log in.
private struct LoginAttempts {
  /// The methods that the host accepts.
  var methods: [String] = []
  var tried: [String] = []
  /// What the user can do.
  var hints: [String] = []

  func accepts(_ method: String) -> Bool { methods.contains(method) }

  /// An RSA key was refused, which before 1.11 is the library's fault.
  mutating func noteRSA() {
    guard ssh2_version(0x01_0b_00) == nil else { return }
    let version = ssh2_version(0).map { String(cString: $0) } ?? ""
    let hint =
      "libssh2 \(version) signs RSA keys only with SHA-1, which current servers refuse: "
      + "use an ed25519 or ecdsa key, or --ssh-program"
    if !hints.contains(hint) { hints.append(hint) }
  }
}

/// The names by which host keys are agreed on.
enum HostKeyKinds {
  private static let all = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
  ]

  /// All names, those of known kinds first.
  static func preferred(_ known: [String]) -> [String] {
    let kinds = all.filter(known.contains) + all.filter { !known.contains($0) }
    return kinds.flatMap { $0 == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", $0] : [$0] }
  }
}
