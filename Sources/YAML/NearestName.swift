/// The name among `known` that a mistyped one probably stands for.
///
/// - Returns: Nothing when none is near: at most a third of the letters differ.
public func nearest(_ name: String, among known: [String]) -> String? {
  let distances = known.map { (name: $0, distance: editDistance(name, $0)) }
  guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance * 3 <= max(name.count, best.name.count) ? best.name : nil
}

/// How many letters must be put in, left out or exchanged to turn one word into the other.
private func editDistance(_ left: String, _ right: String) -> Int {
  let right = Array(right)
  var row = Array(0...right.count)
  for (place, letter) in left.enumerated() {
    var diagonal = row[0]
    row[0] = place + 1
    for column in right.indices {
      let substituted = diagonal + (letter == right[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(substituted, row[column] + 1, diagonal + 1)
    }
  }
  return row[right.count]
}
