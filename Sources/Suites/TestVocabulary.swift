/// What tests of a suite can say beside a suite's own words: the options of `shrike test`.
public struct TestVocabulary: Hashable, Sendable {
  /// How an option takes what it is told.
  public enum Kind: Hashable, Sendable {
    /// One value.
    case value
    /// One value of words by comma, or a list.
    case words
    /// Given once for each value.
    case repeated
    /// Given or not.
    case flag
  }

  /// A key of a test, and the option of `shrike test` that it stands for.
  public struct Option: Hashable, Sendable {
    public var key: String
    public var option: String
    public var kind: Kind

    public init(_ key: String, option: String? = nil, _ kind: Kind) {
      self.key = key
      self.option = option ?? key
      self.kind = kind
    }
  }

  public var options: [Option]

  public init(_ options: [Option]) { self.options = options }

  func option(of key: String) -> Option? { options.first { $0.key == key } }
}

/// The name among `known` that a mistyped one probably stands for.
///
/// - Returns: Nothing when none is near: at most a third of the letters differ.
func nearest(_ name: String, among known: [String]) -> String? {
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
