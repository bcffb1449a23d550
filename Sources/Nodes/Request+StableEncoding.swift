public import Values

extension Request: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .echo(let value):
      sink.put(UInt8(0))
      value.encode(into: &sink)
    case .generate: sink.put(UInt8(1))
    case .topology(let neighbours):
      sink.put(UInt8(2))
      sink.put(neighbours.count)
      for (node, peers) in neighbours.sorted(by: { $0.key < $1.key }) {
        sink.put(node)
        sink.put(peers)
      }
    case .broadcast(let message):
      sink.put(UInt8(3))
      message.encode(into: &sink)
    case .addElement(let element):
      sink.put(UInt8(4))
      element.encode(into: &sink)
    case .addDelta(let delta):
      sink.put(UInt8(5))
      sink.put(delta)
    case .readAll: sink.put(UInt8(6))
    case .read(let key):
      sink.put(UInt8(7))
      key.encode(into: &sink)
    case .write(let key, let value):
      sink.put(UInt8(8))
      key.encode(into: &sink)
      value.encode(into: &sink)
    case .compareAndSet(let key, let from, let to, let createIfMissing):
      sink.put(UInt8(9))
      key.encode(into: &sink)
      from.encode(into: &sink)
      to.encode(into: &sink)
      sink.put(createIfMissing)
    case .timestamp: sink.put(UInt8(10))
    case .transaction(let operations):
      sink.put(UInt8(11))
      sink.put(operations)
    case .send(let key, let message):
      sink.put(UInt8(12))
      sink.put(key)
      message.encode(into: &sink)
    case .poll(let offsets):
      sink.put(UInt8(13))
      sink.put(offsets)
    case .commitOffsets(let offsets):
      sink.put(UInt8(14))
      sink.put(offsets)
    case .listCommittedOffsets(let keys):
      sink.put(UInt8(15))
      sink.put(keys.count)
      for key in keys { sink.put(key) }
    case .custom(let value):
      sink.put(UInt8(16))
      value.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) {
    guard let tag = source.byte(), let request = Request.read(tag, from: &source) else {
      return nil
    }
    self = request
  }

  private static func read(_ tag: UInt8, from source: inout ByteSource) -> Request? {
    switch tag {
    case 0: return Value(from: &source).map { .echo($0) }
    case 1: return .generate
    case 2: return topology(from: &source)
    case 3: return Value(from: &source).map { .broadcast($0) }
    case 4: return Value(from: &source).map { .addElement($0) }
    case 5: return source.integer().map { .addDelta($0) }
    case 6: return .readAll
    case 7: return Value(from: &source).map { .read(key: $0) }
    case 8:
      guard let key = Value(from: &source), let value = Value(from: &source) else { return nil }
      return .write(key: key, value: value)
    case 9:
      guard let key = Value(from: &source), let from = Value(from: &source),
        let to = Value(from: &source), let create = source.flag()
      else { return nil }
      return .compareAndSet(key: key, from: from, to: to, createIfMissing: create)
    case 10: return .timestamp
    case 11: return source.elements(Value.self).map { .transaction($0) }
    case 12:
      guard let key = source.text(), let message = Value(from: &source) else { return nil }
      return .send(key: key, message: message)
    case 13: return source.offsets().map { .poll(offsets: $0) }
    case 14: return source.offsets().map { .commitOffsets($0) }
    case 15:
      return source.texts().map { .listCommittedOffsets(keys: $0) }
    case 16: return Value(from: &source).map { .custom($0) }
    default: return nil
    }
  }

  private static func topology(from source: inout ByteSource) -> Request? {
    guard let count = source.count() else { return nil }
    var neighbours: [NodeID: [NodeID]] = [:]
    for _ in 0..<count {
      guard let node = source.node(), let peers = source.elements(NodeID.self) else { return nil }
      neighbours[node] = peers
    }
    return .topology(neighbours)
  }
}

