package import Values

/// What a node's host tells whoever asks for it, without the node being bothered.
package struct NodeStatus: Hashable, Sendable {
  /// The type of the message that asks.
  package static let requestType: Value = "shrike-status"
  package static let replyType: Value = "shrike-status_ok"

  /// What the node takes itself for.
  package var role: String
  package var isPrimary: Bool
  /// Where it stands, in its own words.
  package var status: String
  /// Whether it has all that it ever promised to keep.
  package var isWhole: Bool

  package init(role: String, isPrimary: Bool, status: String, isWhole: Bool) {
    self.role = role
    self.isPrimary = isPrimary
    self.status = status
    self.isWhole = isWhole
  }

  package var body: Value {
    [
      "type": NodeStatus.replyType, "role": .string(role), "primary": .bool(isPrimary),
      "status": .string(status), "whole": .bool(isWhole),
    ]
  }

  /// Reads a ``body``.
  package init?(body: Value) {
    guard body["type"] == NodeStatus.replyType, case .string(let role)? = body["role"],
      case .bool(let isPrimary)? = body["primary"], case .string(let status)? = body["status"],
      case .bool(let isWhole)? = body["whole"]
    else { return nil }
    self.init(role: role, isPrimary: isPrimary, status: status, isWhole: isWhole)
  }
}
