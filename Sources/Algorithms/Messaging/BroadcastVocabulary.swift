public import Nodes
public import Values

/// What clients ask of a node that delivers broadcast messages, and what they are told.
public protocol BroadcastVocabulary {
  /// What a request asks for, where it makes sense.
  static func command(_ request: Request) -> BroadcastCommand?
  /// The answer to a message that was broadcast, when its node had delivered so many.
  static func published(_ dot: Dot, delivered: Int) -> Reply
  /// The answer to a question about what was delivered.
  static func answer(_ question: Value, _ delivered: [Value], at node: NodeID) -> Reply
}

public enum BroadcastCommand: Hashable, Sendable {
  case publish(Value)
  case read(Value)
}

/// Messages and the order in which they were delivered.
///
/// - `{"type": "publish", "message": m}` broadcasts m, and is answered by
///   `{"type": "publish_ok", "message": [node, k], "delivered": c}`: it is the node's k-th, from 1, and
///   the node had delivered c messages when it broadcast it.
/// - `{"type": "deliveries", "from": p}` reads what the node has delivered, in order, from its place p
///   on, and is answered by `{"type": "deliveries_ok", "at": node, "from": p, "messages": [m, …]}`.
public enum DeliveryVocabulary: BroadcastVocabulary {
  public static func command(_ request: Request) -> BroadcastCommand? {
    guard case .custom(let body) = request else { return nil }
    switch body["type"]?.name {
    case "publish": return body["message"].map { .publish($0) }
    case "deliveries":
      guard let from = body["from"]?.integer, from >= 0 else { return nil }
      return .read(.integer(from))
    default: return nil
    }
  }

  public static func published(_ dot: Dot, delivered: Int) -> Reply {
    .custom([
      "type": "publish_ok", "message": [.integer(dot.node.index), .integer(dot.number)],
      "delivered": .integer(delivered),
    ])
  }

  public static func answer(_ from: Value, _ delivered: [Value], at node: NodeID) -> Reply {
    // A log that became shorter has nothing to show there, which has to be seen.
    let first = min(from.integer ?? 0, delivered.count)
    return .custom([
      "type": "deliveries_ok", "at": .integer(node.index), "from": .integer(first),
      "messages": .list(Array(delivered[first...])),
    ])
  }
}
