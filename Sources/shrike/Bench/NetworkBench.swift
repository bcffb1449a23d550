import Algorithms
import Controller
import Environments
import LocalProcesses
import Nodes
import Values

/// How many messages a second the local network delivers between real processes.
enum NetworkBench {
  static let messageCount = 400_000

  static func messages() throws -> Measurement {
    let names = NodeNames.numbered(count: 2)
    var settings = LocalSettings(
      names: names,
      command: NodeCommand(ownExecutable, ["node", "relay"], isBundled: true),
      dataDirectory: "/tmp/shrike-bench/relay")
    settings.supervisor = [ownExecutable, "supervise"]
    let cluster = try LocalProcesses(settings)
    defer { cluster.stop() }
    try cluster.start()
    let before = cluster.traffic.delivered
    let began = monotonicSeconds()
    let id = RequestID(client: 1, number: 1)
    cluster.submit(Relay.request(count: messageCount, window: 256), as: id, to: NodeID(0))
    var isDone = false
    while !isDone, monotonicSeconds() - began < 60 {
      for case .replied(id, _, _) in try cluster.advance(until: cluster.now + .seconds(1)) {
        isDone = true
      }
    }
    let seconds = monotonicSeconds() - began
    return Measurement(
      what: "delivered messages a second between real processes",
      figure: Double(cluster.traffic.delivered - before) / seconds, unit: "/s", must: 30_000,
      stretch: 100_000)
  }
}
