public import Nodes

/// What people should know of a bundled system before they test it.
public struct AlgorithmDescription: Hashable, Sendable {
  /// An option of the system's own, as in `--option name=value`.
  public struct Option: Hashable, Sendable {
    public var name: String
    public var standard: String
    public var summary: String
  }

  public var name: String
  /// What it promises its clients, in a sentence.
  public var promise: String
  /// What it needs to keep the promise.
  public var assumptions: String
  public var paper: String
  /// The workloads that it can serve, the usual one first.
  public var workloads: [String]
  public var options: [Option]
  public var bugs: [PlantedBug]
}
