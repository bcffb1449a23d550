import Environments
import LocalProcesses
import Nodes
import Testing
import Values

private let echo = NodeCommand(pythonNode("echo.py"))
private let broadcast = NodeCommand(pythonNode("broadcast.py"))

private func links(_ pairs: (Int, Int)...) -> [Link] {
  pairs.map { Link(from: NodeID($0), to: NodeID($1)) }
}

@Suite("Local processes", .timeLimit(.minutes(3)))
struct LocalProcessesTests {
  @Test("a node in Python answers through the network")
  func echoes() throws {
    let cluster = try TestCluster(echo)
    try cluster.environment.start()
    for node in 0..<3 {
      let value: Value = ["some": ["thing", 1, nil]]
      #expect(try cluster.ask(node, .echo(value)) == .echo(value))
    }
    #expect(cluster.environment.traffic.withClients == 6)
    #expect(cluster.events.isEmpty)
  }

  @Test("a node gets its surroundings, after a restart too")
  func surroundings() throws {
    let command = NodeCommand(
      pythonNode("echo.py"), ["some", "words; and more"], environment: ["COLOUR": "a b%c\nd"])
    let cluster = try TestCluster(command)
    try cluster.environment.start()
    let expected = Reply.echo([
      "/tmp", .string("\(cluster.directory)/data/n2"), "a b%c\nd", ["some", "words; and more"],
    ])
    #expect(try cluster.ask(1, .echo("where")) == expected)
    _ = cluster.environment.apply(.kill([NodeID(1)]))
    _ = cluster.environment.apply(.restart([NodeID(1)]))
    #expect(try cluster.ask(1, .echo("where")) == expected)
  }

  @Test("kill and restart take hold and are reported")
  func killAndRestart() throws {
    let cluster = try TestCluster(NodeCommand(echo.executable, ["of-kill-and-restart"]))
    try cluster.environment.start()
    let node = NodeID(1)
    #expect(processes(mentioning: "of-kill-and-restart").count == 3)

    let killed = cluster.environment.apply(.kill([node]))
    #expect(killed.did == [node: "killed"] && killed.tookHold == true)
    #expect(processes(mentioning: "of-kill-and-restart").count == 2)
    #expect(try cluster.ask(1, .echo(1), patience: .milliseconds(300)) == nil)
    #expect(try cluster.ask(0, .echo(2)) == .echo(2))

    let again = cluster.environment.apply(.kill([node]))
    #expect(again.did == [node: "was not running"] && again.tookHold == false)

    let restarted = cluster.environment.apply(.restart([node]))
    #expect(restarted.did == [node: "restarted"] && restarted.tookHold == true)
    #expect(try cluster.ask(1, .echo(3)) == .echo(3))
    #expect(cluster.events.isEmpty, "nobody died unasked")
  }

