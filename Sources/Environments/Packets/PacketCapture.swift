import CPackets
import CProcess
import Glibc
import Processes
import Synchronization
package import Values

/// Writes all packets that a network device sends and receives to a file, as tcpdump and Wireshark
/// read it.
package final class PacketCapture: @unchecked Sendable {
  // Both threads use only `bell` and `isEnding`; the rest is the thread's own once it has begun.

  /// How much of each packet is kept.
  private static let packetMax = 65_536
  /// How many bytes are written at a time.
  private static let chunk = 256 << 10
  /// How much the kernel lets wait to be read, and what it counts for each packet beside its bytes at
  /// the least.
  private static let (waitingMax, waitingOverhead) = (32 << 20, 512)

  private let input: Int32
  private let output: Int32
  private let bell: Int32
  private let limit: Int
  private let isEnding = Mutex(false)
  private var thread = pthread_t()

  /// - Parameters:
  ///   - path: Of the file, which is made anew.
  ///   - limit: How long it may become, in bytes; what comes later is left out.
  package init(of device: String, to path: String, limit: Int) throws {
    self.limit = limit
    input = packet_open_capture(device)
    guard input >= 0 else { throw SystemCallError("can't capture packets of \(device)") }
    output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard output >= 0 else {
      let error = errno
      close(input)
      throw SystemCallError("can't write \(path)", number: error)
    }
    bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    guard bell >= 0 else {
      let error = errno
      for descriptor in [input, output] { close(descriptor) }
      throw SystemCallError("can't make an event descriptor", number: error)
    }
    let context = Unmanaged.passRetained(self)
    let error = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<PacketCapture>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard error == 0 else {
      context.release()
      for descriptor in [input, output, bell] { close(descriptor) }
      throw SystemCallError("can't start a thread", number: error)
    }
  }

  /// Ends it, when all that was captured until now has been written, however much still comes.
  package func end() {
    isEnding.withLock { $0 = true }
    eventfd_write(bell, 1)
    pthread_join(thread, nil)
    for descriptor in [input, output, bell] { close(descriptor) }
  }

  private func run() {
    let count = Int(PACKET_BATCH)
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: count * PacketCapture.packetMax, alignment: 16)
    defer { memory.deallocate() }
    var lengths = [UInt32](repeating: 0, count: count)
    var times = [Int64](repeating: 0, count: count)
    let file = CaptureFile()
    var (unwritten, size) = (file.header, 0)
    var waiting = PacketCapture.waitingMax
    while true {
      let isLast = isEnding.withLock { $0 }
      var spans = (0..<count).map { number in
        packet_span(
          bytes: (memory + number * PacketCapture.packetMax).assumingMemoryBound(to: UInt8.self),
          count: PacketCapture.packetMax)
      }
      let got = packet_capture(input, &spans, Int32(count), &lengths, &times)
      for number in 0..<max(0, Int(got)) {
        let bytes = UnsafeRawBufferPointer(
          start: spans[number].bytes, count: spans[number].count)
        if isLast { waiting -= bytes.count + PacketCapture.waitingOverhead }
        let record = file.record(bytes, length: lengths[number], at: times[number])
        if size + unwritten.count + record.count <= limit { unwritten += record }
      }
      let isIdle = got <= 0
      let isOver = isLast && (isIdle || waiting <= 0)
      if isIdle || isOver || unwritten.count >= PacketCapture.chunk {
        // A controller that is killed loses little of what it will be asked for.
        guard write(unwritten) else { return }
        size += unwritten.count
        unwritten.removeAll(keepingCapacity: true)
      }
      if isOver { return }
      guard isIdle else { continue }
      packet_await(input, bell, -1)
    }
  }

  /// - Returns: Whether there was room for all.
  private func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

/// The format of capture files: libpcap's first, with times in nanoseconds, of Ethernet frames.
package struct CaptureFile {
  package init() {}

  package var header: [UInt8] {
    CaptureFile.bytes([0xa1b2_3c4d, 4 << 16 | 2, 0, 0, 1 << 18, 1])
  }

  /// - Parameters:
  ///   - bytes: What was kept of a packet.
  ///   - length: How long it was as a whole.
  ///   - time: When it was seen, since 1970.
  package func record(
    _ bytes: UnsafeRawBufferPointer, length: UInt32, at time: Nanoseconds
  ) -> [UInt8] {
    let (seconds, rest) = time.quotientAndRemainder(dividingBy: .seconds(1))
    let numbers = [UInt32(seconds), UInt32(rest), UInt32(bytes.count), length]
    return CaptureFile.bytes(numbers) + bytes
  }

  private static func bytes(_ numbers: [UInt32]) -> [UInt8] {
    numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
  }
}
