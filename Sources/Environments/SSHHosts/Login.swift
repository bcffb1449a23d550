import Glibc
import Processes
import Values

/// All that is needed to log in to one host, made of what was asked for and what is configured.
struct Login: Hashable, Sendable {
  /// The host as the user wrote it, for messages.
  var name: String
  /// Where to connect to.
  var address: String
  var port: Int
  var user: String
  /// Private keys to try, in order.
  var identityFiles: [String]
  /// Whether the user named them, so that it is worth saying when one is missing.
  var areIdentitiesChosen: Bool
  /// Whether keys that an agent holds are tried only if they are among those.
  var identitiesOnly: Bool
  /// The agent's socket.
  var agentSocket: String?
  /// The hosts to go through, the first hop first.
  var jumps: [SSHTarget]
  var knownHostsFiles: [String]
  /// By which name its key is known.
  var knownName: String
  var acceptsNewHostKeys: Bool
  var connectTimeout: Nanoseconds
  var keepAliveInterval: Nanoseconds
  var keepAliveCount: Int
  /// What of the configuration could not be followed, a line each.
  var warnings: [String]
}

extension Login {
  /// - Parameter environment: Whose configuration it is.
  init(
    _ target: SSHTarget, _ options: SSHOptions, _ environment: UserSurroundings = .ofThisProcess()
  ) throws(SSHError) {
    let configuration = try SSHConfiguration.read(options.configurationFile, environment)
    let settings = try configuration.settings(for: target.host)
    name = target.text
    warnings = configuration.warnings
    address =
      settings.hostName.map { Login.expand($0, ["h": target.host]) } ?? target.host
    port = target.port ?? settings.port ?? options.port ?? 22
    user = target.user ?? settings.user ?? options.user ?? environment.user
    let tokens: [Character: String] = [
      "d": environment.home, "h": address, "r": user, "u": environment.user, "n": target.host,
      "p": "\(port)",
    ]
    func path(_ text: String) -> String {
      let text = Login.expand(text, tokens)
      return text.hasPrefix("~/") ? environment.home + text.dropFirst() : text
    }
    let chosen = options.identityFile.map { [$0] } ?? settings.identityFiles.map(path)
    areIdentitiesChosen = !chosen.isEmpty
    identityFiles =
      chosen.isEmpty
      ? ["id_ed25519", "id_ecdsa", "id_rsa"].map { "\(environment.home)/.ssh/\($0)" } : chosen
    identitiesOnly = options.identityFile != nil || settings.identitiesOnly ?? false
    agentSocket =
      switch settings.identityAgent {
      case nil, "SSH_AUTH_SOCK": environment.agentSocket
      case "none": nil
      case .some(let text): path(text)
      }
    if let command = settings.proxyCommand, command.lowercased() != "none" {
      throw .transport(
        target.text,
        "its ProxyCommand can't be run by libssh2; write ProxyJump, or use --ssh-program")
    }
    jumps = []
    if let chain = settings.proxyJump, chain.lowercased() != "none" {
      for hop in chain.split(separator: ",") {
        jumps.append(try SSHTarget(String(hop.drop { $0 == " " })))
      }
    }
    let knownHosts = [
      "\(environment.home)/.ssh/known_hosts", "\(environment.home)/.ssh/known_hosts2",
    ]
    let global = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
    knownHostsFiles =
      options.knownHostsFile.map { [$0] }
      ?? (settings.userKnownHostsFiles?.map(path) ?? knownHosts) + global
    knownName = settings.hostKeyAlias ?? KnownHosts.name(address, port: port)
    acceptsNewHostKeys =
      options.acceptsNewHostKeys || settings.strictHostKeyChecking == "accept-new"
    if let choice = settings.strictHostKeyChecking, choice == "no" || choice == "off" {
      warnings.append(
        "\(target.text): StrictHostKeyChecking \(choice) is not followed: keys of hosts are verified; "
          + "--accept-new-host-keys adds those that are new")
    }
    connectTimeout = options.connectTimeout ?? settings.connectTimeout ?? .seconds(10)
    keepAliveInterval =
      options.keepAliveInterval ?? settings.serverAliveInterval.flatMap { $0 > 0 ? $0 : nil }
      ?? .seconds(5)
    keepAliveCount = options.keepAliveCount ?? settings.serverAliveCountMax ?? 3
  }

  /// Where to connect to, as people write it.
  var place: String { (address.contains(":") ? "[\(address)]" : address) + ":\(port)" }

  /// Replaces `%x` by what `x` stands for; `%%` is a percent sign.
  static func expand(_ text: String, _ tokens: [Character: String]) -> String {
    var expanded = ""
    var isToken = false
    for character in text {
      if isToken {
        expanded += character == "%" ? "%" : tokens[character] ?? "%\(character)"
        isToken = false
      } else if character == "%" {
        isToken = true
      } else {
        expanded.append(character)
      }
    }
    return expanded
  }
}

/// Whose keys and configuration are used.
struct UserSurroundings {
  var home: String
  var user: String
  var agentSocket: String?

  static func ofThisProcess() -> UserSurroundings {
    func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    let isKnown = getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found) == 0 && found != nil
    let user = isKnown ? String(cString: entry.pw_name) : value("USER") ?? "root"
    let home = value("HOME") ?? (isKnown ? String(cString: entry.pw_dir) : "/")
    return UserSurroundings(home: home, user: user, agentSocket: value("SSH_AUTH_SOCK"))
  }
}

extension SSHConfiguration {
  /// Reads a file, or the user's and the machine's where they are.
  static func read(
    _ file: String?, _ environment: UserSurroundings
  ) throws(SSHError) -> SSHConfiguration {
    var configuration = SSHConfiguration()
    if let file {
      guard file != "none" else { return configuration }
      guard bytes(ofFile: file) != nil else {
        throw .file(file, "the SSH configuration can't be read: \(errorText(errno))")
      }
    }
    for path in file.map({ [$0] }) ?? ["\(environment.home)/.ssh/config", "/etc/ssh/ssh_config"] {
      guard let text = bytes(ofFile: path) else { continue }
      let folder = path.hasPrefix("/etc/") ? "/etc/ssh" : "\(environment.home)/.ssh"
      try configuration.read(Source(path: path, text: String(decoding: text, as: UTF8.self))) {
        files($0, in: folder, home: environment.home)
      }
    }
    return configuration
  }

  /// The files that a pattern of an `Include` stands for, in order.
  private static func files(_ pattern: String, in folder: String, home: String) -> [Source] {
    let pattern =
      pattern.hasPrefix("~/")
      ? home + pattern.dropFirst() : pattern.hasPrefix("/") ? pattern : "\(folder)/\(pattern)"
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { place in
      guard let path = paths[place].map({ String(cString: $0) }), let text = bytes(ofFile: path)
      else { return nil }
      return Source(path: path, text: String(decoding: text, as: UTF8.self))
    }
  }
}
