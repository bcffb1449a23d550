import Glibc
import Packets
import Processes
import Synchronization
import Testing
import Values

@Suite("Captures of packets", .serialized)
struct PacketCaptureTests {
  private static let isRoot = geteuid() == 0

  @Test(
    "a capture ends while packets still come", .timeLimit(.minutes(1)),
    .enabled(if: isRoot, "capturing packets needs root"))
  func end() throws {
    let directory = try ScratchDirectory("shrike-test")
    let path = "\(directory.path)/packets.pcap"
    let capture = try PacketCapture(of: "lo", to: path, limit: 1 << 20)
    let flood = try Flood()
    defer { flood.end() }
    while bytes(ofFile: path)?.count ?? 0 < 1 << 19 { usleep(1_000) }
    let began = monotonicTime()
    capture.end()
    #expect(monotonicTime() - began < Flood.length / 5)
    #expect(bytes(ofFile: path)?.count ?? 0 <= 1 << 20)
  }

  @Test(
    "what can't be captured is said, and leaves no file open",
    .enabled(if: isRoot, "capturing packets needs root"))
  func refused() throws {
    // Other tests of this process have files of their own, but not so many.
    let times = 100
    let before = directoryEntries("/proc/self/fd").count
    for _ in 0..<times {
      #expect(throws: SystemCallError.self) {
        try PacketCapture(of: "none", to: "/dev/null", limit: 0)
      }
      #expect(throws: SystemCallError.self) {
        try PacketCapture(of: "lo", to: "/nowhere/packets.pcap", limit: 0)
      }
    }
    #expect(directoryEntries("/proc/self/fd").count < before + times)
  }
}

/// Datagrams to nobody, from more threads at full speed than one can read from.
private final class Flood: Sendable {
  static let length: Nanoseconds = .seconds(10)

  private let isOver = Mutex(false)
  private let threads = Mutex<[pthread_t]>([])

  init() throws {
    for _ in 0..<8 {
      var thread = pthread_t()
      let context = Unmanaged.passRetained(self)
      let error = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          Unmanaged<Flood>.fromOpaque(context).takeRetainedValue().send()
          return nil
        }, context.toOpaque())
      guard error == 0 else { throw SystemCallError("can't start a thread", number: error) }
      threads.withLock { $0.append(thread) }
    }
  }

  func end() {
    isOver.withLock { $0 = true }
    for thread in threads.withLock({ $0 }) { pthread_join(thread, nil) }
  }

  private func send() {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(socket) }
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = in_port_t(9).bigEndian
    target.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    let deadline = monotonicTime() + Flood.length
    while !isOver.withLock({ $0 }), monotonicTime() < deadline {
      withUnsafePointer(to: &target) { target in
        target.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = sendto(socket, "shrike", 6, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
  }
}
