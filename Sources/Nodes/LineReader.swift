import Glibc

/// Cuts a stream of bytes into lines.
package struct LineReader {
  /// A longer line is handed out in its beginning only, as one that is no message.
  package static let lineCountMax = 64 << 20

  /// The beginning of a line whose end has not come.
  private var partial: [UInt8] = []
  private var isSkipping = false

  package init() {}

  /// Takes in the next bytes and hands out each line that they complete, without its end.
  package mutating func take(
    _ bytes: UnsafeRawBufferPointer, _ handle: (UnsafeRawBufferPointer) -> Void
  ) {
    var rest = bytes
    while let base = rest.baseAddress, let end = memchr(base, Int32(UInt8(ascii: "\n")), rest.count)
    {
      let count = UnsafeRawPointer(end) - base
      finish(UnsafeRawBufferPointer(rebasing: rest[..<count]), handle)
      rest = UnsafeRawBufferPointer(rebasing: rest[(count + 1)...])
    }
    guard !isSkipping else { return }
    partial.append(contentsOf: rest)
    guard partial.count > LineReader.lineCountMax else { return }
    partial.withUnsafeBytes(handle)
    partial = []
    isSkipping = true
  }

  private mutating func finish(
    _ end: UnsafeRawBufferPointer, _ handle: (UnsafeRawBufferPointer) -> Void
  ) {
    if isSkipping {
      isSkipping = false
    } else if partial.isEmpty {
      handle(end)
    } else {
      partial.append(contentsOf: end)
      partial.withUnsafeBytes(handle)
      partial.removeAll(keepingCapacity: true)
    }
  }

  /// The line that was begun and will not be ended; nothing where none was.
  package mutating func takePartial() -> [UInt8]? {
    defer { dropPartial() }
    return partial.isEmpty ? nil : partial
  }

  /// Drops the line that was begun: who wrote it has ended.
  package mutating func dropPartial() {
    partial = []
    isSkipping = false
  }
}
