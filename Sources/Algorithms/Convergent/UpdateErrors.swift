import Nodes
import Values

extension ErrorReply {
  /// The answer to an update that a type does not have.
  static func unknown(_ update: ReplicatedUpdate) -> ErrorReply {
    ErrorReply(.notSupported, "no such update here: \(update.f)")
  }

  /// The answer to an update of which the value is none.
  static func malformed(_ update: ReplicatedUpdate) -> ErrorReply {
    ErrorReply(.malformedRequest, "not what \(update.f) takes: \(update.value)")
  }

  static func refused(_ reason: String) -> ErrorReply { ErrorReply(.preconditionFailed, reason) }
}

extension ReplicatedUpdate {
  /// The value as an integer.
  func integer() throws(ErrorReply) -> Int {
    guard let integer = value.integer else { throw .malformed(self) }
    return integer
  }

  /// The value as a list of a length.
  func elements(_ count: Int) throws(ErrorReply) -> [Value] {
    guard case .list(let elements) = value, elements.count == count else { throw .malformed(self) }
    return elements
  }
}
