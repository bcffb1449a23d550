import Nodes
public import Values

/// The adds and the removes of one thing that none of its later updates has seen: it is in where no
/// remove is among them.
public struct RemovalMarks: DotStore {
  static let addWins = PlantedBug(
    "add-wins", "an add wins over a concurrent remove",
    source: "Almeida et al. (2018), add-wins and remove-wins sets: the two policies are two types.",
    violates: ["unexplained", "diverging"])
  static let addKeepsMarks = PlantedBug(
    "add-keeps-marks", "an add leaves the removes alive that it saw",
    source: "Almeida et al. (2018), remove-wins set: an add takes the place of all it saw.",
    violates: ["unexplained", "lost"])

  private var marks = DotPair(DotSet(), DotSet())

  init() {}

  var isIn: Bool { !marks.first.isEmpty && marks.second.isEmpty }

  func adding(_ dot: Dot, bugs: Set<String>) -> DotChange<RemovalMarks> {
    var added = RemovalMarks()
    added.marks.first = DotSet(dot)
    let seen = bugs.contains(RemovalMarks.addKeepsMarks) ? marks.first.dots : dots
    return DotChange(added, removing: seen)
  }

  func removing(_ dot: Dot) -> DotChange<RemovalMarks> {
    var added = RemovalMarks()
    added.marks.second = DotSet(dot)
    return DotChange(added, removing: dots)
  }

  mutating func spoil(before: RemovalMarks?, merged other: RemovalMarks?, bugs: Set<String>) {
    if bugs.contains(RemovalMarks.addWins), !marks.first.isEmpty { marks.second = DotSet() }
    if bugs.contains(.tombstoneCollected), let before, let other,
      !before.marks.second.isEmpty, before.marks.second == other.marks.second
    {
      marks.second = DotSet()
    }
  }

  public var isEmpty: Bool { marks.isEmpty }

  public func appendDots(to dots: inout [Dot]) { marks.appendDots(to: &dots) }

  public mutating func join(
    _ other: RemovalMarks, seenHere: CausalContext, seenThere: CausalContext
  ) {
    marks.join(other.marks, seenHere: seenHere, seenThere: seenThere)
  }

  public mutating func subtract(_ seen: CausalContext) { marks.subtract(seen) }

  public func encode(into sink: inout some ByteSink) { marks.encode(into: &sink) }

  public init?(from source: inout ByteSource) {
    guard let marks = DotPair<DotSet, DotSet>(from: &source) else { return nil }
    self.marks = marks
  }
}