  @Test("a stop ends a process in order, one that is paused too", arguments: [false, true])
  func stop(isPaused: Bool) throws {
    let cluster = try TestCluster(NodeCommand(echo.executable, ["of-stop-\(isPaused)"]))
    try cluster.environment.start()
    let node = NodeID(1)
    if isPaused { #expect(cluster.environment.apply(.pause([node])).tookHold == true) }
    let stopped = cluster.environment.apply(.kill(.stop, [node]))
    #expect(stopped.did == [node: "stopped"] && stopped.tookHold == true)
    #expect(processes(mentioning: "of-stop-\(isPaused)").count == 2)
    let again = cluster.environment.apply(.kill(.stop, [node]))
    #expect(again.did == [node: "was not running"] && again.tookHold == false)
    let both = cluster.environment.apply(.kill(.stop, [node, NodeID(2)]))
    #expect(both.did == [node: "was not running", NodeID(2): "stopped"])
    #expect(both.tookHold == false, "one part of it did not")
    #expect(cluster.environment.apply(.restart([node, NodeID(2)])).tookHold == true)
    #expect(try cluster.ask(1, .echo(3)) == .echo(3))
    #expect(cluster.events.isEmpty, "nobody died unasked")
  }

  @Test("a process that does not heed its stop is killed")
  func deafToStop() throws {
    let cluster = try TestCluster(
      NodeCommand("/bin/sh", ["-c", "trap '' TERM; exec python3 \(echo.executable)"]))
    try cluster.environment.start()
    let node = NodeID(1)
    let stopped = cluster.environment.apply(.kill(.stop, [node, NodeID(2)]))
    #expect(stopped.did[node] == "killed: it had not stopped after 2s")
    #expect(stopped.tookHold == true)
    #expect(try cluster.ask(1, .echo(1), patience: .milliseconds(300)) == nil)
    #expect(cluster.environment.apply(.kill(.upgrade, [NodeID(0)])).tookHold == false)
    #expect(try cluster.ask(0, .echo(1)) == .echo(1))
  }

  @Test("messages of one type alone are lost")
  func lossByType() throws {
    let cluster = try TestCluster(broadcast, count: 2)
    try cluster.environment.start()
    let all = links((0, 1), (1, 0))
    let loss = { Disturbance(.loss, probability: 1, messageTypes: [$0]) }
    _ = cluster.environment.apply(.disturb(loss("gossip_ok"), all))
    #expect(try cluster.ask(0, .broadcast(1)) == .broadcastAccepted)
    #expect(try cluster.run { try cluster.ask(1, .readAll) == .messages([1]) })
    let calmed = cluster.environment.apply(.disturb(loss("gossip"), all))
    #expect(calmed.tookHold == true && (calmed.affected ?? 0) > 0)
    #expect(try cluster.ask(0, .broadcast(2)) == .broadcastAccepted)
    try cluster.run(for: .milliseconds(400))
    #expect(try cluster.ask(1, .readAll) == .messages([1]))
    #expect(cluster.environment.apply(.disturb(loss("nothing"), all)).tookHold == true)
    #expect(try cluster.run { try cluster.ask(1, .readAll) == .messages([1, 2]) })
    #expect(cluster.environment.apply(.calm(.loss)).tookHold == false)
  }

  @Test("what a paused node was sent is answered after it resumes")
  func pauseAndResume() throws {
    let cluster = try TestCluster(echo)
    try cluster.environment.start()
    let node = NodeID(2)
    let paused = cluster.environment.apply(.pause([node]))
    #expect(paused.did == [node: "paused"] && paused.tookHold == true)

    // More than the pipe holds, so that the rest waits here.
    let long = Value.string(String(repeating: "x", count: 100_000))
    for number in 1...10 {
      cluster.environment.submit(
        .echo(long), as: RequestID(client: number, number: 1), to: node)
    }
    try cluster.run(for: .milliseconds(300))
    #expect(cluster.events.isEmpty)

    let resumed = cluster.environment.apply(.resume([node]))
    #expect(resumed.did == [node: "resumed"] && resumed.tookHold == true)
    #expect(try cluster.run { cluster.events.count == 10 })
    let answered = cluster.events.compactMap { event in
      if case .replied(let id, .echo(long), _) = event { id.client } else { nil }
    }
    #expect(answered == Array(1...10))
  }

  @Test("a restarted node sees nothing of what the killed one had not read")
  func staleInput() throws {
    let cluster = try TestCluster(echo, count: 1)
    try cluster.environment.start()
    let node = NodeID(0)
    for round in 1...3 {
      _ = cluster.environment.apply(.pause([node]))
      // The pipe fills up in the midst of a line.
      let long = Value.string(String(repeating: "x", count: 100_000))
      for client in 1...10 {
        let id = RequestID(client: client, number: round)
        cluster.environment.submit(.echo(long), as: id, to: node)
      }
      try cluster.run(for: .milliseconds(50))
      #expect(cluster.environment.apply(.kill([node])).tookHold == true)
      #expect(cluster.environment.apply(.restart([node])).tookHold == true)
      #expect(try cluster.ask(0, .echo(.integer(round))) == .echo(.integer(round)))
      #expect(cluster.events.isEmpty)
    }
  }

  @Test("a cut stops one direction only, and messages get through once it is mended")
  func directedCut() throws {
    let cluster = try TestCluster(broadcast, count: 2)
    try cluster.environment.start()
    #expect(cluster.environment.apply(.cut(links((0, 1)))).tookHold == nil)
    #expect(try cluster.ask(0, .broadcast(1)) == .broadcastAccepted)
    #expect(try cluster.ask(1, .broadcast(2)) == .broadcastAccepted)
    try cluster.run(for: .milliseconds(400))
    #expect(try cluster.ask(1, .readAll) == .messages([2]))
    #expect(try cluster.ask(0, .readAll) == .messages([1, 2]))

    let mended = cluster.environment.apply(.mend)
    #expect(mended.tookHold == true)
    #expect((mended.affected ?? 0) >= 2, "it was retried while the link was cut")
    #expect((mended.exercised ?? 0) > (mended.affected ?? 0))
    #expect(try cluster.run { try cluster.ask(1, .readAll) == .messages([2, 1]) })
    #expect(cluster.environment.traffic.lost == mended.affected)
  }

  @Test("a cut that no message met is proved by a probe and reported as not exercised")
  func probedCut() throws {
    let cluster = try TestCluster(echo)
    try cluster.environment.start()
    _ = cluster.environment.apply(.cut(links((0, 1), (1, 0))))
    let mended = cluster.environment.apply(.mend)
    #expect(mended == FaultReport(tookHold: true, affected: 0, exercised: 0))
  }

  @Test("lost messages are counted, and retries get through", arguments: [1, 2, 3] as [UInt64])
  func loss(seed: UInt64) throws {
    let cluster = try TestCluster(broadcast) { $0.seed = seed }
    try cluster.environment.start()
    let all = cluster.environment.names.nodes
    let pairs = all.flatMap { from in all.map { Link(from: from, to: $0) } }
    _ = cluster.environment.apply(.disturb(Disturbance(.loss, probability: 0.5), pairs))
    for value in 1...20 { _ = try cluster.ask(value % 3, .broadcast(.integer(value))) }
    let expected = Set((1...20).map { Value.integer($0) })
    for node in 0..<3 {
      #expect(
        try cluster.run {
          guard case .messages(let read)? = try cluster.ask(node, .readAll) else { return false }
          return Set(read) == expected
        })
    }
    let calmed = cluster.environment.apply(.calm(.loss))
    #expect(calmed.tookHold == true && (calmed.affected ?? 0) > 10)
    #expect(cluster.environment.traffic.lost == calmed.affected)
  }

