/// Texts as dense integers: equal texts have equal numbers.
///
/// A text's place in the table is by a polynomial hash, which for a concatenation follows from
/// those of its halves (Karp and Rabin, *Efficient randomized pattern-matching algorithms*, IBM
/// J. Res. Dev. 31(2), 1987); that two texts are equal is said by their bytes alone.
struct TextStore: ~Copyable {
  struct Text {
    var start: Int
    var count: Int
    var hash: UInt64
  }

  private var contents = Column<UInt8>(capacity: 1 << 10)
  private var texts = Column<Text>(capacity: 64)
  private var table = Column<Int32>(repeating: -1, count: 128)
  /// The powers of the hash's base.
  private var powers = Column<UInt64>(repeating: 1, count: 1)

  private static var base: UInt64 { 0x9e37_79b9_7f4a_7c15 }

  var bytes: Int { contents.bytes + texts.bytes + table.bytes + powers.bytes }

  /// How many texts there are.
  var count: Int { texts.count }

  /// The text with a number.
  subscript(number: Int32) -> [UInt8] {
    let text = texts[Int(number)]
    return Array(UnsafeBufferPointer(start: contents.base + text.start, count: text.count))
  }

  /// The number of a text.
  mutating func number(of text: [UInt8]) -> Int32 {
    var hash: UInt64 = 0
    for byte in text {
      contents.append(byte)
      hash = hash &* Self.base &+ UInt64(byte) &+ 1
    }
    return number(ofLast: text.count, hash)
  }

  /// The number of one text with another behind it.
  mutating func number(of head: Int32, followedBy tail: Int32) -> Int32 {
    let (head, tail) = (texts[Int(head)], texts[Int(tail)])
    let count = head.count + tail.count
    while powers.count <= tail.count { powers.append(powers[powers.count - 1] &* Self.base) }
    let hash = head.hash &* powers[tail.count] &+ tail.hash
    let place = place(of: hash) { text in
      text.count == count && areEqual(text.start, head.start, head.count)
        && areEqual(text.start + head.count, tail.start, tail.count)
    }
    if table[place] >= 0 { return table[place] }
    let start = contents.count
    contents.append(repeating: 0, count: count)
    (contents.base + start).update(from: contents.base + head.start, count: head.count)
    (contents.base + start + head.count).update(
      from: contents.base + tail.start, count: tail.count)
    return add(Text(start: start, count: count, hash: hash), at: place)
  }

  /// Whether one text begins with another.
  func begins(_ text: Int32, with prefix: Int32) -> Bool {
    let (text, prefix) = (texts[Int(text)], texts[Int(prefix)])
    return prefix.count <= text.count && areEqual(text.start, prefix.start, prefix.count)
  }

  /// The number of the text that the last bytes are, which are given back where it is known.
  private mutating func number(ofLast count: Int, _ hash: UInt64) -> Int32 {
    let start = contents.count - count
    let place = place(of: hash) { $0.count == count && areEqual($0.start, start, count) }
    if table[place] < 0 { return add(Text(start: start, count: count, hash: hash), at: place) }
    contents.removeLast(count)
    return table[place]
  }

  private func place(of hash: UInt64, isEqual: (Text) -> Bool) -> Int {
    let last = table.count - 1
    var place = Int(truncatingIfNeeded: folded(hash, 0)) & last
    while table[place] >= 0 {
      let text = texts[Int(table[place])]
      if text.hash == hash && isEqual(text) { break }
      place = (place + 1) & last
    }
    return place
  }

  private func areEqual(_ a: Int, _ b: Int, _ count: Int) -> Bool {
    let (a, b) = (contents.base + a, contents.base + b)
    var place = 0
    while place + 8 <= count {
      let left = UnsafeRawPointer(a + place).loadUnaligned(as: UInt64.self)
      if left != UnsafeRawPointer(b + place).loadUnaligned(as: UInt64.self) { return false }
      place += 8
    }
    while place < count {
      if a[place] != b[place] { return false }
      place += 1
    }
    return true
  }

  private mutating func add(_ text: Text, at place: Int) -> Int32 {
    let number = Int32(texts.count)
    texts.append(text)
    table[place] = number
    if texts.count * 2 > table.count { grow() }
    return number
  }

  private mutating func grow() {
    table = Column(repeating: -1, count: table.count * 2)
    for number in 0..<texts.count {
      let place = place(of: texts[number].hash) { _ in false }
      table[place] = Int32(number)
    }
  }
}
