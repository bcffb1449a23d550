import NIOCore
import NodeServers
import Testing

@Suite("Frames")
struct FrameTests {
  private static let messages: [[UInt8]] = [
    Array("{}".utf8), [], Array(repeating: 7, count: 300), Array("last".utf8),
  ]

  @Test("come out as they went in, however the stream is cut", arguments: 1...20)
  func cut(pieceCount: Int) throws {
    var stream: [UInt8] = []
    for message in FrameTests.messages { stream += frame(message) }
    var reader = FrameReader()
    var received: [[UInt8]] = []
    for start in stride(from: 0, to: stream.count, by: pieceCount) {
      reader.append(ByteBuffer(bytes: stream[start..<min(start + pieceCount, stream.count)]))
      while let frame = try reader.next() { received.append(Array(frame.readableBytesView)) }
    }
    #expect(received == FrameTests.messages)
  }

  @Test("that are too long are refused before they have come")
  func oversize() throws {
    var reader = FrameReader(countMax: 10)
    reader.append(ByteBuffer(bytes: frame(Array(repeating: 1, count: 10)) + [0, 0, 0, 11]))
    let first = try reader.next()
    #expect(first?.readableBytes == 10)
    #expect(throws: FrameReader.Oversize.self) { _ = try reader.next() }
    var another = FrameReader()
    another.append(ByteBuffer(bytes: [0xff, 0xff, 0xff, 0xff]))
    let error = #expect(throws: FrameReader.Oversize.self) { _ = try another.next() }
    #expect(error?.description == "a frame of 4294967295 bytes, where 16777216 are allowed")
  }

  @Test("begin with a hello")
  func hello() {
    let hello = Hello(token: "a \"b\"", name: "n1", members: ["n1", "n2"], hasServices: true)
    #expect(hello.bytes.withUnsafeBytes { Hello($0) } == hello)
    for text in [
      "", "{}", #"{"shrike":2,"name":"n1"}"#, #"{"shrike":1}"#, "[1", #"{"shrike":1,"name":3}"#,
    ] {
      let bytes = Array(text.utf8)
      #expect(bytes.withUnsafeBytes { Hello($0) } == nil, "\(text)")
    }
  }
}

@Suite("Addresses on a network")
struct NetworkAddressTests {
  @Test(
    "are a host and a port",
    arguments: [
      ("127.0.0.1:7000", "127.0.0.1", 7000), ("[::1]:80", "::1", 80), ("n1:0", "n1", 0),
      ("a.b:65535", "a.b", 65535),
    ])
  func good(text: String, host: String, port: Int) {
    let address = NetworkAddress(text)
    #expect(address == NetworkAddress(host: host, port: port))
    #expect(address?.description == text)
  }

  @Test(
    "are nothing else",
    arguments: ["", "7000", ":7000", "n1:", "n1:x", "::1:80", "n1:65536", "[::1]", "n1:-1", "[]:1"])
  func bad(text: String) { #expect(NetworkAddress(text) == nil) }
}

@Suite("What waits for a peer")
struct FrameQueueTests {
  @Test("is bounded, and the oldest makes room")
  func bound() {
    var queue = FrameQueue(countMax: 10)
    let news = (1...4).map { queue.append(Array(repeating: $0, count: 4)) }
    #expect(news == [false, false, true, false])
    #expect(queue.droppedCount == 2)
    let rest = (1...3).map { _ in queue.removeFirst() }
    #expect(rest == [[3, 3, 3, 3], [4, 4, 4, 4], nil])
    #expect(queue.isEmpty)
  }
}
