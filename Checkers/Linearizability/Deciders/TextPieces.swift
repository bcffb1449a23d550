/// Texts of which longer texts are made.
struct TextPieces {
  private(set) var texts: [[UInt8]] = []
  private var numbers: [UInt64: Int32] = [:]
  /// The different lengths.
  private var lengths: [Int] = []
  /// Whether two different texts have the same hash.
  private(set) var isAmbiguous = false

  static func extended(_ hash: UInt64, by byte: UInt8) -> UInt64 {
    (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }

  static func hash(of text: some Sequence<UInt8>) -> UInt64 {
    text.reduce(0xcbf2_9ce4_8422_2325, extended)
  }

  /// The number of a text, which is a new one or the one that the same text already has.
  mutating func insert(_ text: [UInt8]) -> Int32 {
    let hash = TextPieces.hash(of: text)
    if let known = numbers[hash] {
      if texts[Int(known)] != text { isAmbiguous = true }
      return known
    }
    let number = Int32(texts.count)
    numbers[hash] = number
    texts.append(text)
    if !lengths.contains(text.count) {
      lengths.append(text.count)
      lengths.sort()
    }
    return number
  }

  /// Calls `body` with each of the texts that stands at a place of another.
  func forEachPiece(of text: [UInt8], at place: Int, _ body: (_ number: Int32, _ end: Int) -> Void)
  {
    var hash = TextPieces.hash(of: [])
    var end = place
    for length in lengths where place + length <= text.count {
      while end < place + length {
        hash = TextPieces.extended(hash, by: text[end])
        end += 1
      }
      guard let number = numbers[hash], text[place..<end].elementsEqual(texts[Int(number)]) else {
        continue
      }
      body(number, end)
    }
  }
}
