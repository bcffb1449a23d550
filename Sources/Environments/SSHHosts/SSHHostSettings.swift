package import Values

/// What configuration files say of one host, as far as it is followed here; paths and tokens are as written.
package struct SSHHostSettings: Hashable {
  package var hostName: String?
  package var port: Int?
  package var user: String?
  package var identityFiles: [String] = []
  package var identitiesOnly: Bool?
  package var identityAgent: String?
  /// `user@host:port`, comma-separated, the first hop first; `none` for no jump.
  package var proxyJump: String?
  package var proxyCommand: String?
  package var userKnownHostsFiles: [String]?
  package var strictHostKeyChecking: String?
  package var hostKeyAlias: String?
  package var connectTimeout: Nanoseconds?
  package var serverAliveInterval: Nanoseconds?
  package var serverAliveCountMax: Int?

  package init() {}

  /// Takes a keyword's value, unless it has one.
  ///
  /// - Returns: Whether the value makes sense; keywords that are not followed do.
  mutating func take(_ keyword: String, _ arguments: [String]) -> Bool {
    let text = arguments.joined(separator: " ")
    let word = arguments.first ?? ""
    switch keyword {
    case "hostname": hostName = hostName ?? word
    case "user": user = user ?? word
    case "port":
      guard let number = Int(word), 1...65_535 ~= number else { return false }
      port = port ?? number
    case "identityfile": if !identityFiles.contains(text) { identityFiles.append(text) }
    case "identityagent": identityAgent = identityAgent ?? text
    case "identitiesonly":
      guard let isTrue = SSHHostSettings.truth(word) else { return false }
      identitiesOnly = identitiesOnly ?? isTrue
    // Whichever of the two comes first rules the other out.
    case "proxyjump": if proxyCommand == nil { proxyJump = proxyJump ?? text }
    case "proxycommand": if proxyJump == nil { proxyCommand = proxyCommand ?? text }
    case "userknownhostsfile": userKnownHostsFiles = userKnownHostsFiles ?? arguments
    case "stricthostkeychecking":
      let choice = word.lowercased()
      guard ["yes", "no", "off", "ask", "accept-new"].contains(choice) else { return false }
      strictHostKeyChecking = strictHostKeyChecking ?? choice
    case "hostkeyalias": hostKeyAlias = hostKeyAlias ?? word
    case "connecttimeout":
      if word.lowercased() == "none" { return true }
      guard let time = Nanoseconds(duration: word) else { return false }
      connectTimeout = connectTimeout ?? time
    case "serveraliveinterval":
      guard let time = Nanoseconds(duration: word) else { return false }
      serverAliveInterval = serverAliveInterval ?? time
    case "serveralivecountmax":
      guard let number = Int(word), number >= 0 else { return false }
      serverAliveCountMax = serverAliveCountMax ?? number
    default: break
    }
    return true
  }

  private static func truth(_ word: String) -> Bool? {
    switch word.lowercased() {
    case "yes", "true": true
    case "no", "false": false
    default: nil
    }
  }
}
