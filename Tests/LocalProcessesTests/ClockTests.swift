import Environments
import LocalProcesses
import Nodes
import ProcessClocks
import Processes
import Testing
import Values

@Suite(
  "Clocks of local processes", .timeLimit(.minutes(1)),
  .enabled(if: ProcessClocks.problem == nil, "clocks of processes can't be changed here"))
struct ClockTests {
  /// Echoes what time it is, in nanoseconds.
  private let script = """
    import json, sys, time
    for line in sys.stdin:
      message = json.loads(line); body = message["body"]
      answer = {"type": body["type"] + "_ok", "in_reply_to": body["msg_id"], "echo": time.time_ns()}
      if body["type"] == "init": del answer["echo"]
      name = body.get("node_id", message["dest"])
      print(json.dumps({"src": name, "dest": message["src"], "body": answer}), flush=True)
    """

  private func error(_ cluster: TestCluster, _ node: Int) throws -> Nanoseconds {
    guard case .echo(.integer(let shown)) = try cluster.ask(node, .echo(1)) else {
      Issue.record("no time")
      return 0
    }
    return Int64(shown) - wallTime()
  }

  @Test("a node's wall clock is as it was set, also after a restart, and right after a reset")
  func changes() throws {
    let cluster = try TestCluster(NodeCommand("python3", ["-c", script])) { settings in
      settings.restartPatience = .seconds(20)
      settings.clockRecord = settings.dataDirectory + "-clocks.csv"
    }
    let environment = cluster.environment
    try environment.start()
    let (n1, n2) = (NodeID(0), NodeID(1))
    #expect(environment.support(for: .clock) == .supported)
    let tolerance = -Nanoseconds.seconds(5)...0
    #expect(try tolerance ~= error(cluster, 0))
    var report = environment.apply(.skew([n1: .offset(.seconds(1_000)), n2: .freeze]))
    #expect(
      report
        == FaultReport(did: [n1: "offset 1000s", n2: "freeze of the wall clock"], tookHold: true))
    #expect(try tolerance ~= error(cluster, 0) - .seconds(1_000))
    let (first, second) = (try cluster.ask(1, .echo(1)), try cluster.ask(1, .echo(1)))
    #expect(first == second && first != nil, "it stands still")
    #expect(try tolerance ~= error(cluster, 2))

    #expect(environment.apply(.kill([n1])).tookHold == true)
    report = environment.apply(.skew([n1: .step(.seconds(-3_000))]))
    #expect(report == FaultReport(did: [n1: "step -3000s, once it runs"], tookHold: false))
    #expect(environment.apply(.restart([n1])).tookHold == true)
    #expect(try tolerance ~= error(cluster, 0) + .seconds(2_000))

    report = environment.apply(.resetClocks)
    #expect(report == FaultReport(did: [n1: "reset", n2: "reset"], tookHold: true))
    for node in 0..<3 { #expect(try tolerance ~= error(cluster, node)) }
    #expect(environment.apply(.resetClocks) == FaultReport())
    let record = try contents(cluster.directory + "/data-clocks.csv").split(separator: "\n")
    #expect(record.first == "time,node,offset" && record.contains { $0.contains(",n1,1000.0") })
  }

  private func contents(_ path: String) throws -> String {
    String(decoding: try #require(bytes(ofFile: path)), as: UTF8.self)
  }
}