  @Test(
    "delayed, duplicated and reordered messages all arrive",
    arguments: [Disturbance.Kind.delay, .duplicate, .reorder])
  func disturbances(kind: Disturbance.Kind) throws {
    let cluster = try TestCluster(broadcast)
    try cluster.environment.start()
    let all = cluster.environment.names.nodes
    let pairs = all.flatMap { from in all.map { Link(from: from, to: $0) } }
    let before = cluster.environment.traffic
    let disturbance = Disturbance(kind, probability: 1, latency: .milliseconds(50))
    _ = cluster.environment.apply(.disturb(disturbance, pairs))
    _ = try cluster.ask(0, .broadcast("a"))
    #expect(try cluster.run { try cluster.ask(2, .readAll) == .messages(["a"]) })
    try cluster.run(for: .milliseconds(200))
    let calmed = cluster.environment.apply(.calm(kind))
    #expect(calmed.tookHold == true && (calmed.affected ?? 0) >= 2)
    let after = cluster.environment.traffic
    let arrived = after.delivered - before.delivered
    let sent = after.betweenServers - before.betweenServers + after.withClients - before.withClients
    #expect(after.lost == 0)
    #expect(kind == .duplicate ? arrived > sent : arrived == sent)
  }

  @Test("messages between nodes take the latency, clients' don't")
  func latency() throws {
    let cluster = try TestCluster(NodeCommand(pythonNode("kv_proxy.py")), count: 1) {
      $0.latency = .constant(.milliseconds(100))
    }
    try cluster.environment.start()
    let start = cluster.environment.now
    #expect(try cluster.ask(0, .write(key: "x", value: 1)) == .written)
    let time = cluster.environment.now - start
    #expect(time >= .milliseconds(200), "to the service and back")
    #expect(time < .milliseconds(1_000))
  }

