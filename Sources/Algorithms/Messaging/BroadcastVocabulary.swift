import Nodes
import Values

/// What clients ask of a node that delivers broadcast messages in an order.
///
/// - `{"type": "publish", "message": m}` broadcasts m, and is answered by
///   `{"type": "publish_ok", "message": [node, k], "delivered": c}`: it is the node's k-th, from 1, and
///   the node had delivered c messages when it broadcast it.
/// - `{"type": "deliveries", "from": p}` reads what the node has delivered, in order, from its place p
///   on, and is answered by `{"type": "deliveries_ok", "at": node, "from": p, "messages": [m, …]}`.
enum BroadcastRequest {
  case publish(Value)
  case deliveries(from: Int)

  init?(_ request: Request) {
    guard case .custom(let body) = request else { return nil }
    switch body["type"]?.name {
    case "publish":
      guard let message = body["message"] else { return nil }
      self = .publish(message)
    case "deliveries":
      guard let from = body["from"]?.integer, from >= 0 else { return nil }
      self = .deliveries(from: from)
    default: return nil
    }
  }
}

extension Reply {
  static func published(_ dot: Dot, delivered: Int) -> Reply {
    .custom([
      "type": "publish_ok", "message": [.integer(dot.node.index), .integer(dot.number)],
      "delivered": .integer(delivered),
    ])
  }

  static func deliveries(_ messages: [Value], at node: NodeID, from: Int) -> Reply {
    // A log that became shorter has nothing to show there, which has to be seen.
    let first = min(from, messages.count)
    return .custom([
      "type": "deliveries_ok", "at": .integer(node.index), "from": .integer(first),
      "messages": .list(Array(messages[first...])),
    ])
  }
}
