import Values

/// Reads the binary form of histories, block by block.
struct BinaryHistoryReader: ~Copyable {
  private(set) var columns = HistoryColumns()
  private var window: TextWindow
  private let file: String
  private let isLean: Bool
  private var position = 0
  /// Where in the file the window begins.
  private var origin = 0
  private var blockNumber = 0
  private var numbers: [Int64] = []
  private var values = BinaryValues()
  /// How many lines are said to come.
  private var claimedCount = 0

  init(_ window: consuming TextWindow, file: String, isLean: Bool) {
    self.window = window
    self.file = file
    self.isLean = isLean
  }

  /// A column or a text that the checksum vouches for, but that no writer writes.
  private struct Malformed: Error {
    var what: String
  }

  private func error(_ problem: String) -> HistoryFileError {
    HistoryFileError(file: file, problem: problem)
  }

  /// Reads everything that the window comes to.
  mutating func read() throws(HistoryFileError) {
    let start = BinaryHistory.magic.count + 1
    guard try has(start), window.bytes.starts(with: BinaryHistory.magic) else {
      throw error("is no binary history")
    }
    let version = window.bytes[start - 1]
    guard version == BinaryHistory.version else {
      throw error(
        "is a binary history of version \(version); this Shrike reads version "
          + "\(BinaryHistory.version)")
    }
    position = start
    while try readBlock() {}
    guard try !has(1) else { throw error("damaged: bytes follow the binary history's end") }
  }

  /// Whether as many bytes are there from the position on.
  private mutating func has(_ count: Int) throws(HistoryFileError) -> Bool {
    while window.count - position < count, !window.isAtEnd {
      origin += position
      try window.fill(from: position)
      position = 0
    }
    return window.count - position >= count
  }

