extension Value: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    sink.put(rank)
    switch self {
    case .null: break
    case .bool(let flag): sink.put(flag)
    case .integer(let integer): sink.put(integer)
    // Adding zero makes -0.0, which is equal to 0.0, encode as it does.
    case .double(let double): sink.put((double + 0).bitPattern)
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

  /// Values of untrusted bytes nest no deeper than this, twice what the readers of texts take.
  private static var depthLimit: Int { 2 * JSONScanner.depthLimit }

  public init?(from source: inout ByteSource) { self.init(from: &source, depth: 0) }

  private init?(from source: inout ByteSource, depth: Int) {
    guard depth < Value.depthLimit, let rank = source.byte(),
      let value = Value.read(rank, from: &source, depth)
    else { return nil }
    self = value
  }

  private static func read(
    _ rank: UInt8, from source: inout ByteSource, _ depth: Int
  ) -> Value? {
    switch rank {
    case 0: .null
    case 1: source.flag().map { .bool($0) }
    case 2: source.integer().map { .integer($0) }
    case 3: source.word().map { Value(Double(bitPattern: $0)) }
    case 4: source.text().map { .number($0) }
    case 5: source.text().map { .string($0) }
    case 6: source.text().map { .keyword($0) }
    case 7: source.text().map { .symbol($0) }
    case 8:
      source.integer().flatMap { UInt32(exactly: $0) }.flatMap(Unicode.Scalar.init)
        .map { .character($0) }
    case 9: elements(from: &source, depth).map { .list($0) }
    case 10: elements(from: &source, depth).map { .set(ValueSet($0)) }
    case 11: elements(from: &source, depth, each: 2).map { .map(ValueMap(flat: $0)) }
    case 12: tagged(from: &source, depth)
    default: nil
    }
  }

  private init(_ double: Double) {
    self = double.isNaN ? .number("##NaN") : .double(double)
  }

  /// Reads the number of elements, and that many times `each` values.
  private static func elements(
    from source: inout ByteSource, _ depth: Int, each: Int = 1
  ) -> [Value]? {
    guard let count = source.integer(), count >= 0, count <= source.remaining / each else {
      return nil
    }
    var elements: [Value] = []
    for _ in 0..<count * each {
      guard let element = Value(from: &source, depth: depth + 1) else { return nil }
      elements.append(element)
    }
    return elements
  }

  private static func tagged(from source: inout ByteSource, _ depth: Int) -> Value? {
    guard let tag = source.text(), let value = Value(from: &source, depth: depth + 1) else {
      return nil
    }
    return .tagged(tag, value)
  }
}
