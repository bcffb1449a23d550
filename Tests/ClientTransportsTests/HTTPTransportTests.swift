import ClientTransports
import Environments
import Glibc
import NIOCore
import NIOPosix
import Nodes
import Synchronization
import Testing
import Values

/// What a transport told, for tests that wait for it.
final class Told: Sendable {
  private let events = Mutex<[TransportEvent]>([])

  var all: [TransportEvent] { events.withLock { $0 } }

  func note(_ event: TransportEvent) { events.withLock { $0.append(event) } }

  /// The first event that is so, within ten seconds.
  func first(where isWanted: (TransportEvent) -> Bool) async throws -> TransportEvent? {
    for _ in 0..<2000 {
      if let event = all.first(where: isWanted) { return event }
      try await Task.sleep(for: .milliseconds(5))
    }
    return nil
  }

  /// The reply to a request.
  func reply(to id: RequestID) async throws -> Reply? {
    let event = try await first { event in
      switch event {
      case .replied(id, _, _), .malformedReply(id, _, _, _): true
      default: false
      }
    }
    switch event {
    case .replied(_, let reply, _): return reply
    case .malformedReply(_, _, let problem, let line):
      return .custom([.string(problem), .string(line)])
    default: return nil
    }
  }
}

/// A port that nobody listens on, below those that the system gives away.
func unusedPort(on loop: any EventLoop) -> Int {
  while true {
    let number = portNumber.add(1, ordering: .relaxed).newValue
    let port = 10_000 + (Int(getpid()) * 97 + 15_000 + number) % 20_000
    let bound = try? ServerBootstrap(group: loop).bind(host: "127.0.0.1", port: port).wait()
    guard let bound else { continue }
    try? bound.close().wait()
    return port
  }
}

private let portNumber = Atomic(0)

/// A server that answers each request's bytes as it is told to.
final class ScriptedServer: Sendable {
  enum Act: Sendable {
    /// Sends this and keeps the connection.
    case say(String)
    /// Sends this and closes the connection.
    case sayAndClose(String)
    case close
    case nothing
  }

  let channel: any Channel
  /// How many connections were made.
  let connections = Atomic<Int>(0)
  let requests = Mutex<[String]>([])

  var port: Int { channel.localAddress?.port ?? 0 }

  /// - Parameter isWhole: Whether what was received is a whole request.
  init(
    on loop: any EventLoop, isWhole: @escaping @Sendable (String) -> Bool = { $0.isWholeHTTP },
    _ act: @escaping @Sendable (_ request: Int) -> Act
  ) throws {
    let counter = Counter()
    let told = Box()
    channel = try ServerBootstrap(group: loop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        told.server?.connections.add(1, ordering: .relaxed)
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ScriptedHandler(isWhole) { request in
              told.server?.requests.withLock { $0.append(request) }
              return act(counter.next())
            })
        }
      }
      .bind(host: "127.0.0.1", port: unusedPort(on: loop)).wait()
    told.server = self
  }

  func stop() throws { try channel.close().wait() }

  private final class Box: @unchecked Sendable {
    weak var server: ScriptedServer?
  }

  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
  }
}

private final class ScriptedHandler: ChannelInboundHandler {
  typealias InboundIn = NIOCore.ByteBuffer
  private let isWhole: (String) -> Bool
  private let act: (String) -> ScriptedServer.Act
  private var received = ""

  init(
    _ isWhole: @escaping (String) -> Bool, _ act: @escaping (String) -> ScriptedServer.Act
  ) {
    self.isWhole = isWhole
    self.act = act
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += String(buffer: unwrapInboundIn(data))
    guard isWhole(received) else { return }
    let request = received
    received = ""
    switch act(request) {
    case .say(let text):
      context.writeAndFlush(NIOAny(NIOCore.ByteBuffer(string: text)), promise: nil)
    case .sayAndClose(let text):
      context.writeAndFlush(NIOAny(NIOCore.ByteBuffer(string: text)), promise: nil)
      context.close(promise: nil)
    case .close: context.close(promise: nil)
    case .nothing: break
    }
  }

}

extension String {
  fileprivate var isWholeHTTP: Bool {
    guard let end = range(of: "\r\n\r\n") else { return false }
    let head = self[..<end.lowerBound].lowercased()
    guard let mark = head.range(of: "content-length: ") else { return true }
    let length = Int(head[mark.upperBound...].prefix { $0.isNumber }) ?? 0
    return self[end.upperBound...].utf8.count >= length
  }

  /// The first place of a text; enough for tests, without Foundation.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    firstRange(of: text)
  }
}

func http(_ body: String, status: String = "200 OK", headers: String = "") -> String {
  "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
}

