import ClientTransports
import Environments
import NIOCore
import NIOPosix
import Nodes
import Synchronization
import Testing
import Values

@Suite("Over RESP2 a request", .timeLimit(.minutes(5)))
struct RedisTransportTests {
  private static let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
  private static let node = NodeID(0)
  private static let two = Request.custom(["commands": [["SADD", "k", "ä"], ["PING"]]])

  private func server(
    _ act: @escaping @Sendable (Int) -> ScriptedServer.Act
  ) throws -> ScriptedServer {
    try ScriptedServer(on: Self.loop, isWhole: { $0.hasSuffix("PING\r\n") }, act)
  }

  private func withTransport(
    port: Int, _ settings: RedisTransport.Settings = .init(),
    _ body: (RedisTransport, Told) async throws -> Void
  ) async throws {
    let told = Told()
    let transport = RedisTransport(on: Self.loop, settings)
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
    _ transport: RedisTransport, _ told: Told, _ number: Int, _ request: Request = two
  ) async throws -> Reply? {
    let id = RequestID(client: 0, number: number)
    transport.submit(request, as: id, to: Self.node)
    return try await told.reply(to: id)
  }

  @Test("carries its commands at once, again and again on one connection")
  func keepsConnections() async throws {
    let server = try server { .say(":\($0)\r\n+PONG\r\n") }
    try await withTransport(port: server.port) { transport, told in
      for number in 0..<3 {
        let reply = try await ask(transport, told, number)
        #expect(reply == .custom(["replies": [.integer(number), "PONG"]]))
      }
    }
    #expect(server.connections.load(ordering: .relaxed) == 1)
    let first = server.requests.withLock { $0[0] }
    #expect(first == "*3\r\n$4\r\nSADD\r\n$1\r\nk\r\n$2\r\nä\r\n*1\r\n$4\r\nPING\r\n")
    try server.stop()
  }

  @Test("that is none is refused", arguments: ["{}", "[]", "[[]]", "[[1]]", "[\"PING\"]"])
  func noCommands(commands: String) async throws {
    let server = try server { _ in .nothing }
    let request = Request.custom(["commands": try Value(json: commands)])
    try await withTransport(port: server.port) { transport, told in
      guard case .failed(let error)? = try await ask(transport, told, 0, request) else {
        Issue.record("no error")
        return
      }
      #expect(error.code == .notSupported)
    }
    #expect(server.connections.load(ordering: .relaxed) == 0)
    try server.stop()
  }

  @Test("has certainly not been sent where nobody listens")
  func refused() async throws {
    let server = try server { _ in .nothing }
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

  @Test("may have been done where not all replies came")
  func lost() async throws {
    let acts: [ScriptedServer.Act] = [
      .close, .sayAndClose("+OK\r\n+PO"), .say("+OK\r\n"), .nothing,
    ]
    let server = try server { acts[$0] }
    let settings = RedisTransport.Settings(timeout: .milliseconds(200))
    try await withTransport(port: server.port, settings) { transport, told in
      for (number, failure) in ["closed", "closed", "timeout", "timeout"].enumerated() {
        guard case .custom(let reply)? = try await ask(transport, told, number) else {
          Issue.record("no reply")
          return
        }
        #expect(reply["failure"] == .string(failure))
        #expect(reply["sent"] == true)
      }
    }
    #expect(server.connections.load(ordering: .relaxed) == 4)
    try server.stop()
  }

  @Test("that was given up for another leaves no answer behind")
  func givenUp() async throws {
    let server = try server { $0 == 0 ? .nothing : .say(":\($0)\r\n+PONG\r\n") }
    try await withTransport(port: server.port) { transport, told in
      transport.submit(Self.two, as: RequestID(client: 0, number: 0), to: Self.node)
      while server.requests.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
      let reply = try await ask(transport, told, 1)
      #expect(reply == .custom(["replies": [1, "PONG"]]))
      #expect(told.all.count == 1)
    }
    try server.stop()
  }

  @Test(
    "gets no answer that is no RESP2, has too many replies or is too long, and goes on elsewhere",
    arguments: [
      ("HTTP/1.1 400 Bad Request\r\n\r\n", "no reply of RESP2 begins with the byte 72"),
      ("+OK\r\n+PONG\r\n+OK\r\n", "more replies than there were commands"),
      ("+\(String(repeating: "x", count: 2000))", "an answer of more than 1000 bytes"),
    ])
  func malformed(answer: String, problem: String) async throws {
    let server = try server { $0 == 0 ? .say(answer) : .say("+OK\r\n+PONG\r\n") }
    let settings = RedisTransport.Settings(answerMax: 1000)
    try await withTransport(port: server.port, settings) { transport, told in
      let reply = try await ask(transport, told, 0)
      #expect(reply == .custom([.string(problem), .string(String(answer.prefix(1000)))]))
      let next = try await ask(transport, told, 1)
      #expect(next == .custom(["replies": ["OK", "PONG"]]))
    }
    #expect(server.connections.load(ordering: .relaxed) == 2)
    try server.stop()
  }

  @Test("needs a port of the name that it goes to")
  func withoutPort() {
    let transport = RedisTransport(on: Self.loop)
    let endpoint = Endpoint(node: Self.node, name: "n1", address: "127.0.0.1", ports: ["peer": 1])
    #expect(throws: MissingPort(node: "n1", port: "client")) {
      try transport.open([endpoint]) { _ in }
    }
  }
}
