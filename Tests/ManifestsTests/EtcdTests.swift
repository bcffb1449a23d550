import Environments
import Manifests
import Testing
import Values

@Suite("The manifest of etcd")
struct EtcdTests {
  private func etcd() throws -> SystemManifest {
    try #require(SystemManifest.builtIn(named: "etcd"))
  }

  @Test(
    "starts each member of three and of five with the flags that are known to work",
    arguments: [3, 5])
  func flags(count: Int) throws {
    let etcd = try etcd()
    let cluster = try cluster(of: etcd, count: count)
    let members = (1...count).map { "n\($0)=http://10.213.0.1\($0):2380" }.joined(separator: ",")
    for index in 1...count {
      let node = try etcd.resolved(for: NodeID(index - 1), in: cluster)
      let address = "10.213.0.1\(index)"
      #expect(
        node.start.words == [
          "etcd", "--logger=zap", "--log-level=warn", "--name=n\(index)",
          "--data-dir=/run/shrike/n\(index)/data",
          "--listen-peer-urls=http://\(address):2380",
          "--initial-advertise-peer-urls=http://\(address):2380",
          "--listen-client-urls=http://\(address):2379,http://127.0.0.1:2379",
          "--advertise-client-urls=http://\(address):2379", "--initial-cluster=\(members)",
          "--initial-cluster-state=new", "--initial-cluster-token=jt",
          "--heartbeat-interval=100", "--election-timeout=1000", "--snapshot-count=1000",
        ])
      #expect(node.data == "/run/shrike/n\(index)/data")
      #expect(node.start.directory == "/run/shrike/n\(index)")
      #expect(node.start.user == nil)
      #expect(
        node.ready?.probe
          == .http(
            HTTPProbe(port: 2379, path: "/health", condition: .contains("\"health\":\"true\""))))
      #expect(node.ready?.limit == .seconds(20))
      #expect(
        node.leader
          == .http(
            HTTPProbe(
              port: 2379, path: "/v3/maintenance/status", body: "{}",
              condition: .equal("leader", "header.member_id"))))
      #expect(node.stop == .init(signal: .terminate, patience: .seconds(10)))
    }
  }

  @Test("says what it promises, what it survives, and what is known of it")
  func promises() throws {
    let etcd = try etcd()
    #expect(etcd.packages == ["etcd-server"])
    #expect(etcd.programs == ["etcd"])
    #expect(etcd.workloads.map(\.name) == ["lin-kv", "g-set", "txn-list-append", "lock"])
    #expect(
      etcd.survives == [
        "partition", "kill", "pause", "delay", "loss", "duplicate", "reorder", "corrupt", "rate",
        "clog", "clock", "cpu", "memory", "disk:power-loss",
      ])
    #expect(etcd.known.map(\.anomaly) == ["stale-linearizable-read"])
    #expect(etcd.client == .etcd(port: "client"))
    #expect(try etcd.options(given: [:]) == ["serializable-reads": "false", "lease-ttl": "2s"])
  }

  @Test("is one of those that come along")
  func others() throws {
    #expect(SystemManifest.builtInNames == ["etcd", "redis"])
    #expect(SystemManifest.builtIn(named: "etcdd") == nil)
  }
}
