public import Values

/// Two stores side by side.
public struct DotPair<First: DotStore, Second: DotStore>: DotStore {
  public var first: First
  public var second: Second

  public init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  public var isEmpty: Bool { first.isEmpty && second.isEmpty }

  public func appendDots(to dots: inout [Dot]) {
    first.appendDots(to: &dots)
    second.appendDots(to: &dots)
  }

  public mutating func join(_ other: DotPair, seenHere: CausalContext, seenThere: CausalContext) {
    first.join(other.first, seenHere: seenHere, seenThere: seenThere)
    second.join(other.second, seenHere: seenHere, seenThere: seenThere)
  }

  public mutating func subtract(_ seen: CausalContext) {
    first.subtract(seen)
    second.subtract(seen)
  }

  public func encode(into sink: inout some ByteSink) {
    first.encode(into: &sink)
    second.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let first = First(from: &source), let second = Second(from: &source) else { return nil }
    self.init(first, second)
  }
}
