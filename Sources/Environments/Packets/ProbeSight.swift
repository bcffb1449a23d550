import CPackets
import CProcess
import Environments
import Glibc
import Processes
import Values

/// Sees numbered probes where a device sends them, behind all that disturbs them.
final class ProbeSight {
  /// How much of each packet is looked at.
  private static let packetMax = 2_048

  private let descriptor: Int32
  private let memory = UnsafeMutableRawPointer.allocate(
    byteCount: Int(PACKET_BATCH) * packetMax, alignment: 16)
  private var seen: Set<UInt16> = []
  /// The kinds that some probe was seen to be struck by.
  private var found: Set<Disturbance.Kind> = []

  init(_ device: String) throws {
    descriptor = packet_open_capture(device)
    guard descriptor >= 0 else {
      memory.deallocate()
      throw SystemCallError("can't capture packets of \(device)")
    }
  }

  deinit {
    close(descriptor)
    memory.deallocate()
  }

  /// Waits until a probe was seen that a kind has struck.
  ///
  /// - Returns: Whether one was before the time was over.
  func awaits(_ kind: Disturbance.Kind, within time: Nanoseconds) -> Bool {
    let deadline = monotonicTime() + time
    repeat {
      look()
      if found.contains(kind) { return true }
    } while process_await_readable(descriptor, max(0, deadline - monotonicTime())) > 0
    return false
  }

  private func look() {
    var lengths = [UInt32](repeating: 0, count: Int(PACKET_BATCH))
    var times = [Int64](repeating: 0, count: Int(PACKET_BATCH))
    while true {
      var spans = (0..<Int(PACKET_BATCH)).map { number in
        packet_span(
          bytes: (memory + number * Self.packetMax).assumingMemoryBound(to: UInt8.self),
          count: Self.packetMax)
      }
      let count = packet_capture(descriptor, &spans, PACKET_BATCH, &lengths, &times)
      guard count > 0 else { return }
      for span in spans.prefix(Int(count)) {
        let packet = UnsafeRawBufferPointer(start: span.bytes, count: span.count)
        guard let probe = PacketProbe.numbered(packet) else { continue }
        if !seen.insert(probe.number).inserted { found.insert(.duplicate) }
        if !probe.isWhole { found.insert(.corrupt) }
      }
    }
  }
}
