/// A column of integers in a block of a binary history: what each is beyond the least, or what each
/// is beyond the one before it, in as few bytes as that needs.
///
/// Layout: width (1 byte: 0, 1, 2, 4 or 8), mode (1 byte: 0 plain, 1 differences), two zeros, count
/// (4 bytes), base, first (8 bytes each), the numbers, zeros up to a multiple of 8 bytes.
enum BinaryColumn {
  static let headerSize = 24
  /// How many numbers may be told without a byte each, so that few bytes can't ask for much memory.
  static let bareLimit = 1 << 16

  /// Appends a column.
  ///
  /// All sums wrap, so that differences of any integers can be told.
  static func write<Element: FixedWidthInteger>(
    _ column: some Collection<Element>, asDifferences: Bool = false, into bytes: inout [UInt8]
  ) {
    var numbers: [Int64] = []
    numbers.reserveCapacity(column.count)
    let first = asDifferences ? BinaryColumn.origin(of: column.prefix(2).map { $0 }) : 0
    var last = first
    for element in column {
      let number = Int64(truncatingIfNeeded: element)
      numbers.append(asDifferences ? number &- last : number)
      last = number
    }
    let base = numbers.min() ?? 0
    let span = UInt64(bitPattern: (numbers.max() ?? 0) &- base)
    let width = max(BinaryColumn.width(of: span), numbers.count > bareLimit ? 1 : 0)
    bytes.append(UInt8(width))
    bytes.append(asDifferences ? 1 : 0)
    bytes.put(UInt16(0))
    bytes.put(UInt32(numbers.count))
    bytes.put(base)
    bytes.put(first)
    switch width {
    case 0: break
    case 1: put(numbers, base, UInt8.self, into: &bytes)
    case 2: put(numbers, base, UInt16.self, into: &bytes)
    case 4: put(numbers, base, UInt32.self, into: &bytes)
    default: put(numbers, base, UInt64.self, into: &bytes)
    }
    bytes.pad()
  }

  /// What stands before the first number, so that a sequence of equal steps is all one number.
  private static func origin(of column: [some FixedWidthInteger]) -> Int64 {
    let start = column.map { Int64(truncatingIfNeeded: $0) }
    return start.count < 2 ? start.first ?? 0 : start[0] &- (start[1] &- start[0])
  }

  private static func width(of span: UInt64) -> Int {
    switch span {
    case 0: 0
    case ...0xff: 1
    case ...0xffff: 2
    case ...0xffff_ffff: 4
    default: 8
    }
  }

  private static func put<Word: FixedWidthInteger & UnsignedInteger>(
    _ numbers: [Int64], _ base: Int64, _: Word.Type, into bytes: inout [UInt8]
  ) {
    let start = bytes.count
    let size = MemoryLayout<Word>.size
    bytes.append(contentsOf: repeatElement(0, count: numbers.count * size))
    bytes.withUnsafeMutableBytes { bytes in
      for (place, number) in numbers.enumerated() {
        let word = Word(truncatingIfNeeded: number &- base).littleEndian
        bytes.storeBytes(of: word, toByteOffset: start + place * size, as: Word.self)
      }
    }
  }

  /// Reads a column from a place on, and moves the place behind it.
  ///
  /// - Returns: Nothing when there is none of that count at most.
  static func read(
    _ bytes: UnsafeRawBufferPointer, at place: inout Int, into numbers: inout [Int64],
    atMost limit: Int
  ) -> Bool {
    guard bytes.count - place >= headerSize else { return false }
    let width = Int(bytes[place])
    let mode = bytes[place + 1]
    func load<Word: FixedWidthInteger>(_ offset: Int, _: Word.Type) -> Word {
      Word(littleEndian: bytes.loadUnaligned(fromByteOffset: place + offset, as: Word.self))
    }
    let count = Int(load(4, UInt32.self))
    let base = load(8, Int64.self)
    let first = load(16, Int64.self)
    let size = (count * width + 7) & ~7
    guard [0, 1, 2, 4, 8].contains(width), mode < 2, count <= limit,
      width > 0 || count <= bareLimit,
      bytes.count - place - headerSize >= size
    else { return false }
    numbers.removeAll(keepingCapacity: true)
    let start = place + headerSize
    switch width {
    case 0: numbers.append(contentsOf: repeatElement(base, count: count))
    case 1: take(bytes, start, count, base, UInt8.self, into: &numbers)
    case 2: take(bytes, start, count, base, UInt16.self, into: &numbers)
    case 4: take(bytes, start, count, base, UInt32.self, into: &numbers)
    default: take(bytes, start, count, base, UInt64.self, into: &numbers)
    }
    if mode == 1 {
      var last = first
      for index in numbers.indices {
        last = last &+ numbers[index]
        numbers[index] = last
      }
    }
    place = start + size
    return true
  }

  @inline(__always)
  private static func take<Word: FixedWidthInteger & UnsignedInteger>(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int, _ base: Int64, _: Word.Type,
    into numbers: inout [Int64]
  ) {
    let size = MemoryLayout<Word>.size
    numbers.append(contentsOf: repeatElement(0, count: count))
    numbers.withUnsafeMutableBufferPointer { numbers in
      for place in 0..<count {
        let word = bytes.loadUnaligned(fromByteOffset: start + place * size, as: Word.self)
        numbers[place] = base &+ Int64(truncatingIfNeeded: Word(littleEndian: word))
      }
    }
  }
}

extension [UInt8] {
  mutating func put(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends zeros up to a multiple of eight bytes.
  mutating func pad() {
    while !count.isMultiple(of: 8) { append(0) }
  }
}
