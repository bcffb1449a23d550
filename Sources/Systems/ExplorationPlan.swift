public import Exploration
import Nodes
import Values

/// What of a system is to be explored, as people say it.
public struct ExplorationPlan: Sendable {
  /// Those that the system's model counts; two-phase commit has a transaction manager beside them.
  public var nodeCount: Int
  public var network: NetworkKind
  public var bounds: ExplorationBounds
  /// How many requests clients make, each a client of its own.
  public var requests: Int
  /// Whether clients may ask any node, rather than one that is theirs.
  public var asksAnyNode = false
  /// The system's own bounds, such as the highest `term`.
  public var limits: [String: Int]
  public var options: [String: String] = [:]
  public var bugs: Set<String> = []
  public var usesSymmetry = false
  public var judge: (@Sendable ([ObservedCall]) -> String?)?

  public init(
    nodeCount: Int, network: NetworkKind, bounds: ExplorationBounds = ExplorationBounds(),
    requests: Int = 0, limits: [String: Int] = [:]
  ) {
    self.nodeCount = nodeCount
    self.network = network
    self.bounds = bounds
    self.requests = requests
    self.limits = limits
  }

  /// Clients that make a request each.
  func script(_ request: (_ client: Int) -> Request) -> [[ScriptedRequest]] {
    (0..<requests).map { client in
      [
        ScriptedRequest(
          request(client), of: asksAnyNode ? nil : NodeID(client % nodeCount))
      ]
    }
  }

  /// The configurations of so many nodes.
  func configurations(count: Int) -> [Configuration] {
    let members = (0..<count).map { NodeID($0) }
    return members.map {
      Configuration(id: $0, members: members, options: options, bugs: bugs)
    }
  }
}
