import Glibc
import NIOCore
import NodeServers
import Values

/// A client that writes and reads bytes as a test wants them, and waits while it does.
final class RawClient {
  private let descriptor: Int32
  private var reader = FrameReader()

  init?(port: Int, patienceMilliseconds: Int = 10_000) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(port: port)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { return nil }
    var patience = timeval(
      tv_sec: patienceMilliseconds / 1_000, tv_usec: patienceMilliseconds % 1_000 * 1_000)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  /// One that has said hello.
  convenience init?(
    port: Int, token: String, hasServices: Bool = false, patienceMilliseconds: Int = 10_000
  ) {
    self.init(port: port, patienceMilliseconds: patienceMilliseconds)
    send(Hello(token: token, name: "tester", hasServices: hasServices).bytes)
  }

  fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  func send(raw bytes: [UInt8]) {
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  func send(_ message: [UInt8]) { send(raw: frame(message)) }

  func send(_ message: String) { send(Array(message.utf8)) }

  /// Sends until nothing is taken for a while.
  ///
  /// - Returns: How many bytes were taken.
  func sendAllTaken(_ bytes: [UInt8], countMax: Int) -> Int {
    var patience = timeval(tv_sec: 0, tv_usec: 500_000)
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var taken = 0
    while taken < countMax {
      let start = taken % bytes.count
      let count = bytes.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
        return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      taken += count
    }
    return taken
  }

  /// The next message; nothing when the connection ended, or nothing came.
  func receive() -> Value? {
    while true {
      if let frame = try? reader.next() {
        return frame.withUnsafeReadableBytes { try? Value(json: $0) }
      }
      var chunk = [UInt8](repeating: 0, count: 64 << 10)
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      reader.append(ByteBuffer(bytes: chunk[..<count]))
    }
  }

  /// Whether the other side has ended the connection, or does so soon.
  var isEnded: Bool {
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, 0)
    return count == 0 || (count < 0 && errno == ECONNRESET)
  }
}

/// Listens on the loopback interface, and takes little before it reads.
final class RawListener: Sendable {
  private let descriptor: Int32
  let port: Int

  init() {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var capacity: Int32 = 64 << 10
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVBUF, &capacity, socklen_t(MemoryLayout<Int32>.size))
    port = bindToLoopback(descriptor)
    listen(descriptor, 8)
  }

  deinit { close(descriptor) }

  func accept() -> RawClient { RawClient(Glibc.accept(descriptor, nil, nil)) }
}

func frame(_ message: [UInt8]) -> [UInt8] {
  var buffer = ByteBuffer()
  Frame.write(message, into: &buffer)
  return Array(buffer.readableBytesView)
}

/// An echo request as a client `c1` frames it.
func echo(_ number: Int, _ text: String = "hi", to node: String = "n1", from: String = "c1")
  -> String
{
  #"{"src":"\#(from)","dest":"\#(node)","body":{"type":"echo","msg_id":\#(number),"echo":"\#(text)"}}"#
}

/// Ports of the loopback interface that nobody has now.
func freePorts(_ count: Int) -> [Int] {
  let sockets = (0..<count).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
  defer { for descriptor in sockets { close(descriptor) } }
  return sockets.map(bindToLoopback)
}

/// - Returns: The port that the system chose.
private func bindToLoopback(_ descriptor: Int32) -> Int {
  var address = loopback(port: 0)
  var count = socklen_t(MemoryLayout<sockaddr_in>.size)
  return withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, count)
      getsockname(descriptor, $0, &count)
    }
    return Int(UInt16(bigEndian: pointer.pointee.sin_port))
  }
}

private func loopback(port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(port).bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return address
}
