import Environments
import LocalProcesses
import Nodes
import Testing
import Values

/// The fixture's nodes in Swift, run by `NodeProcesses`.
@Suite("Node processes", .timeLimit(.minutes(3)))
struct NodeProcessTests {
  private let journal = NodeCommand(fixture, ["journal"], isBundled: true)

  @Test("what was acknowledged survives kill -9, and reaches the peers")
  func survivesKills() throws {
    let cluster = try TestCluster(journal)
    try cluster.environment.start()
    var expected: [Value] = []
    for round in 0..<5 {
      let node = round % 3
      for number in 0..<20 {
        let value: Value = [.integer(round), .integer(number), "ü\n\"\\"]
        #expect(try cluster.ask(node, .broadcast(value)) == .broadcastAccepted)
        expected.append(value)
      }
      #expect(cluster.environment.apply(.kill([NodeID(node)])).tookHold == true)
      #expect(cluster.environment.apply(.restart([NodeID(node)])).tookHold == true)
      guard case .messages(let read)? = try cluster.ask(node, .readAll) else {
        Issue.record("no answer in round \(round)")
        return
      }
      #expect(Set(read).isSuperset(of: expected.suffix(20)))
    }
    for node in 0..<3 {
      #expect(
        try cluster.run {
          guard case .messages(let read)? = try cluster.ask(node, .readAll) else { return false }
          return read.count == expected.count && Set(read) == Set(expected)
        })
    }
    #expect(cluster.events.isEmpty)
  }

  @Test("a stop comes between batches: what was handled is answered, and kept")
  func stopsBetweenBatches() throws {
    let cluster = try TestCluster(journal, count: 1)
    try cluster.environment.start()
    var accepted: Set<Value> = []
    for round in 0..<5 {
      for client in 0..<100 {
        let id = RequestID(client: client, number: round)
        cluster.environment.submit(
          .broadcast(.integer(100 * round + client)), as: id, to: NodeID(0))
      }
      #expect(cluster.environment.apply(.kill(.stop, [NodeID(0)])).did[NodeID(0)] == "stopped")
      #expect(cluster.environment.apply(.restart([NodeID(0)])).tookHold == true)
      guard case .messages(let read)? = try cluster.ask(0, .readAll) else {
        Issue.record("no answer in round \(round)")
        return
      }
      for case .replied(let id, .broadcastAccepted, _) in cluster.events {
        accepted.insert(.integer(100 * id.number + id.client))
      }
      #expect(Set(read).isSuperset(of: accepted))
      // What a process kept it had answered as well, for it ended nowhere between.
      #expect(Set(read) == accepted)
    }
  }

  @Test("many clients at once are all answered")
  func batches() throws {
    let cluster = try TestCluster(journal)
    try cluster.environment.start()
    for client in 0..<300 {
      cluster.environment.submit(
        .broadcast(.integer(client)), as: RequestID(client: client, number: 1), to: NodeID(0))
    }
    #expect(try cluster.run { cluster.events.count == 300 })
    #expect(Set(cluster.events).count == 300)
  }

  @Test("a node that marks what must not be is reported")
  func violatedMark() throws {
    let cluster = try TestCluster(journal)
    try cluster.environment.start()
    let reply = try cluster.ask(1, .generate)
    #expect(reply == .failed(ErrorReply(.notSupported)))
    #expect(
      try cluster.run {
        cluster.events.contains(
          .violated(
            Violation(
              "a request that is not broadcast or read",
              "n2 reached what must never be reached", nodes: [NodeID(1)])))
      })
  }

  @Test("a malformed request is answered with code 12")
  func malformedRequest() throws {
    let cluster = try TestCluster(journal)
    try cluster.environment.start()
    let reply = try cluster.ask(0, .custom(["type": "broadcast"]))
    #expect(
      reply
        == .failed(
          ErrorReply(.malformedRequest, "field \"message\": expected a value, found nothing")))
  }

  @Test("a node whose files can't be written stops and says why")
  func storageFailure() throws {
    let directory = try temporaryDirectory()
    defer { _ = shell("rm -rf \(directory)") }
    let command = NodeCommand(
      "/bin/sh", ["-c", "ulimit -f 1; trap '' XFSZ; exec \(fixture) journal"])
    let cluster = try TestCluster(command, count: 1) { $0.dataDirectory = directory }
    try cluster.environment.start()
    let long = Value.string(String(repeating: "x", count: 10_000))
    #expect(try cluster.ask(0, .broadcast(long), patience: .seconds(2)) == nil)
    guard case .died(_, let status, let lines)? = cluster.events.first else {
      Issue.record("no report: \(cluster.events)")
      return
    }
    #expect(status == "exit status 1")
    #expect(
      lines.first == "the node stops: can't write \(directory)/n1/journal: File too large")
  }

  @Test("alone, a node waits for init, answers what came early, and ends with its input")
  func alone() throws {
    let directory = try temporaryDirectory()
    defer { _ = shell("rm -rf \(directory)") }
    let lines = [
      #"{"src":"someone","dest":"a","body":{"type":"read","msg_id":0}}"#, "garbage",
      #"{"src":"c1","dest":"a","body":{"type":"init","msg_id":9,"node_id":"a","node_ids":["a"]}}"#,
      #"{"id":3,"src":"c1","dest":"a","body":{"type":"broadcast","message":1.5,"msg_id":10}}"#,
      #"{"src":"c1","dest":"a","body":{"type":"read"}}"#,
    ]
    let input = lines.map { "'\($0)'" }.joined(separator: " ")
    let command =
      "printf '%s\\n' \(input) | \(fixture) journal --data \(directory)/data "
      + ">\(directory)/out 2>\(directory)/err"
    #expect(shell(command) == 0)
    let replies = try text(ofFile: "\(directory)/out").split(separator: "\n")
      .map { try Value(json: String($0)) }
    #expect(
      replies == [
        ["src": "a", "dest": "c1", "body": ["type": "init_ok", "in_reply_to": 9]],
        [
          "src": "a", "dest": "someone",
          "body": ["type": "read_ok", "messages": [], "in_reply_to": 0],
        ],
        [
          "src": "a", "dest": "c1",
          "body": [
            "type": "error", "code": 12, "text": "field \"msg_id\": expected an integer",
            "in_reply_to": nil,
          ],
        ],
        ["src": "a", "dest": "c1", "body": ["type": "broadcast_ok", "in_reply_to": 10]],
      ])
    #expect(text(ofFile: "\(directory)/err") == "not a message: garbage\n")
    #expect(text(ofFile: "\(directory)/data/journal").utf8.count > 0)
  }

  @Test(
    "the network carries at least 30,000 messages a second between nodes",
    arguments: [0, .microseconds(500)] as [Nanoseconds])
  func throughput(latency: Nanoseconds) throws {
    let bouncer = NodeCommand(fixture, ["bouncer"], isBundled: true)
    let cluster = try TestCluster(bouncer, count: 2) {
      $0.latency = .exponential(mean: latency)
    }
    try cluster.environment.start()
    #expect(try cluster.ask(0, .addDelta(256)) == .added)
    let before = cluster.environment.traffic.delivered
    let start = cluster.environment.now
    try cluster.run(for: .seconds(2))
    let count = cluster.environment.traffic.delivered - before
    let time = cluster.environment.now - start
    let rate = Int64(count) * 1_000_000_000 / time
    print("delivered messages a second with a latency of \(latency.durationText): \(rate)")
    #expect(rate > 30_000)
  }
}
