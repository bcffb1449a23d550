import Glibc
import Values

extension HistoryColumns {
  /// Reads a long file of lines in two halves at the same time.
  ///
  /// Where a half can't be read by itself there is nothing, whatever the reason: the whole is then
  /// read from its beginning, and tells what is wrong. A first half that can be read ends between
  /// operations, so that the second begins with one.
  init?(
    halvesOf path: String, format: HistoryFormat?, order: History.Order, isLean: Bool,
    from size: Int
  ) {
    guard size < .max, sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1,
      let cut = FileCut(path: path, format: format, from: size)
    else { return nil }
    let leavesOut = isLean && order == .index
    let second = HalfReading(path, cut.middle..<cut.end, cut.format, isLean: leavesOut)
    guard let thread = second.start() else { return nil }
    let first = HalfReading(path, cut.start..<cut.middle, cut.format, isLean: leavesOut)
    first.read()
    pthread_join(thread, nil)
    guard var builder = first.takeBuilder(), let rest = second.takeBuilder(),
      builder.append(rest)
    else { return nil }
    (self, _) = builder.finish()
    self.format = cut.format
    isTruncated = second.isTruncated
    do { try pair(order) } catch { return nil }
  }
}

/// Where a file is cut in two.
private struct FileCut {
  var start: Int
  var middle: Int
  var end: Int
  var format: HistoryFormat

  /// Nothing where a file is short, no file, or not of a format whose operations stand on lines.
  init?(path: String, format: HistoryFormat?, from size: Int) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size >= size
    else { return nil }
    end = Int(status.st_size)
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    func fill(_ place: Int) -> Int {
      bytes.withUnsafeMutableBytes { max(0, pread(file, $0.baseAddress, $0.count, place)) }
    }
    let count = fill(0)
    let beginning = bytes[..<count].withUnsafeBytes { bytes in
      (
        format: format ?? HistoryFormat(detecting: bytes),
        start: bytes.count - bytes.withoutByteOrderMark.count,
        mark: bytes.withoutByteOrderMark.first { $0 > 0x20 }
      )
    }
    self.format = beginning.format
    start = beginning.start
    middle = max(start, end / 2)
    let found = fill(middle)
    let part = bytes[..<found]
    switch beginning.format {
    case .jsonLines:
      guard let line = part.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      middle += line + 1
    case .jepsenEDN
    where beginning.mark == UInt8(ascii: "{") || beginning.mark == UInt8(ascii: "#"):
      guard let line = FileCut.lineOfOperation(in: part) else { return nil }
      middle += line
    default: return nil
    }
    guard middle < end else { return nil }
  }

  /// The first place where a line begins with a map, or a record.
  private static func lineOfOperation(in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count > 3 else { return nil }
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    return (bytes.startIndex..<bytes.endIndex - 2).first {
      bytes[$0] == UInt8(ascii: "\n")
        && (bytes[$0 + 1] == UInt8(ascii: "{")
          || bytes[$0 + 1] == UInt8(ascii: "#") && letters.contains(bytes[$0 + 2]))
    }.map { $0 + 1 - bytes.startIndex }
  }
}

/// What reads a half, on a thread of its own or on another's.
private final class HalfReading: @unchecked Sendable {
  // A half is given to one thread, and looked at by another only when that one has ended.
  private let path: String
  private let part: Range<Int>
  private let format: HistoryFormat
  private let isLean: Bool
  private var builder: ColumnBuilder?
  private(set) var isTruncated = false

  init(_ path: String, _ part: Range<Int>, _ format: HistoryFormat, isLean: Bool) {
    self.path = path
    self.part = part
    self.format = format
    self.isLean = isLean
  }

  func start() -> pthread_t? {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let problem = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<HalfReading>.fromOpaque(context).takeRetainedValue().read()
        return nil
      }, context.toOpaque())
    if problem == 0 { return thread }
    context.release()
    return nil
  }

  func read() {
    do throws(HistoryFileError) {
      let window = try TextWindow(path: path, part: part)
      if format == .jsonLines {
        var reader = JSONReader(window, file: path, isLean: isLean)
        try reader.readLines(from: 0)
        isTruncated = reader.isTruncated
        builder = reader.builder
      } else {
        var reader = JepsenEDNReader(window, file: path, isLean: isLean)
        try reader.read(from: 0)
        builder = reader.builder
      }
    } catch {
      builder = nil
    }
  }

  /// The columns, where the half could be read.
  func takeBuilder() -> ColumnBuilder? {
    defer { builder = nil }
    return builder
  }
}
