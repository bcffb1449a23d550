public import Values

/// Updates that are alive, each with what it brought.
public struct DotFun<Element: Hashable & Sendable & StablyCodable>: DotStore {
  private var alive = SortedMap<Dot, Element>()

  public init() {}

  public init(_ dot: Dot, _ element: Element) { alive = SortedMap(dot, element) }

  public var isEmpty: Bool { alive.isEmpty }

  /// What is alive, in the order of the dots.
  public var elements: [Element] { alive.entries.map(\.element) }

  public func appendDots(to dots: inout [Dot]) { dots += alive.keys }

  public mutating func join(_ other: DotFun, seenHere: CausalContext, seenThere: CausalContext) {
    guard alive != other.alive else { return }
    alive.removeAll { seenThere.contains($0.key) && other.alive[$0.key] == nil }
    for entry in other.alive.entries where !seenHere.contains(entry.key) {
      alive[entry.key] = entry.element
    }
  }

  public mutating func subtract(_ seen: CausalContext) {
    if alive.entries.contains(where: { seen.contains($0.key) }) {
      alive.removeAll { seen.contains($0.key) }
    }
  }

  /// Keeps only one greatest part; for planted bugs.
  mutating func keepGreatest(by isBelow: (Element, Element) -> Bool) {
    guard let greatest = alive.entries.max(by: { isBelow($0.element, $1.element) }) else { return }
    alive = SortedMap(greatest.key, greatest.element)
  }

  public func encode(into sink: inout some ByteSink) { alive.encode(into: &sink) }

  public init?(from source: inout ByteSource) {
    guard let alive = SortedMap<Dot, Element>(from: &source) else { return nil }
    self.alive = alive
  }
}
