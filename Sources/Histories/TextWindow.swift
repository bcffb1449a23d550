import Glibc

/// A long text that is read in pieces: a window on it, which moves forward.
///
/// Reading by pieces into memory that is used again costs less than mapping the file, needs no
/// memory for the whole, and a file that is cut while it is read ends early instead of ending us.
/// Behind the window's bytes stand zeros, so that a scanner can look a few bytes ahead.
struct TextWindow: ~Copyable {
  private enum Source {
    case file(Int32, path: String)
    /// A file up to a place.
    case part(Int32, path: String, end: Int)
    case memory(UnsafeRawBufferPointer)
  }

  /// The zeros behind the bytes.
  static let padding = 64
  /// How many bytes a window has at first: what stays in the cache.
  static let initialCapacity = 1 << 18

  private let source: Source
  private var taken = 0
  private var capacity: Int
  private(set) var start: UnsafeMutablePointer<UInt8>
  /// The number of bytes in the window.
  private(set) var count = 0
  /// Whether nothing comes behind the window.
  private(set) var isAtEnd = false

  /// Opens a file.
  init(path: String, capacity: Int = TextWindow.initialCapacity) throws(HistoryFileError) {
    let file = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw HistoryFileError(file: path, code: errno) }
    self.init(.file(file, path: path), capacity)
  }

  /// Opens a part of a file that has places.
  init(path: String, part: Range<Int>) throws(HistoryFileError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw HistoryFileError(file: path, code: errno) }
    self.init(.part(file, path: path, end: part.upperBound), TextWindow.initialCapacity)
    taken = part.lowerBound
  }

  /// Moves over bytes, which must outlive the window.
  init(_ bytes: UnsafeRawBufferPointer, capacity: Int = TextWindow.initialCapacity) {
    self.init(.memory(bytes), capacity)
  }

  private init(_ source: Source, _ capacity: Int) {
    self.source = source
    self.capacity = capacity
    start = .allocate(capacity: capacity + TextWindow.padding)
    start.initialize(repeating: 0, count: capacity + TextWindow.padding)
  }

  deinit {
    switch source {
    case .file(let file, _), .part(let file, _, _): close(file)
    case .memory: break
    }
    start.deallocate()
  }

  /// What is in the window.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  /// Drops the bytes before a position, and fills the window; one that was full grows.
  mutating func fill(from position: Int) throws(HistoryFileError) {
    let rest = count - position
    if position > 0 {
      start.update(from: start + position, count: rest)
      count = rest
    } else if rest == capacity {
      grow()
    }
    while count < capacity, !isAtEnd {
      let read = try read(into: start + count, at: taken, capacity - count)
      if read == 0 { isAtEnd = true }
      count += read
      taken += read
    }
    (start + count).update(repeating: 0, count: TextWindow.padding)
  }

  /// Fills the window with all that comes.
  mutating func fillWhole() throws(HistoryFileError) {
    while !isAtEnd { try fill(from: 0) }
  }

  private mutating func grow() {
    let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * capacity + TextWindow.padding)
    wider.initialize(from: start, count: count)
    start.deallocate()
    start = wider
    capacity *= 2
  }

  private func read(
    into place: UnsafeMutablePointer<UInt8>, at position: Int, _ count: Int
  ) throws(HistoryFileError) -> Int {
    switch source {
    case .memory(let bytes):
      let part = bytes[position..<min(position + count, bytes.count)]
      if !part.isEmpty {
        UnsafeMutableRawPointer(place).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: part).baseAddress ?? UnsafeRawPointer(place),
          byteCount: part.count)
      }
      return part.count
    case .part(let file, let path, let end):
      while true {
        let read = pread(file, place, min(count, max(0, end - position)), position)
        if read >= 0 { return read }
        if errno != EINTR { throw HistoryFileError(file: path, code: errno) }
      }
    case .file(let file, let path):
      while true {
        let read = Glibc.read(file, place, count)
        if read >= 0 { return read }
        if errno != EINTR { throw HistoryFileError(file: path, code: errno) }
      }
    }
  }
}
