import Nodes
import Values

/// What Redis replied to the commands of an operation, or why nothing came.
enum RedisAnswer {
  case replies([RedisReply])
  case failed(RedisError)
  /// Something that no Redis says; what was expected instead.
  case strange(String)

  /// - Parameter count: How many commands there were.
  init(_ reply: Reply, to count: Int) {
    switch reply {
    case .custom(let answer):
      if let failure = answer["failure"]?.name {
        // Without the field nothing is certain.
        let wasSent = answer["sent"] != false
        self = .failed(
          RedisError(
            cause: .transport(failure, wasSent: wasSent), text: answer["text"]?.name ?? ""))
        return
      }
      guard let replies = answer["replies"]?.elements, replies.count == count else {
        self = .strange("\"replies\", as many as commands (\(count)), or \"failure\"")
        return
      }
      self = .replies(replies.map { RedisReply($0) })
    case .failed(let error):
      self = .failed(
        RedisError(
          cause: .transport(error.code.name, wasSent: !error.code.isDefinite), text: error.text))
    default: self = .strange("an answer of Redis")
    }
  }
}

/// The reply to one command.
enum RedisReply: Hashable {
  case value(Value)
  case error(RedisError)

  init(_ reply: Value) {
    if let text = reply["error"]?.name {
      self = .error(RedisError(reply: text))
    } else {
      self = .value(reply)
    }
  }

  var error: RedisError? { if case .error(let error) = self { error } else { nil } }

  /// - Throws: When it is another kind of reply.
  func integer() throws(RedisMisfit) -> Int {
    guard case .value(.integer(let number)) = self else { throw RedisMisfit(expected: "a number") }
    return number
  }

  /// The JSON that a string holds; nothing where there is no string.
  ///
  /// - Throws: When it is another kind of reply, or this client did not write it.
  func json() throws(RedisMisfit) -> Value? {
    guard case .value(let value) = self else { throw RedisMisfit(expected: "a value") }
    return value == .null ? nil : try RedisReply.json(value)
  }

  /// The JSON that the strings of an array hold.
  ///
  /// - Throws: When it is another kind of reply, or this client did not write one of them.
  func jsonElements() throws(RedisMisfit) -> [Value] {
    guard case .value(.list(let texts)) = self else { throw RedisMisfit(expected: "an array") }
    var elements: [Value] = []
    for text in texts { elements.append(try RedisReply.json(text)) }
    return elements
  }

  private static func json(_ value: Value) throws(RedisMisfit) -> Value {
    guard case .string(let text) = value, let value = try? Value(json: text) else {
      throw RedisMisfit(expected: "a value that this client wrote")
    }
    return value
  }
}

/// A reply that no Redis gives, or a value that somebody else wrote.
struct RedisMisfit: Error, Hashable {
  var expected: String
}