  @Test(
    "a client waits behind a message that its node has not got yet only as in Maelstrom",
    arguments: [false, true])
  func headOfLine(isCompatible: Bool) throws {
    let cluster = try TestCluster(broadcast, count: 2) {
      $0.latency = .constant(.milliseconds(600))
      $0.isCompatible = isCompatible
    }
    try cluster.environment.start()
    #expect(try cluster.ask(0, .broadcast(1)) == .broadcastAccepted)
    let start = cluster.environment.now
    let read = try cluster.ask(1, .readAll)
    let time = cluster.environment.now - start
    if isCompatible {
      #expect(time > .milliseconds(300) && read == .messages([1]))
    } else {
      #expect(time < .milliseconds(300) && read == .messages([]))
    }
  }

  @Test("a compatible network loses what is taken up while its link is cut, not what arrives then")
  func cutWhenTakenUp() throws {
    let cluster = try TestCluster(NodeCommand(broadcast.executable, ["no-retry"]), count: 2) {
      $0.latency = .constant(.milliseconds(400))
      $0.isCompatible = true
    }
    try cluster.environment.start()
    #expect(try cluster.ask(0, .broadcast(1)) == .broadcastAccepted)
    try cluster.run(for: .milliseconds(50))
    _ = cluster.environment.apply(.cut(links((0, 1), (1, 0))))
    #expect(try cluster.run { try cluster.ask(1, .readAll) == .messages([1]) })
    #expect(try cluster.ask(0, .broadcast(2)) == .broadcastAccepted)
    try cluster.run(for: .milliseconds(50))
    _ = cluster.environment.apply(.mend)
    try cluster.run(for: .seconds(1))
    #expect(try cluster.ask(1, .readAll) == .messages([1]))
  }

  @Test("a compatible network hears nothing more of a node that printed garbage")
  func mute() throws {
    let cluster = try TestCluster(echo, count: 1) { $0.isCompatible = true }
    try cluster.environment.start()
    _ = try cluster.ask(0, .echo("print garbage"), patience: .milliseconds(300))
    #expect(cluster.events == [.garbage(NodeID(0), line: "this is no message")])
    #expect(try cluster.ask(0, .echo(1), patience: .milliseconds(300)) == nil)
  }

  @Test(
    "services answer nodes", arguments: ["lin-kv", "seq-kv"])
  func services(service: String) throws {
    let cluster = try TestCluster(NodeCommand(pythonNode("kv_proxy.py"), [service]), count: 1)
    try cluster.environment.start()
    let missing = try cluster.ask(0, .read(key: "x"))
    guard case .failed(let error)? = missing else {
      Issue.record("answered \(missing as Any)")
      return
    }
    #expect(error.code == .keyDoesNotExist)
    #expect(try cluster.ask(0, .write(key: "x", value: 1)) == .written)
    // By the node that wrote: another may see an older state of a sequential store.
    let changed = try cluster.ask(
      0, .compareAndSet(key: "x", from: 1, to: 2, createIfMissing: false))
    #expect(changed == .compareAndSetDone)
    #expect(try cluster.ask(0, .read(key: "x")) == .value(2))
    #expect(cluster.environment.traffic.betweenServers == 8)
  }

