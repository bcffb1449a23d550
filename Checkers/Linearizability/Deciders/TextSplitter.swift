/// How texts are made: of one that was there or written, and others appended to it.
struct TextSplitter {
  struct Split {
    /// The number of the written text, or -1 for the initial one.
    var base: Int32
    /// The numbers of the appended texts.
    var tail: [Int32] = []
  }

  enum Outcome {
    case impossible
    case ambiguous
    case split(Split)
  }

  /// The ways to make the beginning of a text up to some place.
  private struct Way {
    /// None, one, or 2 for several.
    var count: UInt8 = 0
    /// The last piece of the only way, and where it begins; -1 where it is the base.
    var piece: Int32 = -1
    var begin: Int32 = -1
  }

  private let initial: [UInt8]?
  private let written: TextPieces
  private let appended: TextPieces
  /// Texts that were worked out, each with the ways to make its beginnings.
  private var explored: [(text: [UInt8], ways: [Way])] = []
  /// By the hash of a beginning: where it was explored.
  private var beginnings: [UInt64: (text: Int32, end: Int32)] = [:]

  /// - Parameters:
  ///   - initial: Nothing where texts can only be made of written ones.
  ///   - appended: None of them empty.
  init(initial: [UInt8]?, written: TextPieces, appended: TextPieces) {
    self.initial = initial
    self.written = written
    self.appended = appended
  }

  /// How a text is made; fast for a beginning of one asked for before.
  mutating func outcome(of text: [UInt8]) -> Outcome {
    if let known = beginnings[TextPieces.hash(of: text)], Int(known.end) == text.count,
      explored[Int(known.text)].text.starts(with: text)
    {
      return outcome(in: Int(known.text), upTo: text.count)
    }
    explore(text)
    return outcome(in: explored.count - 1, upTo: text.count)
  }

  private func outcome(in number: Int, upTo end: Int) -> Outcome {
    let ways = explored[number].ways
    if ways[end].count == 0 { return .impossible }
    var split = Split(base: -1)
    var end = end
    while true {
      let way = ways[end]
      if way.count > 1 { return .ambiguous }
      if way.begin < 0 {
        split.base = way.piece
        split.tail.reverse()
        return .split(split)
      }
      split.tail.append(way.piece)
      end = Int(way.begin)
    }
  }

  private mutating func explore(_ text: [UInt8]) {
    var ways = [Way](repeating: Way(), count: text.count + 1)
    if let initial, text.starts(with: initial) { ways[initial.count].count = 1 }
    written.forEachPiece(of: text, at: 0) { number, end in
      ways[end] = Way(count: ways[end].count + 1, piece: number, begin: -1)
    }
    for place in ways.indices where ways[place].count > 0 {
      appended.forEachPiece(of: text, at: place) { number, end in
        let count = min(2, ways[end].count + ways[place].count)
        ways[end] = Way(count: count, piece: number, begin: Int32(place))
      }
    }
    var hash = TextPieces.hash(of: [])
    for place in ways.indices {
      if ways[place].count > 0, beginnings[hash] == nil {
        beginnings[hash] = (Int32(explored.count), Int32(place))
      }
      if place < text.count { hash = TextPieces.extended(hash, by: text[place]) }
    }
    explored.append((text, ways))
  }
}
