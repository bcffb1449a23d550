public import YAML

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
    case .drawn(let seed): fresh = settings.isCampaign ? 0 : seed
    case .ofCommit(let seed): fresh = seed
    }
    let seeds = settings.seeds.isEmpty ? [fresh] : settings.seeds
    return seeds.map { seed in
      SuiteCase(
        id: id, position: position, expectation: expectation, seed: seed, runs: settings.runs,
        stopsAtFailure: settings.isCampaign
          && (settings.stopsAtFailure ?? expectation.isInvalid),
        isSimulated: settings.place == "simulated", words: settings.words,
        programArguments: settings.programArguments)
    }
  }

  /// A mistake that `shrike test` found in the test, where its message points to.
  ///
  /// Messages name the value or the option that is wrong; of what the test says, that which the
  /// message names best is taken to be meant, and the test's id where it names none.
  ///
  /// - Returns: The mistake, and the test without what is wrong, to be looked at for further ones;
  ///   nothing where what it says else can't be judged without it.
  public func mistake(_ message: String) -> (mistake: Mistake, rest: SuiteTest?) {
    var best: (mention: Mention, key: String, word: YAMLWord)?
    for (key, word) in settings.allWords {
      let mention = Mention(of: key, word.text, in: message)
      if mention.points > 0, best.map({ $0.mention < mention }) ?? true {
        best = (mention, key, word)
      }
    }
    guard let best else { return (Mistake(position, message), nil) }
    let place = best.word.position
    let text = settings.isInherited(place) ? "\(message) (in test \"\(id)\")" : message
    guard best.mention.isQuoted, !SuiteTest.foundations.contains(best.key) else {
      return (Mistake(place, text), nil)
    }
    let rest = SuiteTest(
      id: id, position: position, expectation: expectation, settings: settings.without(best.word))
    return (Mistake(place, text), rest)
  }

  /// What the rest of a test is judged by.
  private static let foundations = ["system", "bin", "workload", "env"]
}

/// How clearly a message speaks of a setting.
private struct Mention: Comparable {
  private(set) var points = 0
  /// Whether the value stands there in quotes.
  private(set) var isQuoted = false
  private var firstPlace = Int.max

  init(of key: String, _ value: String, in message: String) {
    let text = Array(message.utf8)
    // Keys are words that messages also use by the way; as options they are meant.
    if !count("--\(key)", 2, in: text), !count(key, 1, in: text), key.contains("-") {
      _ = count(String(key.map { $0 == "-" ? " " : $0 }), 1, in: text)
    }
    isQuoted = count("\"\(value)\"", 3, in: text) || count("'\(value)'", 3, in: text)
    if !isQuoted, !count(value, 2, in: text) {
      _ = value.split(separator: ",").contains { count(String($0), 2, in: text) }
    }
  }

  /// A clearer mention is more, and of two alike the one that comes first.
  static func < (left: Mention, right: Mention) -> Bool {
    (left.points, -left.firstPlace) < (right.points, -right.firstPlace)
  }

  private mutating func count(_ word: String, _ worth: Int, in text: [UInt8]) -> Bool {
    guard !word.isEmpty, let place = Mention.place(of: Array(word.utf8), in: text) else {
      return false
    }
    points += worth
    firstPlace = min(firstPlace, place)
    return true
  }

  /// The first place where a word stands by itself.
  private static func place(of word: [UInt8], in text: [UInt8]) -> Int? {
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
