/// One test of a suite: settings with seeds, and what is expected.
public struct SuiteTest: Hashable, Sendable {
  public let id: String
  /// Where the test stands in the file.
  public let position: TextPosition
  public let expectation: Expectation
  let settings: TestSettings

  /// The test's cases: one for each seed, or one campaign.
  public func cases(freshSeed: FreshSeed) -> [SuiteCase] {
    let fresh: UInt64
    switch freshSeed {
    case .drawn(let seed): fresh = settings.runs == nil ? seed : 0
    case .ofCommit(let seed): fresh = seed
    }
    let seeds = settings.seeds.isEmpty ? [fresh] : settings.seeds
    return seeds.map { seed in
      SuiteCase(
        id: id, position: position, expectation: expectation, seed: seed, runs: settings.runs,
        stopsAtFailure: settings.runs != nil
          && (settings.stopsAtFailure ?? expectation.isInvalid),
        isSimulated: settings.place == "simulated", words: settings.words,
        programArguments: settings.programArguments)
    }
  }

  /// A mistake that `shrike test` found in the test, where its message points to.
  ///
  /// Messages name the value or the option that is wrong; of what the test says, that which the
  /// message names best is taken to be meant, and the test's id where it names none.
  public func mistake(_ message: String) -> Mistake {
    var best: (score: Int, place: Int, position: TextPosition)?
    for (key, word) in settings.allWords {
      let score = Mention.score(of: key, word.text, in: message)
      guard score.points > 0 else { continue }
      if let best, (best.score, -best.place) >= (score.points, -score.place) { continue }
      best = (score.points, score.place, word.position)
    }
    let place = best?.position ?? position
    let isInherited = place < position && settings.isInherited(place)
    return Mistake(place, isInherited ? "\(message) (in test \"\(id)\")" : message)
  }
}

/// How clearly a message speaks of a setting.
private enum Mention {
  /// - Returns: More points for a clearer mention, and where in the message it is.
  static func score(of key: String, _ value: String, in message: String) -> (
    points: Int, place: Int
  ) {
    let text = Array(message.utf8)
    var points = 0
    var places: [Int] = []
    func count(_ word: String, _ worth: Int) -> Bool {
      guard !word.isEmpty, let place = firstPlace(of: Array(word.utf8), in: text) else {
        return false
      }
      points += worth
      places.append(place)
      return true
    }
    if !count(key, 2), key.contains("-") {
      _ = count(String(key.map { $0 == "-" ? " " : $0 }), 2)
    }
    if !count("\"\(value)\"", 3), !count(value, 1) {
      _ = value.split(separator: ",").contains { count(String($0), 1) }
    }
    return (points, places.min() ?? text.count)
  }

  /// The first place where a word stands by itself.
  private static func firstPlace(of word: [UInt8], in text: [UInt8]) -> Int? {
    guard word.count <= text.count else { return nil }
    return (0...text.count - word.count).first { place in
      let end = place + word.count
      return text[place..<end].elementsEqual(word)
        && (place == 0 || !text[place - 1].continuesWord)
        && (end == text.count || !text[end].continuesWord)
    }
  }
}

extension UInt8 {
  fileprivate var continuesWord: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}