  /// - Returns: Whether more are to come.
  private mutating func readBlock() throws(HistoryFileError) -> Bool {
    blockNumber += 1
    let place = "block \(blockNumber), at byte \(origin + position),"
    guard try has(BinaryHistory.headerSize) else {
      throw error("cut short: the binary history ends before \(place) its end was to come")
    }
    let header = UnsafeRawBufferPointer(
      rebasing: window.bytes[position..<position + BinaryHistory.headerSize])
    func word(_ place: Int) -> UInt64 {
      UInt64(littleEndian: header.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
    let (mark, length, checksum) = (word(0), word(8), word(16))
    guard BinaryHistory.check(header) == mark & 0xffff_ffff, let size = Int(exactly: length),
      size < Int.max / 2
    else { throw error("damaged: \(place) has a broken header") }
    guard try has(BinaryHistory.headerSize + size) else {
      throw error("cut short: the binary history ends within \(place) which has \(size) bytes")
    }
    let start = position + BinaryHistory.headerSize
    let payload = UnsafeRawBufferPointer(rebasing: window.bytes[start..<start + size])
    guard BinaryChecksum.value(of: payload) == checksum else {
      throw error("damaged: \(place) does not match its checksum")
    }
    position = start + size
    do throws(Malformed) {
      guard let kind = BinaryHistory.Block(rawValue: UInt32(mark >> 32)) else {
        throw Malformed(what: "is of an unknown kind")
      }
      return try take(kind, payload)
    } catch {
      throw self.error("damaged: \(place) \(error.what)")
    }
  }

  private mutating func take(
    _ kind: BinaryHistory.Block, _ payload: UnsafeRawBufferPointer
  ) throws(Malformed) -> Bool {
    var part = BinaryPart(payload)
    guard (kind == .names) == (blockNumber == 1) else {
      throw Malformed(what: "is not in its order")
    }
    switch kind {
    case .names: try takeNames(&part)
    case .values: try takeValues(&part)
    case .lines: try takeLines(&part)
    case .remarks: try takeRemarks(&part)
    case .end:
      try read(&part, atMost: 1)
      guard numbers == [Int64(columns.count)] else {
        throw Malformed(what: "tells another number of lines than there are")
      }
    }
    guard part.isAtEnd else { throw Malformed(what: "holds more than it should") }
    return kind != .end
  }

  /// Reads a column into `numbers`.
  @inline(__always)
  private mutating func read(_ part: inout BinaryPart, atMost limit: Int) throws(Malformed) {
    guard part.read(into: &numbers, atMost: limit) else {
      throw Malformed(what: "has a broken column")
    }
  }

  private mutating func takeNames(_ part: inout BinaryPart) throws(Malformed) {
    try read(&part, atMost: 2)
    guard numbers.count == 2 else { throw Malformed(what: "has a broken column") }
    // A claim, which memory is set aside for as far as that costs nothing.
    claimedCount = Int(min(max(numbers[0], 0), 1 << 26))
    let count = claimedCount
    columns.types.reserveCapacity(count)
    columns.functions.reserveCapacity(count)
    columns.processes.reserveCapacity(count)
    columns.values.reserveCapacity(count)
    guard let names = part.texts(atMost: 1 << 30) else {
      throw Malformed(what: "has broken names")
    }
    columns.names = names
    try read(&part, atMost: 1 << 30)
    columns.oddClients = numbers.map { Int($0) }
  }

  private mutating func takeValues(_ part: inout BinaryPart) throws(Malformed) {
    try read(&part, atMost: BinaryHistory.blockCount)
    let kinds = numbers
    try read(&part, atMost: kinds.count)
    let integers = numbers
    guard let texts = part.texts(atMost: kinds.count) else {
      throw Malformed(what: "has broken texts")
    }
    try read(&part, atMost: kinds.count)
    let lengths = numbers
    try read(&part, atMost: Int(UInt32.max))
    let block = BinaryValues.Block(
      kinds: kinds, integers: integers, texts: texts, lengths: lengths, elements: numbers)
    guard values.append(block, to: &columns.table) else {
      throw Malformed(what: "has values that no history has")
    }
  }

  private mutating func takeLines(_ part: inout BinaryPart) throws(Malformed) {
    try read(&part, atMost: BinaryHistory.blockCount)
    let count = numbers.count
    let first = columns.count
    guard count > 0, first + count < Int(Int32.max) else {
      throw Malformed(what: "has too few or too many lines")
    }
    let nameCount = Int64(columns.names.count)
    guard numbers.lie(in: 0..<min(nameCount, 1 << 16) << 2) else {
      throw Malformed(what: "has functions without a name")
    }
    columns.types.append(converting: numbers) { Operation.Kind.numbered($0) }
    columns.functions.append(converting: numbers) { UInt16(truncatingIfNeeded: $0 >> 2) }
    try read(&part, atMost: count)
    let clientEnd = Int64(HistoryColumns.oddClientsStart + columns.oddClients.count)
    guard numbers.count == count, numbers.lie(in: -nameCount..<clientEnd) else {
      throw Malformed(what: "has processes without a name")
    }
    columns.processes.append(converting: numbers) { Int32(truncatingIfNeeded: $0) }
    try read(&part, atMost: count)
    guard numbers.count == count, numbers.areCodes(below: columns.table.count) else {
      throw Malformed(what: "has values without a number")
    }
    columns.values.append(converting: numbers) {
      ValueCode(raw: Int32(truncatingIfNeeded: $0))
    }
    try takeIndices(&part, first, count)
    try takeTimes(&part, first, count)
  }

  private mutating func takeIndices(
    _ part: inout BinaryPart, _ first: Int, _ count: Int
  ) throws(Malformed) {
    try read(&part, atMost: count)
    guard numbers.isEmpty || numbers.count == count else {
      throw Malformed(what: "has an index for some lines only")
    }
    if !numbers.isEmpty, columns.indices == nil { columns.indices = Array(0..<first) }
    columns.indices?.append(
      contentsOf: numbers.isEmpty ? Array(first..<first + count) : numbers.map { Int($0) })
  }

  private mutating func takeTimes(
    _ part: inout BinaryPart, _ first: Int, _ count: Int
  ) throws(Malformed) {
    try read(&part, atMost: count)
    guard numbers.isEmpty || numbers.count == count else {
      throw Malformed(what: "has a time for some lines only")
    }
    if !numbers.isEmpty, columns.times == nil {
      columns.times = []
      columns.times?.reserveCapacity(claimedCount)
      columns.times?.append(contentsOf: repeatElement(-1, count: first))
    }
    if numbers.isEmpty {
      columns.times?.append(contentsOf: repeatElement(-1, count: count))
    } else {
      columns.times?.append(contentsOf: numbers)
    }
  }

  private mutating func takeRemarks(_ part: inout BinaryPart) throws(Malformed) {
    try read(&part, atMost: BinaryHistory.blockCount)
    let positions = numbers
    guard let errors = part.texts(atMost: positions.count),
      let extras = part.texts(atMost: positions.count), errors.count == positions.count,
      extras.count == positions.count
    else { throw Malformed(what: "has broken remarks") }
    if isLean { return }
    for (number, position) in positions.enumerated() {
      let last = columns.remarks.last.map { Int64($0.position) } ?? -1
      let error = errors[number].isEmpty ? nil : try? Value(edn: errors[number])
      guard position > last, position < Int64(columns.count),
        errors[number].isEmpty || error != nil,
        case .map(let extra)? = try? Value(edn: extras[number])
      else { throw Malformed(what: "has broken remarks") }
      columns.remarks.append(
        HistoryColumns.Remark(position: Int32(position), error: error, extra: extra))
    }
  }
}

/// What is left of a block.
private struct BinaryPart {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func read(into numbers: inout [Int64], atMost limit: Int) -> Bool {
    BinaryColumn.read(bytes, at: &position, into: &numbers, atMost: limit)
  }

  /// Texts, each valid UTF-8.
  mutating func texts(atMost limit: Int) -> [String]? {
    var lengths: [Int64] = []
    guard read(into: &lengths, atMost: limit) else { return nil }
    var texts: [String] = []
    texts.reserveCapacity(lengths.count)
    for length in lengths {
      guard length >= 0, length <= Int64(bytes.count - position),
        let text = String(
          validating: bytes[position..<position + Int(length)], as: UTF8.self)
      else { return nil }
      texts.append(text)
      position += Int(length)
    }
    position = (position + 7) & ~7
    return position <= bytes.count ? texts : nil
  }
}

extension [Int64] {
  /// Whether all numbers are in a range.
  fileprivate func lie(in range: Range<Int64>) -> Bool {
    var outside: Int64 = 0
    // Negative where a number is below the range, or at its end or above.
    for number in self {
      outside |= (number &- range.lowerBound) | (range.upperBound &- 1 &- number)
    }
    return outside >= 0 || isEmpty
  }

  /// Whether all numbers are integers' own codes, or those of a table's numbers.
  fileprivate func areCodes(below count: Int) -> Bool {
    guard lie(in: Int64(Int32.min)..<Int64(Int32.max) + 1) else { return false }
    var outside: Int64 = 0
    for raw in self {
      let number = (raw & 0xffff_ffff) >> 1
      outside |= (Int64(count) &- 1 &- number) & -(raw & 1)
    }
    return outside >= 0
  }
}

extension Array {
  /// Appends what numbers are converted to.
  @inline(__always)
  fileprivate mutating func append(
    converting numbers: [Int64], _ element: (Int64) -> Element
  ) {
    guard let first = numbers.first else { return }
    let start = count
    append(contentsOf: repeatElement(element(first), count: numbers.count))
    withUnsafeMutableBufferPointer { elements in
      numbers.withUnsafeBufferPointer { numbers in
        for place in 0..<numbers.count { elements[start + place] = element(numbers[place]) }
      }
    }
  }
}

extension BinaryHistory {
  /// The check of a header, whose first four bytes hold it and count as zeros.
  static func check(_ header: UnsafeRawBufferPointer) -> UInt64 {
    withUnsafeTemporaryAllocation(byteCount: headerSize, alignment: 8) { copy in
      copy.copyMemory(from: header)
      copy.storeBytes(of: 0, as: UInt32.self)
      return BinaryChecksum.value(of: UnsafeRawBufferPointer(copy)) & 0xffff_ffff
    }
  }
}
