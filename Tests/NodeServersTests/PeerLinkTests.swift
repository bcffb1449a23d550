import Glibc
import NIOCore
import NIOPosix
import NodeServers
import Synchronization
import Testing
import Values

@Suite("A node's link to a peer", .timeLimit(.minutes(5)))
struct PeerLinkTests {
  @Test("drops the oldest while the peer takes nothing, and nothing else, and sends nothing twice")
  func slowPeer() throws {
    let listener = RawListener()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { try? group.syncShutdownGracefully() }
    let loop = group.next()
    let lines = Mutex<[String]>([])
    let link = try loop.submit {
      let link = PeerLink(
        to: "n2", at: NetworkAddress(host: "127.0.0.1", port: listener.port), on: loop,
        hello: Hello(token: "", name: "n1")
      ) { line in lines.withLock { $0.append(line) } }
      link.start()
      return NIOLoopBound(link, eventLoop: loop)
    }.wait()
    defer { try? loop.submit { link.value.end() }.wait() }
    let peer = listener.accept()
    #expect(peer.receive()?["name"] == "n1")

    // More than connection, queue and system hold, in batches of several messages.
    let padding = String(repeating: "x", count: 10_000)
    let count = 2_400
    for batch in 0..<count / 8 {
      try loop.submit {
        for number in batch * 8..<batch * 8 + 8 {
          link.value.send(ArraySlice(#"{"number":\#(number),"padding":"\#(padding)"}"#.utf8))
        }
        link.value.flush()
      }.wait()
    }
    var numbers: [Int] = []
    while numbers.last != count - 1, let number = peer.receive()?["number"]?.integer {
      numbers.append(number)
    }
    #expect(numbers.last == count - 1)
    #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
    #expect(numbers.count < count)
    #expect(
      lines.withLock { $0 } == [
        "n2 takes nothing: dropping the oldest of what waits for it",
        "n2 takes messages again; \(count - numbers.count) for it were dropped",
      ])
  }

  @Test("is none to itself, as where a port that nobody listens on is dialed from that port")
  func itself() throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { try? group.syncShutdownGracefully() }
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: freePorts(1)[0])
    let channel = try ClientBootstrap(group: group).bind(to: address)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(FrameConnection { _, _ in })
        }
      }.connect(to: address).wait()
    let isWithItself = try channel.eventLoop.submit {
      try channel.pipeline.syncOperations.handler(type: FrameConnection.self).isWithItself
    }.wait()
    #expect(isWithItself)
    try channel.close().wait()
  }
}
