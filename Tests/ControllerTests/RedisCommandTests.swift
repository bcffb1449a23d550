import Glibc
import Testing
import Values

private let hasLab = geteuid() == 0 && access("/usr/sbin/nft", X_OK) == 0
private let hasRedis = access("/usr/bin/redis-server", X_OK) == 0

@Suite("Redis on a host of the lab", .serialized, .timeLimit(.minutes(3)))
struct RedisCommandTests {
  @Test(
    "keeps what it acknowledged, though it is killed and paused",
    .enabled(if: hasLab, "hosts in namespaces need root and nftables"),
    .enabled(if: hasRedis, "Redis is not installed: apt-get install redis-server"),
    arguments: ["g-set", "lin-kv", "txn-list-append"])
  func valid(workload: String) throws {
    let workshop = try Workshop()
    let end = try workshop.run(
      "test", "redis", "-w", workload, "--results", "\(workshop.path)/results", "--json", "--seed",
      "7", "--option", "appendfsync=always", "--concurrency", "4", "--rate", "100", "--nemesis",
      "kill,pause", "--nemesis-interval", "1s", "--time-limit", "5s")
    #expect(end.code == 0, "\(end.errors)")
    let folder = try #require(try Value(json: end.output)["run"]?.name)
    let history = text(ofFile: "\(folder)/history.jsonl") ?? ""
    #expect(history.split(separator: "\n").count { $0.contains("\"type\":\"ok\"") } > 10)
    let faults = (text(ofFile: "\(folder)/faults.jsonl") ?? "").split(separator: "\n")
      .compactMap { try? Value(json: Array($0.utf8)[...]) }
    for family in ["kill", "pause"] {
      #expect(faults.contains { $0["family"]?.name == family && $0["tookHold"] == true })
    }
    #expect(workshop.becomesQuiet)
  }

  @Test("is a single node, and has its own words for options")
  func refusals() throws {
    let workshop = try Workshop()
    let many = try workshop.run("test", "redis", "--node-count", "3")
    #expect(many.code == 64)
    #expect(many.errors == "shrike: nodes: redis has 1 at most, as its manifest says, not 3\n")
    let option = try workshop.run("test", "redis", "--option", "appendfsync=never")
    #expect(option.code == 64)
    #expect(option.errors.hasPrefix("shrike: --option appendfsync=never: "))
    let lease = try workshop.run(
      "test", "redis", "--workload", "lock", "--option", "lease-ttl=10ms")
    #expect(lease.code == 64)
    #expect(
      lease.errors
        == "shrike: option lease-ttl: \"10ms\" is not a duration of a second or more\n")
  }
}
