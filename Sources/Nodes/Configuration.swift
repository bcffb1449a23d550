public import Values

/// What a node knows before its first event.
public struct Configuration: Hashable, Sendable {
  public var id: NodeID
  /// All members of the cluster, this node among them, in ascending order.
  public var members: [NodeID]
  /// The system's own options, as in `--option k=v`.
  public var options: [String: String]
  /// The planted bugs that are switched on.
  public var bugs: Set<String>
  /// Which version of the system's code this is, from 1 on, where a system has several.
  public var version: Int

  /// A version that no other is newer than.
  public static let newestVersion = Int.max

  public init(
    id: NodeID, members: [NodeID], options: [String: String] = [:], bugs: Set<String> = [],
    version: Int = newestVersion
  ) {
    self.id = id
    self.members = members
    self.options = options
    self.bugs = bugs
    self.version = version
  }

  /// The members but for this node.
  public var peers: [NodeID] { members.filter { $0 != id } }

  /// How many members make a majority.
  public var majority: Int { members.count / 2 + 1 }

  /// An option that is a duration, or `standard` where it was not given or can't be read.
  public func duration(_ option: String, or standard: Nanoseconds) -> Nanoseconds {
    options[option].flatMap(Nanoseconds.init(duration:)) ?? standard
  }
}

/// A bug that can be switched on by name, so that checkers can be tested against it.
public struct PlantedBug: Hashable, Sendable {
  public var name: String
  /// One sentence: what the algorithm does wrong.
  public var summary: String
  /// The paper or the incident that the bug comes from.
  public var source: String
  /// What it is found by: the names of invariants and of checkers' anomalies, any of which will do.
  public var violates: [String]

  public init(_ name: String, _ summary: String, source: String, violates: [String]) {
    self.name = name
    self.summary = summary
    self.source = source
    self.violates = violates
  }
}
