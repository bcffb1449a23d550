/// Something that takes bytes: a buffer that will be stored or sent, or a hasher.
public protocol ByteSink {
  mutating func put(_ byte: UInt8)
  mutating func put(_ word: UInt64)
  mutating func put(_ bytes: [UInt8])
}

/// A value with one encoding that is the same in every process, on every machine.
///
/// Dictionaries and sets are encoded in sorted order. What is not encoded does not exist: two
/// values of equal encoding must behave equally.
public protocol StablyEncodable {
  func encode(into sink: inout some ByteSink)
}

/// A stably encodable value that can be read back.
public protocol StablyCodable: StablyEncodable {
  /// Reads one value, or returns nothing when the bytes are no encoding of one.
  init?(from source: inout ByteSource)
}

/// A growing array of bytes.
public struct ByteBuffer: ByteSink, Sendable {
  public var bytes: [UInt8]

  @inlinable
  public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  @inlinable
  public mutating func put(_ byte: UInt8) { bytes.append(byte) }

  @inlinable
  public mutating func put(_ word: UInt64) {
    withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
  }

  @inlinable
  public mutating func put(_ more: [UInt8]) { bytes.append(contentsOf: more) }
}

/// Counts bytes and keeps none.
public struct ByteCounter: ByteSink, Sendable {
  public var count = 0

  @inlinable
  public init() {}

  @inlinable
  public mutating func put(_ byte: UInt8) { count += 1 }

  @inlinable
  public mutating func put(_ word: UInt64) { count += 8 }

  @inlinable
  public mutating func put(_ more: [UInt8]) { count += more.count }
}

extension StablyEncodable {
  /// How many bytes the encoding has.
  @inlinable
  public var encodedCount: Int {
    var counter = ByteCounter()
    encode(into: &counter)
    return counter.count
  }

  /// The encoding as bytes.
  @inlinable
  public var encoded: [UInt8] {
    var buffer = ByteBuffer()
    encode(into: &buffer)
    return buffer.bytes
  }

  /// A 64-bit fingerprint of the encoding, equal in every process.
  @inlinable
  public var fingerprint: UInt64 {
    var hasher = StableHasher()
    encode(into: &hasher)
    return hasher.value
  }
}

/// Bytes that are read from the front.
public struct ByteSource: Sendable {
  public let bytes: ArraySlice<UInt8>
  public var position: Int

  @inlinable
  public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  @inlinable
  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  @inlinable
  public var remaining: Int { bytes.endIndex - position }

  @inlinable
  public mutating func byte() -> UInt8? {
    guard position < bytes.endIndex else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  @inlinable
  public mutating func word() -> UInt64? {
    guard remaining >= 8 else { return nil }
    var word: UInt64 = 0
    for offset in 0..<8 { word |= UInt64(bytes[position + offset]) << UInt64(8 * offset) }
    position += 8
    return word
  }

  @inlinable
  public mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }
}

extension ByteSink {
  @inlinable
  public mutating func put(_ integer: Int) { put(UInt64(bitPattern: Int64(integer))) }
  @inlinable
  public mutating func put(_ flag: Bool) { put(UInt8(flag ? 1 : 0)) }
  @inlinable
  public mutating func put(_ node: NodeID) { put(Int(node.rawValue)) }

  @inlinable
  public mutating func put(_ text: String) {
    put(text.utf8.count)
    for byte in text.utf8 { put(byte) }
  }

  /// Whether there is a value, and the value.
  @inlinable
  public mutating func put(_ value: (some StablyEncodable)?) {
    put(value != nil)
    value?.encode(into: &self)
  }

  /// The number of elements, and each in turn.
  @inlinable
  public mutating func put(_ elements: some Collection<some StablyEncodable>) {
    put(elements.count)
    for element in elements { element.encode(into: &self) }
  }
}

extension ByteSource {
  @inlinable
  public mutating func integer() -> Int? {
    word().map { Int(truncatingIfNeeded: Int64(bitPattern: $0)) }
  }

  @inlinable
  public mutating func flag() -> Bool? {
    switch byte() {
    case 0: false
    case 1: true
    default: nil
    }
  }

  @inlinable
  public mutating func node() -> NodeID? {
    guard let integer = integer(), let raw = Int32(exactly: integer) else { return nil }
    return NodeID(Int(raw))
  }

  @inlinable
  public mutating func text() -> String? {
    guard let count = integer(), let bytes = take(count) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// What `put` of an optional wrote: the outer optional is the failure to read it.
  @inlinable
  public mutating func optional<Element: StablyCodable>(_: Element.Type) -> Element?? {
    switch flag() {
    case true?: Element(from: &self).map { .some(.some($0)) } ?? nil
    case false?: .some(nil)
    case nil: nil
    }
  }

  /// What `put` of a collection wrote.
  @inlinable
  public mutating func elements<Element: StablyCodable>(_: Element.Type) -> [Element]? {
    guard let count = integer(), count >= 0, count <= remaining else { return nil }
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for _ in 0..<count {
      guard let element = Element(from: &self) else { return nil }
      elements.append(element)
    }
    return elements
  }
}

extension NodeID: StablyCodable {
  @inlinable
  public func encode(into sink: inout some ByteSink) { sink.put(self) }

  @inlinable
  public init?(from source: inout ByteSource) {
    guard let node = source.node() else { return nil }
    self = node
  }
}

extension Int: StablyCodable {
  @inlinable
  public func encode(into sink: inout some ByteSink) { sink.put(self) }

  @inlinable
  public init?(from source: inout ByteSource) {
    guard let integer = source.integer() else { return nil }
    self = integer
  }
}
