public import Values

/// The values of a key that no write has replaced, each with its dotted version vector: what a server
/// of a key-value store keeps for clients that write with the context of what they have read.
///
/// Preguiça et al. (2012), section 5.
public struct Siblings: Hashable, Sendable, StablyCodable {
  public struct Sibling: Hashable, Sendable, StablyCodable {
    public var clock: DottedVersionVector
    public var value: Value

    public func encode(into sink: inout some ByteSink) {
      clock.encode(into: &sink)
      value.encode(into: &sink)
    }

    init(clock: DottedVersionVector, value: Value) {
      self.clock = clock
      self.value = value
    }

    public init?(from source: inout ByteSource) {
      guard let clock = DottedVersionVector(from: &source), let value = Value(from: &source) else {
        return nil
      }
      self.init(clock: clock, value: value)
    }
  }

  /// In ascending order of their dots; none happened before another.
  public private(set) var elements: [Sibling] = []

  public init() {}

  public var values: [Value] { elements.map(\.value) }

  /// What a client that reads now has seen, to be given with its next write.
  public var context: VersionVector {
    elements.reduce(into: VersionVector()) { $0.merge($1.clock.history) }
  }

  /// Writes a value at a server: what its client had seen is replaced, and nothing else.
  public mutating func write(_ value: Value, seeing context: VersionVector, at server: NodeID) {
    // Not the next in the context: the server may know of writes that the client has not seen.
    let number = max(self.context[server], context[server]) + 1
    let clock = DottedVersionVector(Dot(server, number), past: context)
    merge([Sibling(clock: clock, value: value)])
  }

  /// Takes in what another server has.
  public mutating func merge(_ other: Siblings) { merge(other.elements) }

  private mutating func merge(_ others: [Sibling]) {
    let all =
      elements + others.filter { other in !elements.contains { $0.clock.dot == other.clock.dot } }
    elements = all.filter { sibling in !all.contains { sibling.clock.precedes($0.clock) } }
      .sorted { $0.clock.dot < $1.clock.dot }
  }

  public func encode(into sink: inout some ByteSink) { sink.put(elements) }

  public init?(from source: inout ByteSource) {
    guard let elements = source.elements(Sibling.self) else { return nil }
    self.elements = elements
  }
}
