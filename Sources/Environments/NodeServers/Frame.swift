package import NIOCore

/// The frames of the nodes' protocol over TCP: four bytes of length, the highest first, and a message.
package enum Frame {
  /// A longer one closes its connection.
  package static let countMax = 16 << 20
  /// The same, for the first one, which must say who speaks.
  package static let helloCountMax = 4 << 10

  /// Appends a frame.
  package static func write(_ message: some Collection<UInt8>, into buffer: inout ByteBuffer) {
    buffer.writeInteger(UInt32(message.count))
    buffer.writeBytes(message)
  }
}

/// Cuts a stream of bytes into frames.
package struct FrameReader {
  /// A frame that is longer than it may be.
  package struct Oversize: Error, Hashable, CustomStringConvertible {
    package var count: Int
    package var countMax: Int

    package var description: String { "a frame of \(count) bytes, where \(countMax) are allowed" }
  }

  /// The longest frame that is taken from now on.
  package var countMax: Int
  /// What no frame was made of so far.
  private var rest = ByteBuffer()

  package init(countMax: Int = Frame.countMax) { self.countMax = countMax }

  package mutating func append(_ bytes: ByteBuffer) {
    guard rest.readableBytes > 0 else {
      rest = bytes
      return
    }
    var bytes = bytes
    rest.discardReadBytes()
    rest.writeBuffer(&bytes)
  }

  /// The next frame without its length, if all of it is there.
  ///
  /// - Throws: Before the frame's bytes have come, so that they need not be kept.
  package mutating func next() throws(Oversize) -> ByteBuffer? {
    guard let length = rest.getInteger(at: rest.readerIndex, as: UInt32.self) else { return nil }
    let count = Int(length)
    guard count <= countMax else { throw Oversize(count: count, countMax: countMax) }
    guard rest.readableBytes >= 4 + count else { return nil }
    rest.moveReaderIndex(forwardBy: 4)
    return rest.readSlice(length: count)
  }
}
