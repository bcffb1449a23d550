public import Values

/// An update of a text as it is told.
public enum TextEffect: Hashable, Sendable {
  /// An element comes beside another one, or, where there is none, beside the text's start.
  case insert(Value, id: Stamp, beside: Stamp?, TextSide)
  case delete(Stamp)
  /// For planted bugs: an element comes to an index of the visible text, or goes from there.
  case insertAt(Int, Value, id: Stamp)
  case deleteAt(Int)
}

/// On which side of another element one is inserted.
public enum TextSide: UInt8, Hashable, Sendable {
  case left
  case right
}

extension TextEffect: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .insert(let element, let id, let neighbour, let side):
      sink.put(UInt8(0))
      element.encode(into: &sink)
      id.encode(into: &sink)
      sink.put(neighbour)
      sink.put(side.rawValue)
    case .delete(let id):
      sink.put(UInt8(1))
      id.encode(into: &sink)
    case .insertAt(let index, let element, let id):
      sink.put(UInt8(2))
      sink.put(index)
      element.encode(into: &sink)
      id.encode(into: &sink)
    case .deleteAt(let index):
      sink.put(UInt8(3))
      sink.put(index)
    }
  }

  public init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let element = Value(from: &source), let id = Stamp(from: &source),
        let neighbour = source.optional(Stamp.self),
        let side = source.byte().flatMap(TextSide.init(rawValue:))
      else { return nil }
      self = .insert(element, id: id, beside: neighbour, side)
    case 1:
      guard let id = Stamp(from: &source) else { return nil }
      self = .delete(id)
    case 2:
      guard let index = source.integer(), let element = Value(from: &source),
        let id = Stamp(from: &source)
      else { return nil }
      self = .insertAt(index, element, id: id)
    case 3:
      guard let index = source.integer() else { return nil }
      self = .deleteAt(index)
    default: return nil
    }
  }
}
