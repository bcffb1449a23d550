import ClientTransports
import Clients
import Environments
import Foundation
import Histories
import NIOCore
import NIOPosix
import Nodes
import Testing
import Values
import Workloads

/// Where etcd is on this machine.
private let etcdPath = ["/usr/bin/etcd", "/usr/local/bin/etcd"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

private let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

/// A single etcd on loopback, in a folder of its own.
private final class Etcd {
  let folder: URL
  let client: Int
  private let peer: Int
  private var process = Foundation.Process()

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("shrike-etcd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    client = unusedPort(on: loop)
    peer = unusedPort(on: loop)
  }

  func start() throws {
    let clients = "http://127.0.0.1:\(client)"
    let peers = "http://127.0.0.1:\(peer)"
    process = Foundation.Process()
    process.executableURL = URL(fileURLWithPath: try #require(etcdPath))
    process.arguments = [
      "--logger=zap", "--log-level=error", "--name", "n1", "--data-dir",
      folder.appendingPathComponent("data").path, "--listen-peer-urls", peers,
      "--initial-advertise-peer-urls", peers, "--listen-client-urls", clients,
      "--advertise-client-urls", clients, "--initial-cluster", "n1=\(peers)",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  func kill() {
    guard process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func pause() { Foundation.kill(process.processIdentifier, SIGSTOP) }
  func resume() { Foundation.kill(process.processIdentifier, SIGCONT) }

  deinit {
    kill()
    try? FileManager.default.removeItem(at: folder)
  }
}

/// Clients of etcd that do one operation after another, over a transport.
private final class Session {
  let told = Told()
  let transport: HTTPTransport
  private var number = 0

  init(_ etcd: Etcd, timeout: Nanoseconds = .seconds(10)) throws {
    transport = HTTPTransport(on: loop, .init(timeout: timeout))
    try transport.open(
      [Endpoint(node: NodeID(0), name: "n1", address: "127.0.0.1", ports: ["client": etcd.client])],
      report: told.note)
  }

  func perform(
    _ client: inout EtcdClient, _ f: String, _ value: Value = nil
  ) async throws -> Completion {
    var step = client.begin(f, value, ValueMap())
    while true {
      switch step {
      case .complete(let completion): return completion
      case .ask(let request):
        number += 1
        let id = RequestID(client: 0, number: number)
        transport.submit(request, as: id, to: NodeID(0))
        step = client.receive(try #require(try await told.reply(to: id)))
      }
    }
  }

  deinit { transport.close() }
}

@Suite(
  "etcd over HTTP", .serialized, .timeLimit(.minutes(5)),
  .enabled(if: etcdPath != nil, "etcd is not installed: apt-get install etcd-server"))
struct HTTPEtcdTests {
  private func client(_ workload: String, leaseSeconds: Int = 2) throws -> EtcdClient {
    try #require(EtcdClient(workload: workload, .init(leaseSeconds: leaseSeconds)))
  }

  /// An etcd that is ready, as its probes tell.
  private func ready() async throws -> Etcd {
    let etcd = try Etcd()
    try etcd.start()
    let told = Told()
    let probes = HTTPProbes(
      on: loop,
      .init(
        ready: .http(
          HTTPProbe(
            port: etcd.client, path: "/health", condition: .contains("\"health\":\"true\""))),
        leader: .http(
          HTTPProbe(
            port: etcd.client, path: "/v3/maintenance/status", body: "{}",
            condition: .equal("leader", "header.member_id")))))
    probes.open(
      [Endpoint(node: NodeID(0), name: "n1", address: "127.0.0.1", ports: [:])], report: told.note)
    defer { probes.close() }
    let role = try await told.first { $0 == .role(NodeID(0), "leader") }
    try #require(role != nil)
    #expect(told.all == [.reachable(NodeID(0)), .role(NodeID(0), "leader")])
    return etcd
  }

  @Test("does what each workload asks of it")
  func operations() async throws {
    let etcd = try await ready()
    let session = try Session(etcd)
    var revisions: [Int] = []
    func check(
      _ client: inout EtcdClient, _ f: String, _ value: Value = nil,
      _ type: Histories.Operation.Kind = .ok, answers expected: Value? = nil
    ) async throws {
      let completion = try await session.perform(&client, f, value)
      #expect(completion.type == type, "\(f) \(value.json): \(completion)")
      if let expected { #expect(completion.value == expected) }
      revisions.append(try #require(completion.extra["revision"]?.integer))
    }
    var registers = try client("lin-kv")
    try await check(&registers, "read", [1, nil], answers: [1, nil])
    try await check(&registers, "cas", [1, [1, 2]], .fail)
    try await check(&registers, "write", [1, 1])
    try await check(&registers, "cas", [1, [1, 2]])
    try await check(&registers, "cas", [1, [1, 3]], .fail)
    try await check(&registers, "read", [1, nil], answers: [1, 2])
    var set = try client("g-set")
    try await check(&set, "read", answers: [])
    for element in 0..<3 { try await check(&set, "add", .integer(element)) }
    try await check(&set, "read", answers: [0, 1, 2])
    var lists = try client("txn-list-append")
    try await check(
      &lists, "txn", [["r", 1, nil], ["append", 1, 5], ["r", 1, nil]],
      answers: [["r", 1, []], ["append", 1, 5], ["r", 1, [5]]])
    try await check(&lists, "txn", [["append", 1, 6], ["append", 2, 7]])
    try await check(
      &lists, "txn", [["r", 1, nil], ["r", 2, nil]], answers: [["r", 1, [5, 6]], ["r", 2, [7]]])
    var one = try client("lock", leaseSeconds: 30)
    var other = try client("lock", leaseSeconds: 30)
    try await check(&one, "acquire")
    try await check(&other, "acquire", nil, .fail)
    try await check(&one, "refresh")
    try await check(&one, "release")
    try await check(&other, "acquire")
    try await check(&other, "release")
    #expect(revisions == revisions.sorted())
  }

  @Test("loses a transaction that raced with another")
  func conflict() async throws {
    let etcd = try await ready()
    let session = try Session(etcd)
    var slow = try client("txn-list-append")
    guard case .ask(let snapshot) = slow.begin("txn", [["append", 1, 1]], ValueMap()) else {
      Issue.record("no request")
      return
    }
    session.transport.submit(snapshot, as: RequestID(client: 1, number: 1), to: NodeID(0))
    let found = try #require(try await session.told.reply(to: RequestID(client: 1, number: 1)))
    var fast = try client("txn-list-append")
    let done1 = try await session.perform(&fast, "txn", [["append", 1, 2]])
    #expect(done1.type == .ok)
    guard case .ask(let write) = slow.receive(found) else {
      Issue.record("no request")
      return
    }
    session.transport.submit(write, as: RequestID(client: 1, number: 2), to: NodeID(0))
    let lost = try #require(try await session.told.reply(to: RequestID(client: 1, number: 2)))
    guard case .complete(let completion) = slow.receive(lost) else {
      Issue.record("no completion")
      return
    }
    #expect(completion.type == .fail)
    #expect(completion.error == "txn-conflict")
  }

  @Test("leaves writes open while it is paused, and certainly gets none when it is killed")
  func faults() async throws {
    let etcd = try await ready()
    let session = try Session(etcd, timeout: .milliseconds(500))
    var registers = try client("lin-kv")
    let done2 = try await session.perform(&registers, "write", [1, 1])
    #expect(done2.type == .ok)
    etcd.pause()
    var completion = try await session.perform(&registers, "write", [1, 2])
    #expect(completion.type == .info)
    completion = try await session.perform(&registers, "read", [1, nil])
    #expect(completion.type == .fail)
    etcd.resume()
    etcd.kill()
    completion = try await session.perform(&registers, "write", [1, 3])
    #expect(completion.type == .fail)
    #expect(completion.error?.elements?.first == "refused")
    completion = try await session.perform(&registers, "read", [1, nil])
    #expect(completion.type == .fail)
    // What it acknowledged is still there, by the same transport.
    try etcd.start()
    var attempts = 0
    repeat {
      try await Task.sleep(for: .milliseconds(100))
      completion = try await session.perform(&registers, "read", [1, nil])
      attempts += 1
    } while completion.type != .ok && attempts < 100
    let read = completion.value?.elements?.last
    #expect(read == 1 || read == 2, "\(completion)")
  }

  @Test("takes a lock away whose lease is not refreshed, and tells so who asks")
  func lease() async throws {
    let etcd = try await ready()
    let session = try Session(etcd)
    var one = try client("lock", leaseSeconds: 1)
    var other = try client("lock", leaseSeconds: 1)
    let done3 = try await session.perform(&one, "acquire")
    #expect(done3.type == .ok)
    var attempts = 0
    while try await session.perform(&other, "acquire").type != .ok, attempts < 100 {
      try await Task.sleep(for: .milliseconds(100))
      attempts += 1
    }
    #expect(attempts < 100)
    let refresh = try await session.perform(&one, "refresh")
    #expect(refresh.type == .fail)
    #expect(refresh.error == "not-held")
    let release = try await session.perform(&one, "release")
    #expect(release.type == .fail)
    #expect(release.error == "not-held")
  }
}
