extension Value: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    sink.put(rank)
    switch self {
    case .null: break
    case .bool(let flag): sink.put(flag)
    case .integer(let integer): sink.put(integer)
    case .double(let double): sink.put(double.bitPattern)
    case .number(let text), .string(let text), .keyword(let text), .symbol(let text):
      sink.put(text)
    case .character(let scalar): sink.put(Int(scalar.value))
    case .list(let elements): sink.put(elements)
    case .set(let set): sink.put(set.elements)
    case .map(let map):
      sink.put(map.count)
      for entry in map.entries {
        entry.key.encode(into: &sink)
        entry.value.encode(into: &sink)
      }
    case .tagged(let tag, let value):
      sink.put(tag)
      value.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) {
    guard let rank = source.byte(), let value = Value.read(rank, from: &source) else { return nil }
    self = value
  }

  private static func read(_ rank: UInt8, from source: inout ByteSource) -> Value? {
    switch rank {
    case 0: .null
    case 1: source.flag().map { .bool($0) }
    case 2: source.integer().map { .integer($0) }
    case 3: source.word().map { .double(Double(bitPattern: $0)) }
    case 4: source.text().map { .number($0) }
    case 5: source.text().map { .string($0) }
    case 6: source.text().map { .keyword($0) }
    case 7: source.text().map { .symbol($0) }
    case 8:
      source.integer().flatMap { UInt32(exactly: $0) }.flatMap(Unicode.Scalar.init)
        .map { .character($0) }
    case 9: source.elements(Value.self).map { .list($0) }
    case 10: source.elements(Value.self).map { .set(ValueSet($0)) }
    case 11: source.elements(ValueMap.Entry.self).map { .map(ValueMap($0)) }
    case 12: tagged(from: &source)
    default: nil
    }
  }

  private static func tagged(from source: inout ByteSource) -> Value? {
    guard let tag = source.text(), let value = Value(from: &source) else { return nil }
    return .tagged(tag, value)
  }
}

extension ValueMap.Entry: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    key.encode(into: &sink)
    value.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let key = Value(from: &source), let value = Value(from: &source) else { return nil }
    self.init(key: key, value: value)
  }
}
