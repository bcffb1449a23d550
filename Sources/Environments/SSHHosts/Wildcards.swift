/// Patterns of host names, with `*` and `?`; one that begins with `!` excludes.
enum Wildcards {
  /// Whether a list of patterns has one that matches, and none that excludes.
  static func match(_ name: String, _ patterns: [Substring]) -> Bool {
    var isMatched = false
    for pattern in patterns {
      if pattern.first == "!" {
        if matches(name, pattern.dropFirst()) { return false }
      } else if matches(name, pattern) {
        isMatched = true
      }
    }
    return isMatched
  }

  /// - Complexity: O(*n* · *m*).
  private static func matches(_ name: String, _ pattern: Substring) -> Bool {
    let name = Array(name.lowercased().utf8)
    let pattern = Array(pattern.lowercased().utf8)
    var place = 0
    var position = 0
    // Where to go on when what follows the last star doesn't match.
    var star: (pattern: Int, name: Int)?
    while position < name.count {
      if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
        star = (place, position)
        place += 1
      } else if place < pattern.count,
        pattern[place] == name[position] || pattern[place] == UInt8(ascii: "?")
      {
        place += 1
        position += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        place = last.pattern + 1
        position = last.name + 1
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
