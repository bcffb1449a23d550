/// Passes over a binary file, number by number.
struct ByteStream: ~Copyable {
  private var window: TextWindow
  let file: String
  private var position = 0
  /// Where in the file the window begins.
  private var origin = 0

  init(_ window: consuming TextWindow, file: String) {
    self.window = window
    self.file = file
  }

  /// The place in the file of what is next.
  var place: Int { origin + position }

  /// Makes sure that as many bytes are in the window.
  @inline(__always)
  private mutating func has(_ count: Int) throws(HistoryFileError) -> Bool {
    if window.count - position >= count { return true }
    return try fill(count)
  }

  private mutating func fill(_ count: Int) throws(HistoryFileError) -> Bool {
    while window.count - position < count, !window.isAtEnd {
      origin += position
      try window.fill(from: position)
      position = 0
    }
    return window.count - position >= count
  }

  /// Whether nothing comes any more.
  mutating func isAtEnd() throws(HistoryFileError) -> Bool { try !has(1) }

  @inline(__always)
  private mutating func number<Word: FixedWidthInteger>(
    _ what: String, _: Word.Type
  ) throws(HistoryFileError) -> Word {
    let size = MemoryLayout<Word>.size
    guard try has(size) else {
      throw error(at: place, "expected \(what) of \(size) bytes, found the end of the file")
    }
    let word = UnsafeRawPointer(window.start + position).loadUnaligned(as: Word.self)
    position += size
    return word
  }

  /// The next byte.
  @inline(__always)
  mutating func byte(_ what: String) throws(HistoryFileError) -> UInt8 {
    try number(what, UInt8.self)
  }

  /// The next eight bytes, the lowest first.
  @inline(__always)
  mutating func littleEndian(_ what: String) throws(HistoryFileError) -> UInt64 {
    UInt64(littleEndian: try number(what, UInt64.self))
  }

  /// The next eight bytes, the highest first.
  @inline(__always)
  mutating func bigEndian(_ what: String) throws(HistoryFileError) -> UInt64 {
    UInt64(bigEndian: try number(what, UInt64.self))
  }

  /// Passes bytes.
  mutating func skip(_ count: UInt64, _ what: String) throws(HistoryFileError) {
    let start = place
    var rest = count
    while rest > 0 {
      guard try has(1) else {
        throw error(
          at: start, "expected \(what) of \(count) bytes, found the end of the file")
      }
      let part = min(rest, UInt64(window.count - position))
      position += Int(part)
      rest -= part
    }
  }

  /// An error at a place in the file.
  func error(at place: Int, _ problem: String) -> HistoryFileError {
    HistoryFileError(file: file, problem: "byte \(place): \(problem)")
  }
}
