import Glibc

/// What lets us in and nobody may read: it comes from the environment and is never printed.
package struct SSHSecrets: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  /// What the user logs in with, where keys don't do.
  package var password: String?
  /// What private keys are encrypted with.
  package var passphrase: String?
  /// What sudo asks for.
  package var sudoPassword: String?

  package init(password: String? = nil, passphrase: String? = nil, sudoPassword: String? = nil) {
    self.password = password
    self.passphrase = passphrase
    self.sudoPassword = sudoPassword
  }

  /// `SHRIKE_SSH_PASSWORD`, `SHRIKE_SSH_PASSPHRASE` and `SHRIKE_SUDO_PASSWORD` as they were at first; no
  /// program that is started later inherits them.
  package static let fromEnvironment: SSHSecrets = {
    func value(_ name: String) -> String? {
      defer { unsetenv(name) }
      return getenv(name).map { String(cString: $0) }
    }
    return SSHSecrets(
      password: value("SHRIKE_SSH_PASSWORD"), passphrase: value("SHRIKE_SSH_PASSPHRASE"),
      sudoPassword: value("SHRIKE_SUDO_PASSWORD"))
  }()

  package var description: String { "secrets" }

  package var customMirror: Mirror { Mirror(self, children: []) }
}
