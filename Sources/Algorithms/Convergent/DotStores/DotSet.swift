public import Values

/// Updates that are alive, and nothing more.
public struct DotSet: DotStore {
  private var alive = SortedSet<Dot>()

  public init() {}

  public init(_ dot: Dot) { alive = SortedSet(dot) }

  public var isEmpty: Bool { alive.isEmpty }

  public func appendDots(to dots: inout [Dot]) { dots += alive.elements }

  public mutating func join(_ other: DotSet, seenHere: CausalContext, seenThere: CausalContext) {
    guard alive != other.alive else { return }
    alive.removeAll { seenThere.contains($0) && !other.alive.contains($0) }
    for dot in other.alive.elements where !seenHere.contains(dot) { alive.insert(dot) }
  }

  public mutating func subtract(_ seen: CausalContext) {
    for dot in alive.elements where seen.contains(dot) {
      return alive.removeAll { seen.contains($0) }
    }
  }

  public func encode(into sink: inout some ByteSink) { alive.encode(into: &sink) }

  public init?(from source: inout ByteSource) {
    guard let alive = SortedSet<Dot>(from: &source) else { return nil }
    self.alive = alive
  }
}
