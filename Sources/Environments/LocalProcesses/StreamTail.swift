/// The last bytes of a stream, for the post-mortem of who wrote it.
struct StreamTail {
  static let countMax = 4_096
  static let lineCountMax = 16

  private var bytes: [UInt8] = []

  mutating func take(_ more: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: more.suffix(StreamTail.countMax))
    if bytes.count > StreamTail.countMax {
      bytes.removeFirst(bytes.count - StreamTail.countMax)
    }
  }

  var lines: [String] {
    bytes.split(separator: UInt8(ascii: "\n")).suffix(StreamTail.lineCountMax)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  mutating func clear() { bytes = [] }
}
