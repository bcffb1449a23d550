package import Values

/// How to log in, beside what the target and the user's configuration say.
package struct SSHOptions: Sendable {
  /// Runs the `ssh` program in the place of libssh2.
  package var usesProgram = false
  /// Adds the keys of hosts that are not known; keys that changed are refused all the same.
  package var acceptsNewHostKeys = false
  /// Whom to log in as where neither the target nor the configuration says.
  package var user: String?
  /// The port where the target doesn't say.
  package var port: Int?
  /// The private key to log in with; no other is tried.
  package var identityFile: String?
  /// The configuration to read; nothing for the user's and the machine's.
  package var configurationFile: String?
  /// The file of hosts' keys; nothing for the user's and the machine's.
  package var knownHostsFile: String?
  package var secrets = SSHSecrets()
  /// How long one attempt to connect and to log in may take.
  package var connectTimeout: Nanoseconds?
  /// How often to try where a host refuses or is silent; between attempts there is a pause that doubles.
  package var attempts = 3
  /// A host that is silent for this long is asked whether it is there.
  package var keepAliveInterval: Nanoseconds?
  /// How often it is asked before the connection counts as lost.
  package var keepAliveCount: Int?
  /// The library's file.
  package var library = "libssh2.so.1"

  package init() {}
}