@Suite("Over HTTP a request", .timeLimit(.minutes(5)))
struct HTTPTransportTests {
  private static let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
  private static let node = NodeID(0)
  private static let put = Request.custom(["path": "/v3/kv/put", "body": ["key": "a"]])

  private func withTransport(
    port: Int, _ settings: HTTPTransport.Settings = .init(),
    _ body: (HTTPTransport, Told) async throws -> Void
  ) async throws {
    let told = Told()
    let transport = HTTPTransport(on: Self.loop, settings)
    try transport.open(
      [Endpoint(node: Self.node, name: "n1", address: "127.0.0.1", ports: ["client": port])],
      report: told.note)
    do {
      try await body(transport, told)
    } catch {
      transport.close()
      throw error
    }
    transport.close()
  }

  private func ask(
    _ transport: HTTPTransport, _ told: Told, _ number: Int, client: Int = 0,
    _ request: Request = put
  ) async throws -> Reply? {
    let id = RequestID(client: client, number: number)
    transport.submit(request, as: id, to: Self.node)
    return try await told.reply(to: id)
  }

  @Test("carries JSON there and back, again and again on one connection")
  func keepsAlive() async throws {
    let server = try ScriptedServer(on: Self.loop) { .say(http("{\"n\":\($0)}")) }
    try await withTransport(port: server.port) { transport, told in
      for number in 0..<3 {
        let reply = try await ask(transport, told, number)
        #expect(reply == .custom(["status": 200, "body": ["n": .integer(number)]]))
      }
    }
    #expect(server.connections.load(ordering: .relaxed) == 1)
    let first = server.requests.withLock { $0[0] }
    #expect(first.hasPrefix("POST /v3/kv/put HTTP/1.1\r\n"))
    #expect(first.hasSuffix("\r\n\r\n{\"key\":\"a\"}"))
    #expect(first.contains("Host: 127.0.0.1:\(server.port)\r\n"))
    try server.stop()
  }

