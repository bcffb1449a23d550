import Nodes
import Values

/// One message of a Kafka-style log, with the request that sent it.
///
/// The request makes an append recognizable: whoever reads the log can tell whether a message of
/// which it heard no more made it.
struct KafkaEntry: Hashable, Sendable {
  var id: RequestID
  var message: Value

  init(_ id: RequestID, _ message: Value) {
    self.id = id
    self.message = message
  }

  /// The entry as the shared store keeps it.
  var value: Value { [.integer(id.client), .integer(id.number), message] }

  init?(_ value: Value) {
    guard let parts = value.elements, parts.count == 3, let client = parts[0].integer,
      let number = parts[1].integer
    else { return nil }
    self.init(RequestID(client: client, number: number), parts[2])
  }
}

extension KafkaEntry: StablyCodable {
  func encode(into sink: inout some ByteSink) {
    id.encode(into: &sink)
    message.encode(into: &sink)
  }

  init?(from source: inout ByteSource) {
    guard let id = RequestID(from: &source), let message = Value(from: &source) else { return nil }
    self.init(id, message)
  }
}

extension [KafkaEntry] {
  /// As the messages of a poll from an offset: pairs of offset and message, `limit` at most.
  func pairs(from offset: Int, limit: Int) -> [Value] {
    guard offset < count else { return [] }
    let end = offset + Swift.min(limit, count - offset)
    return (offset..<end).map { [.integer($0), self[$0].message] }
  }
}