  @Test("garbage is reported once, and the node keeps working")
  func garbage() throws {
    let cluster = try TestCluster(echo)
    try cluster.environment.start()
    for _ in 0..<3 { #expect(try cluster.ask(0, .echo("print garbage")) != nil) }
    #expect(cluster.events == [.garbage(NodeID(0), line: "this is no message")])
    for _ in 0..<2 { #expect(try cluster.ask(1, .echo("write to nobody")) != nil) }
    #expect(cluster.events.count == 2)
    #expect(cluster.environment.undeliverableCount == 2)
    #expect(try cluster.ask(0, .echo("still here")) == .echo("still here"))
  }

  @Test("a reply that lacks a field is reported with its line")
  func malformedReply() throws {
    let cluster = try TestCluster(echo, count: 1)
    try cluster.environment.start()
    #expect(try cluster.ask(0, .echo("reply badly"), patience: .milliseconds(500)) == nil)
    guard case .malformedReply(let id, let node, let problem, let line)? = cluster.events.first
    else {
      Issue.record("no report: \(cluster.events)")
      return
    }
    #expect(id == RequestID(client: 7, number: 1) && node == NodeID(0))
    #expect(problem == "field \"echo\": expected a value, found nothing")
    #expect(line.contains("\"echo_ok\""))
  }

  @Test("a node that dies unasked is reported with its status and its last lines")
  func unaskedDeath() throws {
    let cluster = try TestCluster(echo)
    try cluster.environment.start()
    #expect(try cluster.ask(1, .echo("exit 3"), patience: .milliseconds(500)) == nil)
    guard case .died(NodeID(1), let status, let lines)? = cluster.events.first else {
      Issue.record("no report: \(cluster.events)")
      return
    }
    #expect(status == "exit status 3")
    #expect(lines.first == "giving up")
    #expect(text(ofFile: "\(cluster.directory)/nodes/n2/log") == "giving up\n")
    #expect(cluster.environment.apply(.restart([NodeID(1)])).tookHold == true)
    #expect(try cluster.ask(1, .echo(1)) == .echo(1))
  }

  @Test("faults that are not possible here are refused with the reason")
  func refusals() throws {
    let cluster = try TestCluster(echo, count: 1)
    try cluster.environment.start()
    guard case .unsupported(let reason) = cluster.environment.support(for: .disk) else {
      Issue.record("disk faults should not be supported")
      return
    }
    #expect(reason.contains("--env simulated"))
    let report = cluster.environment.apply(.powerLoss([NodeID(0)]))
    #expect(report.tookHold == false)
    #expect(report.did[NodeID(0)]?.contains(reason) == true)
    #expect(try cluster.ask(0, .echo(1)) == .echo(1))
  }

  @Test("messages are recorded as they are sent, delivered and lost")
  func messageLog() throws {
    let directory = try temporaryDirectory()
    defer { _ = shell("rm -rf \(directory)") }
    let cluster = try TestCluster(broadcast, count: 2) {
      $0.messageLog = MessageLogSettings(path: "\(directory)/messages.jsonl")
    }
    try cluster.environment.start()
    _ = cluster.environment.apply(.cut(links((0, 1))))
    _ = try cluster.ask(0, .broadcast(5))
    try cluster.run(for: .milliseconds(50))
    cluster.environment.stop()
    let lines = text(ofFile: "\(directory)/messages.jsonl").split(separator: "\n")
    let records = try lines.map { try Value(json: String($0)) }
    func count(_ event: String, to destination: Value) -> Int {
      records.count { $0["event"] == .string(event) && $0["message"]?["dest"] == destination }
    }
    #expect(count("sent", to: "c7") == 1 && count("delivered", to: "c7") == 1)
    #expect(count("lost", to: "n2") >= 1)
    #expect(count("delivered", to: "n2") == 0)
  }
}
