import Nodes
import Values

/// One step of a transaction, as requests carry it.
enum MicroOperation: Hashable, Sendable {
  /// `["r", key, null]`.
  case read(key: Value)
  /// `["append", key, value]`: adds an element to the end of the key's list.
  case append(key: Value, value: Value)
  /// `["w", key, value]`: replaces the key's value.
  case write(key: Value, value: Value)

  init?(_ value: Value) {
    guard let parts = value.elements, parts.count == 3 else { return nil }
    switch parts[0].name {
    case "r": self = .read(key: parts[1])
    case "append": self = .append(key: parts[1], value: parts[2])
    case "w": self = .write(key: parts[1], value: parts[2])
    default: return nil
    }
  }

  var key: Value {
    switch self {
    case .read(let key), .append(let key, _), .write(let key, _): key
    }
  }

  var isRead: Bool { if case .read = self { true } else { false } }

  /// The step as a reply carries it.
  ///
  /// - Parameter read: What a read of its key finds; nothing for a key that has no value.
  func filled(_ read: Value?) -> Value {
    switch self {
    case .read(let key): ["r", key, read ?? .null]
    case .append(let key, let value): ["append", key, value]
    case .write(let key, let value): ["w", key, value]
    }
  }

  /// What the key's value becomes.
  ///
  /// - Throws: When something is appended to what is no list.
  func result(on value: Value?) throws(ErrorReply) -> Value? {
    switch self {
    case .read: return value
    case .write(_, let written): return written
    case .append(let key, let element):
      guard let value else { return .list([element]) }
      guard case .list(let elements) = value else {
        throw ErrorReply(.preconditionFailed, "key \(key.json) holds no list")
      }
      return .list(elements + [element])
    }
  }
}
