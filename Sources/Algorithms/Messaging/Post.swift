public import Values

/// A message that a node broadcast: who, its how manieth, and what its order has to know of it.
public struct Post<Stamp: StablyCodable & Hashable & Sendable>: Hashable, Sendable, StablyCodable {
  public var dot: Dot
  public var stamp: Stamp
  public var content: Value

  public init(_ dot: Dot, _ stamp: Stamp, _ content: Value) {
    self.dot = dot
    self.stamp = stamp
    self.content = content
  }

  public func encode(into sink: inout some ByteSink) {
    dot.encode(into: &sink)
    stamp.encode(into: &sink)
    content.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let dot = Dot(from: &source), let stamp = Stamp(from: &source),
      let content = Value(from: &source)
    else { return nil }
    self.init(dot, stamp, content)
  }
}

/// The stamp of an order that needs none.
public struct NoStamp: Hashable, Sendable, StablyCodable {
  public init() {}
  public func encode(into sink: inout some ByteSink) {}
  public init?(from source: inout ByteSource) {}
}
