import Glibc

/// Bytes that wait to be written to a node that may not read for a while.
struct Outbox {
  /// A message that would make more bytes wait than this is lost.
  static let countMax = 256 << 20

  enum Progress {
    case finished
    /// The other side does not read at the moment.
    case blocked
  }

  var bytes: [UInt8] = []
  private var written = 0

  var isEmpty: Bool { bytes.isEmpty }
  var isFull: Bool { bytes.count - written > Outbox.countMax }

  /// Writes as much as goes without waiting.
  mutating func flush(to descriptor: Int32) -> Progress {
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        return write(descriptor, rest.baseAddress, rest.count)
      }
      if count > 0 {
        written += count
      } else if errno == EAGAIN {
        compact()
        return .blocked
      } else if errno != EINTR {
        // Nobody holds the other end any more; the supervisor's end is reported elsewhere.
        break
      }
    }
    clear()
    return .finished
  }

  /// Gives back the room of what was written once that is the greater part.
  private mutating func compact() {
    guard written > bytes.count / 2 else { return }
    bytes.removeFirst(written)
    written = 0
  }

  mutating func clear() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
    written = 0
  }
}
