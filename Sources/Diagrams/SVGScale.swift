/// Where moments are in an image.
///
/// Time is not to scale: a pause of seconds takes little more room than one of milliseconds, and what
/// comes close together is drawn apart.
struct SVGScale {
  /// The least and the most room between positions that differ, and what is usual.
  private static let leastGap = 5
  private static let usualGap = 14
  private static let mostGap = 44
  /// The least room between two labels of the axis.
  private static let labelGap = 13

  private let first: Int
  private var places: [Int] = []
  let bottom: Int
  /// The moments whose times are shown.
  private(set) var ticks: [Int] = []

  /// - Complexity: O(*n* log *n*) for *n* moments.
  init(_ moments: [SpaceTimeDiagram.Moment], _ window: ClosedRange<Int>, top: Int) {
    first = window.lowerBound
    let shown = moments.isEmpty ? [] : Array(moments[window])
    let gaps = zip(shown, shown.dropFirst()).map { $1.position - $0.position }
    let positive = gaps.filter { $0 > 0 }.sorted()
    let usual = positive.isEmpty ? 1 : max(1, positive[positive.count / 2])
    var y = top + 10
    var lastTick = Int.min / 2
    for place in shown.indices {
      if place > 0, gaps[place - 1] > 0 {
        // Compared as fractions first, for a gap may be as long as a run.
        let room = Double(gaps[place - 1]) / Double(usual) * Double(Self.usualGap)
        y += max(Self.leastGap, Int(min(Double(Self.mostGap), room)))
      }
      places.append(y)
      if y - lastTick >= Self.labelGap {
        ticks.append(first + place)
        lastTick = y
      }
    }
    bottom = y + 20
  }

  /// Where a moment is; one that is not shown is at the nearer end.
  func y(_ moment: Int) -> Int {
    guard let last = places.indices.last else { return bottom - 20 }
    return places[min(max(moment - first, 0), last)]
  }
}
