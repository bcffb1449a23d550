import ClientTransports
import Environments
import NIOCore
import NIOPosix
import Nodes
import Synchronization
import Testing
import Values

@Suite("Probes over HTTP", .timeLimit(.minutes(5)))
struct HTTPProbesTests {
  private static let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
  private static let node = NodeID(4)

  private func probes(
    ready: Probe?, leader: Probe? = nil, _ body: (Told) async throws -> Void
  ) async throws {
    let told = Told()
    let probes = HTTPProbes(
      on: Self.loop,
      .init(
        ready: ready, leader: leader, interval: .milliseconds(10), timeout: .milliseconds(200)))
    probes.open(
      [Endpoint(node: Self.node, name: "n5", address: "127.0.0.1", ports: [:])],
      report: told.note)
    defer { probes.close() }
    try await body(told)
  }

  @Test("tell when a port opens and closes")
  func ports() async throws {
    let first = try ScriptedServer(on: Self.loop) { _ in .nothing }
    let port = first.port
    try first.stop()
    try await probes(ready: .port(port)) { told in
      try await Task.sleep(for: .milliseconds(60))
      #expect(told.all.isEmpty)
      let server = try await ServerBootstrap(group: Self.loop)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: "127.0.0.1", port: port).get()
      let seen1 = try await told.first { $0 == .reachable(Self.node) }
      #expect(seen1 != nil)
      try await server.close()
      let gone = try await told.first { event in
        if case .unreachable(Self.node, _) = event { true } else { false }
      }
      #expect(gone != nil)
      #expect(told.all.count == 2)
    }
  }

  @Test("tell who leads, and when that changes")
  func roles() async throws {
    let leads = Atomic<Bool>(false)
    let server = try ScriptedServer(on: Self.loop) { _ in
      let leader = leads.load(ordering: .relaxed) ? "7" : "8"
      return .say(http("{\"header\":{\"member_id\":\"7\"},\"leader\":\"\(leader)\"}"))
    }
    let leader = Probe.http(
      HTTPProbe(
        port: server.port, path: "/v3/maintenance/status", body: "{}",
        condition: .equal("leader", "header.member_id")))
    try await probes(ready: .port(server.port), leader: leader) { told in
      let seen2 = try await told.first { $0 == .role(Self.node, "follower") }
      #expect(seen2 != nil)
      leads.store(true, ordering: .relaxed)
      let seen3 = try await told.first { $0 == .role(Self.node, "leader") }
      #expect(seen3 != nil)
      #expect(
        told.all == [
          .reachable(Self.node), .role(Self.node, "follower"), .role(Self.node, "leader"),
        ])
    }
    #expect(
      server.requests.withLock { $0[0] }.hasPrefix("POST /v3/maintenance/status HTTP/1.1\r\n"))
    try server.stop()
  }

  @Test("of leaders go on where a program tells who is ready")
  func withoutReadiness() async throws {
    let server = try ScriptedServer(on: Self.loop) { _ in .say(http("yes")) }
    let leader = Probe.http(HTTPProbe(port: server.port, path: "/"))
    try await probes(ready: .command(["true"]), leader: leader) { told in
      let seen4 = try await told.first { $0 == .role(Self.node, "leader") }
      #expect(seen4 != nil)
      #expect(told.all == [.role(Self.node, "leader")])
    }
    try server.stop()
  }

  @Test(
    "mean yes by what an answer says",
    arguments: [
      (HTTPProbe.Condition.answered, "x", true),
      (.contains("\"true\""), "{\"health\":\"true\"}", true),
      (.contains("true"), "{\"health\":\"false\"}", false),
      (.equal("a", "b.c"), "{\"a\":1,\"b\":{\"c\":1}}", true),
      (.equal("a", "b.c"), "{\"a\":1,\"b\":{\"c\":2}}", false),
      (.equal("a", "b.c"), "{\"d\":1}", false), (.field("a", 3), "{\"a\":3}", true),
      (.field("a", 3), "{\"a\":\"3\"}", false), (.field("a", 3), "no JSON", false),
    ])
  func conditions(condition: HTTPProbe.Condition, body: String, isYes: Bool) async throws {
    let server = try ScriptedServer(on: Self.loop) { _ in .say(http(body)) }
    let probe = Probe.http(HTTPProbe(port: server.port, path: "/", condition: condition))
    try await probes(ready: nil, leader: probe) { told in
      let role = try await told.first { if case .role = $0 { true } else { false } }
      #expect(role == .role(Self.node, isYes ? "leader" : "follower"))
    }
    try server.stop()
  }

  @Test("take neither errors nor silence for an answer")
  func silence() async throws {
    let server = try ScriptedServer(on: Self.loop) { request in
      switch request {
      case 0: .say(http("", status: "503 Service Unavailable"))
      case 1: .say(http(""))
      default: .nothing
      }
    }
    let probe = Probe.http(HTTPProbe(port: server.port, path: "/health"))
    try await probes(ready: probe) { told in
      let reason = "it does not answer within 200 ms"
      let seen5 = try await told.first { $0 == .unreachable(Self.node, reason) }
      #expect(seen5 != nil)
      #expect(told.all == [.reachable(Self.node), .unreachable(Self.node, reason)])
    }
    try server.stop()
  }
}
