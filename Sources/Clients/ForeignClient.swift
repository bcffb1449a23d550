import Histories
public import Nodes
public import Values
import Verdicts
public import Workloads

/// A client of a system that is spoken to in the words of histories: an operation goes out as it is,
/// and its completion comes back.
///
/// An operation is `{"f", "value", …}`, with the invocation's further fields; a completion is
/// `{"type": "ok" | "fail" | "info", "value", "error", …}`. Without a value the invocation's
/// stands; fields beyond these are kept in the history.
public struct ForeignClient: Client {
  public init() {}

  public mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep {
    .ask(.custom(.map(ForeignClient.operation(f, value, extra))))
  }

  public mutating func receive(_ reply: Reply) -> ClientStep {
    switch reply {
    case .failed(let error): return .complete(.failed(error))
    case .custom(let body):
      do throws(CompletionError) {
        return .complete(try Completion(foreign: body))
      } catch {
        return .complete(.mismatched(reply, expected: error.description))
      }
    default: return .complete(.mismatched(reply, expected: CompletionError.notAnObject.description))
    }
  }

  /// An operation as it goes out.
  static func operation(_ f: String, _ value: Value, _ extra: ValueMap) -> ValueMap {
    extra.merging(ValueMap(facts: ["f": .string(f), "value": value]))
  }
}

/// Why a value is no completion.
public enum CompletionError: Error, Hashable, Sendable, CustomStringConvertible {
  case notAnObject
  case withoutType
  case unknownType(Value)

  public var description: String {
    switch self {
    case .notAnObject: "a completion, which is an object with \"type\""
    case .withoutType: "\"type\", which is ok, fail or info"
    case .unknownType(let type): "ok, fail or info for \"type\", not \(type.text())"
    }
  }
}

extension Completion {
  /// The fields of a completion, which are no further ones; what names the operation is its
  /// invocation's.
  private static let known: Set<String> = [
    "type", "value", "error", "f", "process", "index", "time",
  ]

  /// A completion as a foreign system writes it.
  ///
  /// - Throws: When it is none.
  public init(foreign body: Value) throws(CompletionError) {
    guard let fields = body.map else { throw .notAnObject }
    guard let type = fields[fact: "type"] else { throw .withoutType }
    switch type {
    case "ok": self.init(.ok)
    case "fail": self.init(.fail)
    case "info": self.init(.info)
    default: throw .unknownType(type)
    }
    value = fields[fact: "value"]
    if let error = fields[fact: "error"], error != .null { self.error = error }
    extra = ValueMap(
      fields.entries.filter { !Completion.known.contains($0.key.name ?? "") })
  }
}
