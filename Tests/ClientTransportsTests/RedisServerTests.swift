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

/// Where Redis is on this machine.
private let redisPath = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

private let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

/// A Redis on loopback that logs to a file, in a folder of its own.
private final class Redis {
  let folder: URL
  let port: Int
  private var process = Foundation.Process()

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("shrike-redis-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    port = unusedPort(on: loop)
  }

  func start(_ more: String...) throws {
    process = Foundation.Process()
    process.executableURL = URL(fileURLWithPath: try #require(redisPath))
    process.arguments =
      [
        "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.path, "--save", "",
        "--appendonly", "yes", "--appendfsync", "always",
      ] + more
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

/// Clients of Redis that do one operation after another, over a transport.
private final class Session {
  let told = Told()
  let transport: RedisTransport
  private var number = 0

  init(_ redis: Redis, timeout: Nanoseconds = .seconds(10)) throws {
    transport = RedisTransport(on: loop, .init(timeout: timeout))
    try transport.open(
      [Endpoint(node: NodeID(0), name: "n1", address: "127.0.0.1", ports: ["client": redis.port])],
      report: told.note)
  }

  func reply(to request: Request) async throws -> Reply {
    number += 1
    let id = RequestID(client: 0, number: number)
    transport.submit(request, as: id, to: NodeID(0))
    return try #require(try await told.reply(to: id))
  }

  func perform(
    _ client: inout RedisClient, _ f: String, _ value: Value = nil
  ) async throws -> Completion {
    var step = client.begin(f, value, ValueMap())
    while true {
      switch step {
      case .complete(let completion): return completion
      case .ask(let request): step = client.receive(try await reply(to: request))
      }
    }
  }

  /// Waits until the server does what it is asked to.
  func awaitAnswer() async throws {
    for _ in 0..<200 {
      if try await reply(to: .custom(["commands": [["PING"]]])) == .custom(["replies": ["PONG"]]) {
        return
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("Redis does not answer")
  }

  deinit { transport.close() }
}

@Suite(
  "Redis over RESP2", .serialized, .timeLimit(.minutes(5)),
  .enabled(if: redisPath != nil, "Redis is not installed: apt-get install redis-server"))
struct RedisServerTests {
  private func client(_ workload: String, lease: Nanoseconds = .seconds(30)) throws -> RedisClient {
    try #require(RedisClient(workload: workload, .init(lease: lease)))
  }

  @Test("does what each workload asks of it")
  func operations() async throws {
    let redis = try Redis()
    try redis.start()
    let session = try Session(redis)
    try await session.awaitAnswer()
    func check(
      _ client: inout RedisClient, _ f: String, _ value: Value = nil,
      _ type: Histories.Operation.Kind = .ok, answers expected: Value? = nil
    ) async throws {
      let completion = try await session.perform(&client, f, value)
      #expect(completion.type == type, "\(f) \(value.json): \(completion)")
      if let expected { #expect(completion.value == expected) }
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
    try await check(&set, "add", 2)
    let read = try await session.perform(&set, "read").value?.elements ?? []
    #expect(read.compactMap(\.integer).sorted() == [0, 1, 2])
    var lists = try client("txn-list-append")
    try await check(
      &lists, "txn", [["r", 1, nil], ["append", 1, 5], ["r", 1, nil]],
      answers: [["r", 1, []], ["append", 1, 5], ["r", 1, [5]]])
    try await check(&lists, "txn", [["append", 1, 6], ["append", 2, 7]])
    try await check(
      &lists, "txn", [["r", 1, nil], ["r", 2, nil]], answers: [["r", 1, [5, 6]], ["r", 2, [7]]])
    var one = try client("lock")
    var other = try client("lock")
    try await check(&one, "acquire")
    try await check(&other, "acquire", nil, .fail)
    try await check(&one, "refresh")
    try await check(&one, "release")
    try await check(&other, "acquire")
    try await check(&other, "release")
  }

  @Test("refuses what it can't do, and does none of it")
  func refusals() async throws {
    let redis = try Redis()
    try redis.start("--replica-serve-stale-data", "no")
    let session = try Session(redis)
    try await session.awaitAnswer()
    func configure(_ words: Value...) async throws {
      let reply = try await session.reply(to: .custom(["commands": [.list(words)]]))
      #expect(reply == .custom(["replies": ["OK"]]))
    }
    var registers = try client("lin-kv")
    var lists = try client("txn-list-append")
    var lock = try client("lock")
    func expectRefusals(_ code: String) async throws {
      let asked: [Completion] = [
        try await session.perform(&registers, "write", [1, 9]),
        try await session.perform(&registers, "cas", [1, [1, 9]]),
        try await session.perform(&lists, "txn", [["append", 1, 9], ["r", 1, nil]]),
        try await session.perform(&lock, "acquire"),
      ]
      for completion in asked {
        #expect(completion.type == .fail, "\(code): \(completion)")
        #expect(completion.error?.elements?.first == .string(code))
      }
    }
    let written = try await session.perform(&registers, "write", [1, 1])
    #expect(written.type == .ok)
    try await configure("CONFIG", "SET", "min-replicas-to-write", "1")
    try await expectRefusals("noreplicas")
    try await configure("CONFIG", "SET", "min-replicas-to-write", "0")
    try await configure("CONFIG", "SET", "maxmemory", "1")
    try await expectRefusals("oom")
    try await configure("CONFIG", "SET", "maxmemory", "0")
    // A list where a register is wanted, and the other way round.
    try await configure("SET", "txn-list-append/2", "x")
    let partial = try await session.perform(&lists, "txn", [["append", 2, 9], ["append", 3, 9]])
    #expect(partial.type == .info, "\(partial)")
    let lists3 = try await session.perform(&lists, "txn", [["r", 1, nil], ["r", 3, nil]])
    #expect(lists3.value == [["r", 1, []], ["r", 3, [9]]])
    let read = try await session.perform(&registers, "read", [1, nil])
    #expect(read.value == [1, 1])
    // Nobody is its master.
    try await configure("REPLICAOF", "127.0.0.1", "1")
    let stale = try await session.perform(&registers, "read", [1, nil])
    #expect(stale.type == .fail)
    #expect(stale.error?.elements?.first == "masterdown")
    try await configure("CONFIG", "SET", "replica-serve-stale-data", "yes")
    try await expectRefusals("readonly")
  }

  @Test("leaves writes open while it is paused, and certainly gets none when it is killed")
  func faults() async throws {
    let redis = try Redis()
    try redis.start()
    let session = try Session(redis, timeout: .milliseconds(500))
    try await session.awaitAnswer()
    var registers = try client("lin-kv")
    let written = try await session.perform(&registers, "write", [1, 1])
    #expect(written.type == .ok)
    redis.pause()
    var completion = try await session.perform(&registers, "write", [1, 2])
    #expect(completion.type == .info)
    completion = try await session.perform(&registers, "read", [1, nil])
    #expect(completion.type == .fail)
    redis.resume()
    redis.kill()
    completion = try await session.perform(&registers, "write", [1, 3])
    #expect(completion.type == .fail)
    #expect(completion.error?.elements?.first == "refused")
    // What it acknowledged is still there, by the same transport.
    try redis.start()
    try await session.awaitAnswer()
    completion = try await session.perform(&registers, "read", [1, nil])
    let read = completion.value?.elements?.last
    #expect(read == 1 || read == 2, "\(completion)")
  }

  @Test("refuses writes while it reads its file")
  func loading() async throws {
    let redis = try Redis()
    try redis.start()
    let session = try Session(redis)
    try await session.awaitAnswer()
    let fill = Value.list((0..<8000).map { ["RPUSH", "l", .string("\($0)")] })
    _ = try await session.reply(to: .custom(["commands": fill]))
    redis.kill()
    // It answers after each thousand commands that it read, of which each takes 0.1 ms at least.
    try redis.start("--key-load-delay", "100")
    var set = try client("g-set")
    var seen: Set<String> = []
    var completion = Completion(.fail)
    for _ in 0..<400 where completion.type == .fail {
      completion = try await session.perform(&set, "add", 1)
      if let code = completion.error?.elements?.first?.name { seen.insert(code) }
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(completion.type == .ok, "\(completion)")
    #expect(seen.contains("loading"), "\(seen)")
  }

  @Test("takes a lock away that is not refreshed, and tells so who asks")
  func lease() async throws {
    let redis = try Redis()
    try redis.start()
    let session = try Session(redis)
    try await session.awaitAnswer()
    var one = try client("lock", lease: .milliseconds(300))
    var other = try client("lock", lease: .seconds(30))
    let first = try await session.perform(&one, "acquire")
    #expect(first.extra["token"] == 1)
    var second = Completion(.fail)
    for _ in 0..<100 where second.type != .ok {
      second = try await session.perform(&other, "acquire")
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(second.type == .ok)
    #expect(second.extra["token"] == 2)
    let refresh = try await session.perform(&one, "refresh")
    #expect(refresh.error == "not-held")
    let release = try await session.perform(&one, "release")
    #expect(release.error == "not-held")
    let held = try await session.perform(&other, "refresh")
    #expect(held.type == .ok)
  }
}
