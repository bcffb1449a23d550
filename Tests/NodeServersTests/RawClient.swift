import Glibc
import NIOCore
import NodeServers
import Synchronization
import Values

/// A client that writes and reads bytes as a test wants them, and waits while it does.
final class RawClient {
  private let descriptor: Int32
  private var reader = FrameReader()

  init?(port: Int, patienceMilliseconds: Int = 10_000) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let address = addressBytes(port: port)
    let status = address.withUnsafeBytes { buffer in
      connect(
        descriptor, buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        socklen_t(buffer.count))
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

/// Ports of the loopback interface that nobody has now, below those that the system gives away.
func freePorts(_ count: Int) -> [Int] {
  var ports: [Int] = []
  while ports.count < count {
    let number = portNumber.add(1, ordering: .relaxed).newValue
    let port = 10_000 + (Int(getpid()) * 97 + number) % 20_000
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if bindToLoopback(descriptor, port: port) == port { ports.append(port) }
    close(descriptor)
  }
  return ports
}

private let portNumber = Atomic(0)

/// The bytes of a `sockaddr_in`, whose fields belong to one C module or another as modules are loaded.
func addressBytes(port: Int) -> [UInt8] {
  [UInt8(AF_INET), 0, UInt8(port >> 8), UInt8(port & 255), 127, 0, 0, 1]
    + [UInt8](repeating: 0, count: 8)
}

/// - Returns: The port that it is bound to.
func bindToLoopback(_ descriptor: Int32, port: Int = 0) -> Int {
  var bytes = addressBytes(port: port)
  var count = socklen_t(bytes.count)
  bytes.withUnsafeMutableBytes { buffer in
    guard let address = buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return }
    bind(descriptor, address, count)
    getsockname(descriptor, address, &count)
  }
  return Int(bytes[2]) << 8 | Int(bytes[3])
}