  @Test("uses another connection where the server closed the last one after its answer")
  func reconnects() async throws {
    let server = try ScriptedServer(on: Self.loop) { .sayAndClose(http("\($0)")) }
    try await withTransport(port: server.port) { transport, told in
      for number in 0..<3 {
        let reply = try await ask(transport, told, number)
        #expect(reply == .custom(["status": 200, "body": .integer(number)]))
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    #expect(server.connections.load(ordering: .relaxed) == 3)
    try server.stop()
  }

  @Test(
    "is answered by a server that ends each connection after its answer",
    arguments: [
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n42",
      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n42", "HTTP/1.0 200 OK\r\n\r\n42",
    ])
  func endsConnections(answer: String) async throws {
    let server = try ScriptedServer(on: Self.loop) { _ in .sayAndClose(answer) }
    try await withTransport(port: server.port) { transport, told in
      for number in 0..<2 {
        let reply = try await ask(transport, told, number)
        #expect(reply == .custom(["status": 200, "body": 42]))
      }
    }
    #expect(server.connections.load(ordering: .relaxed) == 2)
    try server.stop()
  }

  @Test("has certainly not been sent where nobody listens")
  func refused() async throws {
    let server = try ScriptedServer(on: Self.loop) { _ in .nothing }
    let port = server.port
    try server.stop()
    try await withTransport(port: port) { transport, told in
      guard case .custom(let reply)? = try await ask(transport, told, 0) else {
        Issue.record("no reply")
        return
      }
      #expect(reply["failure"] == "refused")
      #expect(reply["sent"] == false)
    }
  }

  @Test("may have been done where the connection is closed without an answer, or none comes")
  func lost() async throws {
    let server = try ScriptedServer(on: Self.loop) { $0 == 0 ? .close : .nothing }
    let settings = HTTPTransport.Settings(timeout: .milliseconds(200))
    try await withTransport(port: server.port, settings) { transport, told in
      for (number, failure) in ["closed", "timeout"].enumerated() {
        guard case .custom(let reply)? = try await ask(transport, told, number) else {
          Issue.record("no reply")
          return
        }
        #expect(reply["failure"] == .string(failure))
        #expect(reply["sent"] == true)
      }
    }
    try server.stop()
  }

  @Test("that was given up for another leaves no answer behind")
  func givenUp() async throws {
    let server = try ScriptedServer(on: Self.loop) { $0 == 0 ? .nothing : .say(http("\($0)")) }
    try await withTransport(port: server.port) { transport, told in
      transport.submit(Self.put, as: RequestID(client: 7, number: 0), to: Self.node)
      while server.requests.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
      let reply = try await ask(transport, told, 1, client: 7)
      #expect(reply == .custom(["status": 200, "body": 1]))
      #expect(told.all.count == 1)
    }
    try server.stop()
  }

  @Test("is answered by any status, and by texts that are not JSON")
  func statuses() async throws {
    let server = try ScriptedServer(on: Self.loop) { request in
      switch request {
      case 0: .say(http("Not Found\n", status: "404 Not Found"))
      case 1: .say(http("{\"code\":14}", status: "503 Service Unavailable"))
      case 2: .say(http(""))
      default:
        .say(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n")
      }
    }
    let expected: [Value] = [
      ["status": 404, "body": "Not Found\n"], ["status": 503, "body": ["code": 14]],
      ["status": 200, "body": nil], ["status": 200, "body": [1, 2]],
    ]
    try await withTransport(port: server.port) { transport, told in
      for (number, answer) in expected.enumerated() {
        let reply = try await ask(transport, told, number)
        #expect(reply == .custom(answer))
      }
    }
    try server.stop()
  }

  @Test("gets no answer that is too long, or no HTTP", arguments: ["long", "garbage"])
  func malformed(kind: String) async throws {
    let server = try ScriptedServer(on: Self.loop) { _ in
      .say(kind == "long" ? http(String(repeating: "x", count: 2000)) : "hello\r\n\r\n")
    }
    let settings = HTTPTransport.Settings(answerMax: 1000)
    try await withTransport(port: server.port, settings) { transport, told in
      guard case .custom(let reply)? = try await ask(transport, told, 0) else {
        Issue.record("no reply")
        return
      }
      #expect(reply["failure"] == "malformed")
      #expect(reply["sent"] == true)
    }
    try server.stop()
  }

  @Test("can be an operation, whose answer is the completion")
  func operations() async throws {
    let server = try ScriptedServer(on: Self.loop) { request in
      switch request {
      case 0: .say(http("{\"type\":\"ok\",\"value\":[1,2]}"))
      case 1: .say(http("{\"type\":\"fail\",\"error\":\"busy\"}", status: "409 Conflict"))
      case 2: .say(http("oh no", status: "500 Internal Server Error"))
      case 3: .say(http("42"))
      case 4: .say(http("{\"type\":\"about:blank\"}", status: "503 Service Unavailable"))
      case 5: .say(http("{\"type\":\"done\"}"))
      default: .close
      }
    }
    let read = Request.custom(["f": "read", "value": [1, nil]])
    let settings = HTTPTransport.Settings(mode: .operations(path: "/op"))
    try await withTransport(port: server.port, settings) { transport, told in
      let expected: [Reply] = [
        .custom(["type": "ok", "value": [1, 2]]), .custom(["type": "fail", "error": "busy"]),
        .failed(ErrorReply(.crash, "HTTP 500: oh no")),
        .custom(["the answer is no completion: an object with \"type\"", "42"]),
        .failed(ErrorReply(.crash, "HTTP 503: {\"type\":\"about:blank\"}")),
        .custom(["type": "done"]),
        .failed(ErrorReply(.timeout, "closed: the connection was closed before an answer came")),
      ]
      for (number, reply) in expected.enumerated() {
        let found = try await ask(transport, told, number, client: 5, read)
        #expect(found == reply)
      }
      let first = server.requests.withLock { $0[0] }
      #expect(first.hasSuffix("{\"f\":\"read\",\"process\":5,\"value\":[1,null]}"))
      try server.stop()
      try await Task.sleep(for: .milliseconds(20))
      guard case .failed(let error)? = try await ask(transport, told, 9, client: 6, read) else {
        Issue.record("no reply")
        return
      }
      #expect(error.code.isDefinite && error.text.hasPrefix("refused: "))
    }
  }

  @Test("needs a port of the name that it goes to")
  func withoutPort() {
    let transport = HTTPTransport(on: Self.loop)
    let endpoint = Endpoint(node: Self.node, name: "n1", address: "127.0.0.1", ports: ["peer": 1])
    #expect(throws: MissingPort(node: "n1", port: "client")) {
      try transport.open([endpoint]) { _ in }
    }
    #expect(
      MissingPort(node: "n1", port: "client").description
        == "node n1 has no port named \"client\"; give it one in the manifest's ports")
  }

  @Test("to many servers at once is answered each for itself")
  func concurrent() async throws {
    let server = try ScriptedServer(on: Self.loop) { _ in .say(http("1")) }
    try await withTransport(port: server.port) { transport, told in
      let ids = (0..<20).flatMap { client in
        (0..<5).map { RequestID(client: 100 * client + $0, number: 0) }
      }
      for id in ids { transport.submit(Self.put, as: id, to: Self.node) }
      for id in ids {
        let reply = try await told.reply(to: id)
        #expect(reply == .custom(["status": 200, "body": 1]))
      }
      #expect(told.all.count == ids.count)
    }
    try server.stop()
  }
}
