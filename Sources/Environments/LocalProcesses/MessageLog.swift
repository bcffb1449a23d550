import Glibc
import Processes
import Values

/// The network's messages as JSON Lines: `{"time":…,"event":"sent","message":{"id":…,…}}`.
final class MessageLog {
  enum Event: String {
    case sent
    case delivered
    case lost
  }

  private static let bufferCountMax = 64 << 10

  private let settings: MessageLogSettings
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(_ settings: MessageLogSettings) throws {
    self.settings = settings
    descriptor = open(settings.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw SystemCallError("can't write \(settings.path)") }
  }

  deinit {
    flush()
    close(descriptor)
  }

  /// Records what happened to a message, given as its line with or without the line's end.
  func record(_ event: Event, at time: Nanoseconds, _ line: UnsafeRawBufferPointer) {
    switch event {
    case .sent where !settings.recordsSent: return
    case .delivered where !settings.recordsDelivered: return
    default: break
    }
    buffer.appendText("{\"time\":")
    buffer.appendJSON(Int(time))
    buffer.appendText(",\"event\":\"")
    buffer.append(contentsOf: event.rawValue.utf8)
    buffer.appendText("\",\"message\":")
    buffer.append(contentsOf: line.last == UInt8(ascii: "\n") ? line.dropLast() : line[...])
    buffer.appendText("}\n")
    if buffer.count > MessageLog.bufferCountMax { flush() }
  }

  /// Hands what was recorded to the operating system.
  func flush() {
    var written = 0
    while written < buffer.count {
      let count = buffer.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
        return write(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      written += count
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
