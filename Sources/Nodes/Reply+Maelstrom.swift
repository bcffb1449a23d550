public import Values

extension Reply {
  /// The body of the Maelstrom message that carries this reply, without its ids.
  public var body: ValueMap {
    switch self {
    case .echo(let value): Fields(type: "echo_ok", ["echo": value]).map
    case .generated(let id): Fields(type: "generate_ok", ["id": id]).map
    case .topologyAccepted: Fields(type: "topology_ok").map
    case .broadcastAccepted: Fields(type: "broadcast_ok").map
    case .added: Fields(type: "add_ok").map
    case .messages(let messages): Fields(type: "read_ok", ["messages": .list(messages)]).map
    case .value(let value): Fields(type: "read_ok", ["value": value]).map
    case .written: Fields(type: "write_ok").map
    case .compareAndSetDone: Fields(type: "cas_ok").map
    case .timestamp(let timestamp): Fields(type: "ts_ok", ["ts": .integer(timestamp)]).map
    case .transaction(let operations): Fields(type: "txn_ok", ["txn": .list(operations)]).map
    case .sent(let offset): Fields(type: "send_ok", ["offset": .integer(offset)]).map
    case .polled(let messages):
      Fields(
        type: "poll_ok",
        [
          "msgs": .map(
            ValueMap(messages.map { .init(key: .string($0.key), value: .list($0.value)) }))
        ]
      ).map
    case .offsetsCommitted: Fields(type: "commit_offsets_ok").map
    case .committedOffsets(let offsets):
      Fields(type: "list_committed_offsets_ok", ["offsets": Value(offsets: offsets)]).map
    case .failed(let error):
      Fields(
        type: "error", ["code": .integer(error.code.rawValue), "text": .string(error.text)]
      ).map
    case .custom(let value): value.map ?? Fields(type: "custom_ok", ["value": value]).map
    }
  }

  /// The reply that a Maelstrom message body carries.
  ///
  /// - Throws: When a field is missing or of the wrong kind.
  public init(body: ValueMap) throws(BodyError) {
    let fields = Fields(body)
    switch try fields.text("type") {
    case "echo_ok": self = .echo(try fields.any("echo"))
    case "generate_ok": self = .generated(try fields.any("id"))
    case "topology_ok": self = .topologyAccepted
    case "broadcast_ok": self = .broadcastAccepted
    case "add_ok": self = .added
    case "read_ok" where body["messages"] != nil: self = .messages(try fields.list("messages"))
    case "read_ok": self = .value(try fields.any("value"))
    case "write_ok": self = .written
    case "cas_ok": self = .compareAndSetDone
    case "ts_ok": self = .timestamp(try fields.integer("ts"))
    case "txn_ok": self = .transaction(try fields.list("txn"))
    case "send_ok": self = .sent(offset: try fields.integer("offset"))
    case "poll_ok": self = .polled(try Reply.messages(try fields.object("msgs")))
    case "commit_offsets_ok": self = .offsetsCommitted
    case "list_committed_offsets_ok": self = .committedOffsets(try fields.offsets("offsets"))
    case "error":
      self = .failed(
        ErrorReply(ErrorCode(rawValue: try fields.integer("code")), body["text"]?.name ?? ""))
    default: self = .custom(.map(body))
    }
  }

  /// What is wrong with a body, of which this reply was read, by Maelstrom's closed schemas: a field
  /// that they don't know.
  public func unknownField(in body: ValueMap) -> BodyError? {
    switch self {
    case .custom, .failed: return nil
    default: break
    }
    let known = self.body
    guard let entry = body.entries.first(where: { known[$0.key] == nil }) else { return nil }
    return BodyError(
      "field \"\(entry.keyText)\": \(body["type"]?.name ?? "the reply") has no such field")
  }

  private static func messages(_ object: ValueMap) throws(BodyError) -> [String: [Value]] {
    var messages: [String: [Value]] = [:]
    for entry in object.entries {
      guard case .string(let key) = entry.key, entry.value == .null || entry.value.elements != nil
      else { throw BodyError("msgs.\(entry.keyText)", expected: "an array", found: entry.value) }
      let pairs = entry.value.elements ?? []
      for (place, pair) in pairs.enumerated() {
        guard let parts = pair.elements, parts.count == 2, parts[0].integer != nil else {
          throw BodyError(
            "msgs.\(key)[\(place)]", expected: "[integer offset, message]", found: pair)
        }
      }
      messages[key] = pairs
    }
    return messages
  }
}