extension Reply: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .echo(let value):
      sink.put(UInt8(0))
      value.encode(into: &sink)
    case .generated(let value):
      sink.put(UInt8(1))
      value.encode(into: &sink)
    case .topologyAccepted: sink.put(UInt8(2))
    case .broadcastAccepted: sink.put(UInt8(3))
    case .added: sink.put(UInt8(4))
    case .messages(let messages):
      sink.put(UInt8(5))
      sink.put(messages)
    case .value(let value):
      sink.put(UInt8(6))
      value.encode(into: &sink)
    case .written: sink.put(UInt8(7))
    case .compareAndSetDone: sink.put(UInt8(8))
    case .timestamp(let timestamp):
      sink.put(UInt8(9))
      sink.put(timestamp)
    case .transaction(let operations):
      sink.put(UInt8(10))
      sink.put(operations)
    case .sent(let offset):
      sink.put(UInt8(11))
      sink.put(offset)
    case .polled(let messages):
      sink.put(UInt8(12))
      sink.put(messages.count)
      for (key, pairs) in messages.sorted(by: { $0.key < $1.key }) {
        sink.put(key)
        sink.put(pairs)
      }
    case .offsetsCommitted: sink.put(UInt8(13))
    case .committedOffsets(let offsets):
      sink.put(UInt8(14))
      sink.put(offsets)
    case .failed(let error):
      sink.put(UInt8(15))
      sink.put(error.code.rawValue)
      sink.put(error.text)
    case .custom(let value):
      sink.put(UInt8(16))
      value.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) {
    guard let tag = source.byte(), let reply = Reply.read(tag, from: &source) else { return nil }
    self = reply
  }

  private static func read(_ tag: UInt8, from source: inout ByteSource) -> Reply? {
    switch tag {
    case 0: return Value(from: &source).map { .echo($0) }
    case 1: return Value(from: &source).map { .generated($0) }
    case 2: return .topologyAccepted
    case 3: return .broadcastAccepted
    case 4: return .added
    case 5: return source.elements(Value.self).map { .messages($0) }
    case 6: return Value(from: &source).map { .value($0) }
    case 7: return .written
    case 8: return .compareAndSetDone
    case 9: return source.integer().map { .timestamp($0) }
    case 10: return source.elements(Value.self).map { .transaction($0) }
    case 11: return source.integer().map { .sent(offset: $0) }
    case 12: return polled(from: &source)
    case 13: return .offsetsCommitted
    case 14: return source.offsets().map { .committedOffsets($0) }
    case 15:
      guard let code = source.integer(), let text = source.text() else { return nil }
      return .failed(ErrorReply(ErrorCode(rawValue: code), text))
    case 16: return Value(from: &source).map { .custom($0) }
    default: return nil
    }
  }

  private static func polled(from source: inout ByteSource) -> Reply? {
    guard let count = source.count() else { return nil }
    var messages: [String: [Value]] = [:]
    for _ in 0..<count {
      guard let key = source.text(), let pairs = source.elements(Value.self) else { return nil }
      messages[key] = pairs
    }
    return .polled(messages)
  }
}

extension ByteSink {
  mutating func put(_ offsets: [String: Int]) {
    put(offsets.count)
    for (key, offset) in offsets.sorted(by: { $0.key < $1.key }) {
      put(key)
      put(offset)
    }
  }
}

extension ByteSource {
  /// A number of elements, each of which takes a byte at least.
  fileprivate mutating func count() -> Int? {
    guard let count = integer(), 0...remaining ~= count else { return nil }
    return count
  }

  mutating func texts() -> [String]? {
    guard let count = count() else { return nil }
    var texts: [String] = []
    for _ in 0..<count {
      guard let text = text() else { return nil }
      texts.append(text)
    }
    return texts
  }

  mutating func offsets() -> [String: Int]? {
    guard let count = count() else { return nil }
    var offsets: [String: Int] = [:]
    for _ in 0..<count {
      guard let key = text(), let offset = integer() else { return nil }
      offsets[key] = offset
    }
    return offsets
  }
}
