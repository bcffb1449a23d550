import Environments
import Manifests
import Testing
import Values

@Suite("The manifest of Redis")
struct RedisTests {
  private func redis() throws -> SystemManifest {
    try #require(SystemManifest.builtIn(named: "redis"))
  }

  @Test("starts a server that logs to a file")
  func flags() throws {
    let redis = try redis()
    let node = try redis.resolved(for: NodeID(0), in: try cluster(of: redis, count: 1))
    #expect(
      node.start.words == [
        "redis-server", "--port", "6379", "--bind", "10.213.0.11", "--protected-mode", "no",
        "--dir", "/run/shrike/n1/data", "--save", "", "--appendonly", "yes", "--appendfsync",
        "everysec",
      ])
    #expect(
      node.ready?.probe
        == .command(["redis-cli", "-e", "-h", "10.213.0.11", "-p", "6379", "ping"]))
    #expect(node.ready?.limit == .seconds(30))
    #expect(node.leader == nil)
    #expect(node.stop == .init(signal: .terminate, patience: .seconds(10)))
  }

  @Test("says what it promises, what it survives, and what is known of it")
  func promises() throws {
    let redis = try redis()
    #expect(redis.packages == ["redis-server"])
    #expect(redis.programs == ["redis-server", "redis-cli"])
    #expect(redis.nodeCount == 1 && redis.nodeCountMax == 1)
    #expect(redis.workloads.map(\.name) == ["lin-kv", "g-set", "txn-list-append", "lock"])
    #expect(redis.survives == ["kill", "pause", "cpu"])
    #expect(redis.known.map(\.anomaly) == ["lost"])
    #expect(redis.client == .redis(port: "client"))
    #expect(
      try redis.options(given: [:])
        == ["appendonly": "yes", "appendfsync": "everysec", "lease-ttl": "2s"])
    #expect(throws: DeploymentError.self) { try redis.options(given: ["appendfsync": "never"]) }
  }
}
