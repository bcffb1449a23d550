import Values

/// A step of a transaction, as histories write it.
enum MicroOperation {
  case read(key: Value, observed: Value)
  case write(key: Value, value: Value)

  /// Reads a step; in JSON its `f` is a string, in EDN a keyword.
  init(_ value: Value, _ kind: TransactionKind) throws(MalformedStep) {
    guard case .list(let parts) = value, parts.count == 3, let f = parts[0].name else {
      throw MalformedStep(found: value, problem: "is not [f, key, value]")
    }
    switch f {
    case "r", "read":
      self = .read(key: parts[1], observed: parts[2])
    case kind.write:
      guard kind == .listAppend || parts[2] != .null else {
        throw MalformedStep(found: value, problem: "writes null, which is the initial state")
      }
      self = .write(key: parts[1], value: parts[2])
    default:
      throw MalformedStep(
        found: value, problem: "is neither \"r\" nor \"\(kind.write)\", as \(kind.rawValue) has")
    }
  }
}

/// Why a value is no step of a transaction.
struct MalformedStep: Error {
  var found: Value
  var problem: String
}
