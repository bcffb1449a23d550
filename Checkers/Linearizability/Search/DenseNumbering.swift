/// Numbers integers from 1 in the order of their coming.
struct DenseNumbering: ~Copyable {
  private var entries: Column<(key: Int32, number: Int32)>
  private(set) var count = 1

  /// The integers by number; the first is none.
  var codes: [Int32] {
    var codes = [Int32](repeating: 0, count: count)
    for place in 0..<entries.count { codes[Int(entries[place].number)] = entries[place].key }
    return codes
  }

  /// - Parameter capacity: How many integers may come.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 && size < 1 << 12 { size *= 2 }
    entries = Column(repeating: (0, 0), count: size)
  }

  @inline(__always)
  mutating func number(of code: Int32) -> Int32 {
    let place = place(of: code)
    let number = entries[place].number
    if number != 0 { return number }
    return add(code, at: place)
  }

  @inline(__always)
  private func place(of code: Int32) -> Int {
    let last = entries.count - 1
    var place = Self.hash(code) & last
    while entries[place].number != 0 && entries[place].key != code { place = (place + 1) & last }
    return place
  }

  @inline(__always)
  private static func hash(_ code: Int32) -> Int {
    Int(truncatingIfNeeded: UInt64(UInt32(bitPattern: code)) &* 0x9e37_79b9_7f4a_7c15 &>> 24)
  }

  private mutating func add(_ code: Int32, at place: Int) -> Int32 {
    let number = Int32(count)
    entries[place] = (code, number)
    count += 1
    if count * 2 > entries.count { grow() }
    return number
  }

  private mutating func grow() {
    let old = Column<(key: Int32, number: Int32)>(repeating: (0, 0), count: entries.count * 2)
    let last = old.count - 1
    for number in 0..<entries.count where entries[number].number != 0 {
      let entry = entries[number]
      var place = Self.hash(entry.key) & last
      while old[place].number != 0 { place = (place + 1) & last }
      old[place] = entry
    }
    entries = old
  }
}
