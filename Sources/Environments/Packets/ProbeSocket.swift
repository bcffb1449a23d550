import CPackets
import Glibc
import Processes

/// Sends probes.
struct ProbeSocket: ~Copyable {
  private let descriptor: Int32

  init() throws {
    descriptor = socket(
      AF_INET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Int32(IPPROTO_ICMP))
    guard descriptor >= 0 else { throw SystemCallError("can't make a socket for probes") }
  }

  deinit { close(descriptor) }

  func send(_ message: [UInt8], to address: UInt32) throws {
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_addr.s_addr = address.bigEndian
    let sent = withUnsafePointer(to: &target) { target in
      target.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(
          descriptor, message, message.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard sent == message.count || errno == ENOBUFS else {
      throw SystemCallError("can't send a probe to \(Detour.text(address))")
    }
  }
}
