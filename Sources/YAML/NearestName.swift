/// The name among `known` that a mistyped one probably stands for.
///
/// - Returns: Nothing when none is near: at most a third of the letters differ.
public func nearest(_ name: String, among known: [String]) -> String? {
  let distances = known.map { (name: $0, distance: editDistance(name, $0)) }
  guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance * 3 <= max(name.count, best.name.count) ? best.name : nil
}

/// How many letters must be put in, left out or exchanged, or neighbours swapped, to turn one word into
/// the other.
private func editDistance(_ left: String, _ right: String) -> Int {
  let (left, right) = (Array(left), Array(right))
  var before: [Int] = []
  var last = Array(0...right.count)
  for place in left.indices {
    var row = [place + 1]
    for column in right.indices {
      let isSame = left[place] == right[column]
      var distance = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1, row[column] + 1)
      if place > 0, column > 0, left[place] == right[column - 1], left[place - 1] == right[column] {
        distance = min(distance, before[column - 1] + 1)
      }
      row.append(distance)
    }
    (before, last) = (last, row)
  }
  return last[right.count]
}
