import Glibc

/// What a node's process was started with.
public struct NodeProcessSettings: Sendable {
  /// The system's own options.
  public var options: [String: String]
  /// The planted bugs that are switched on.
  public var bugs: Set<String>
  /// Where its files are; without it the environment's `SHRIKE_DATA`, and without that a new
  /// directory in `/tmp` once something is stored.
  public var dataDirectory: String?
  /// What delays and choices are drawn from; without it every boot draws anew.
  public var seed: UInt64?

  public init(
    options: [String: String] = [:], bugs: Set<String> = [],
    dataDirectory: String? = nil, seed: UInt64? = nil
  ) {
    self.options = options
    self.bugs = bugs
    self.dataDirectory = dataDirectory
    self.seed = seed
  }

  /// These settings with what the environment's variables say where they say nothing.
  package func completedByEnvironment() -> NodeProcessSettings {
    var settings = self
    settings.dataDirectory =
      dataDirectory ?? getenv("SHRIKE_DATA").map { String(cString: $0) }
    return settings
  }
}
