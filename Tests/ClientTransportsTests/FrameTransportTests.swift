import Algorithms
import ClientTransports
import Environments
import NIOCore
import NIOPosix
import NodeProcesses
import NodeServers
import Nodes
import Synchronization
import Testing
import Values

@Suite("Requests in frames", .timeLimit(.minutes(5)))
struct FrameTransportTests {
  @Test("are answered, and nodes that come and go are told of")
  func comeAndGo() throws {
    let bench = TransportBench(Echo.self, count: 2)
    try bench.open()
    let id = RequestID(client: 3, number: 1)
    bench.transport.submit(.echo("early"), as: id, to: NodeID(0))
    guard case .replied(id, .failed(let error), from: NodeID(0))? = bench.next(where: isReply)
    else {
      Issue.record("no node listens, and yet: \(bench.seen)")
      return
    }
    #expect(error.code == .temporarilyUnavailable)
    #expect(error.text.hasPrefix("can't reach n1: "))

    let server = try bench.serve(0)
    #expect(bench.next { $0 == .reachable(NodeID(0)) } != nil)
    #expect(bench.next { $0 == .role(NodeID(0), "member") } != nil)
    let another = RequestID(client: 3, number: 2)
    bench.transport.submit(.echo(["x": 1]), as: another, to: NodeID(0))
    #expect(
      bench.next(where: isReply)
        == .replied(another, .echo(["x": 1]), from: NodeID(0)))

    _ = try server.stop().wait()
    #expect(
      bench.next { $0 == .unreachable(NodeID(0), "the other side ended it") } != nil)
    _ = try bench.serve(0)
    #expect(bench.next { $0 == .reachable(NodeID(0)) } != nil)
  }

  @Test("tell who leads, whoever that is")
  func roles() throws {
    let bench = TransportBench(Raft.self, count: 3)
    try bench.open()
    for node in 0..<3 { _ = try bench.serve(node) }
    let event = bench.next {
      if case .role(_, "leader") = $0 { true } else { false }
    }
    #expect(event != nil, "\(bench.seen)")
  }

  @Test("reach nodes that call services")
  func services() throws {
    let bench = TransportBench(KVCounter.self, count: 3)
    try bench.open()
    for node in 0..<3 { _ = try bench.serve(node) }
    for node in 0..<3 { #expect(bench.next { $0 == .reachable(NodeID(node)) } != nil) }
    for node in 0..<3 {
      let id = RequestID(client: node, number: 1)
      bench.transport.submit(.addDelta(10 + node), as: id, to: NodeID(node))
      #expect(bench.next(where: isReply) == .replied(id, .added, from: NodeID(node)))
    }
    var sum: Reply?
    for number in 2..<100 where sum != .value(33) {
      bench.transport.submit(.readAll, as: RequestID(client: 0, number: number), to: NodeID(1))
      if case .replied(_, let reply, _)? = bench.next(where: isReply) { sum = reply }
    }
    #expect(sum == .value(33))
  }

  @Test("are answered by what is no reply, which is told")
  func malformed() throws {
    let bench = TransportBench(Echo.self, count: 1)
    let node = try bench.fake(answer: #"{"type":"echo_ok","in_reply_to":"1","echo":1}"#)
    defer { node.close() }
    try bench.open()
    #expect(bench.next { $0 == .reachable(NodeID(0)) } != nil)
    let id = RequestID(client: 1, number: 1)
    bench.transport.submit(.echo(1), as: id, to: NodeID(0))
    let event = bench.next {
      if case .malformedReply = $0 { true } else { false }
    }
    #expect(
      event
        == .malformedReply(
          id, from: NodeID(0), problem: "field \"in_reply_to\": expected an integer",
          line: #"{"src":"n1","dest":"c1","body":{"type":"echo_ok","in_reply_to":"1","echo":1}}"#))
  }

  @Test("can't be put to a node that says nothing of itself, until it does again")
  func silence() throws {
    let bench = TransportBench(Echo.self, count: 1)
    let node = try bench.fake(answer: "{}")
    defer { node.close() }
    try bench.open()
    #expect(bench.next { $0 == .role(NodeID(0), "fake") } != nil)
    node.isTalking.store(false, ordering: .relaxed)
    #expect(bench.next { $0 == .unreachable(NodeID(0), "it does not answer") } != nil)
    node.isTalking.store(true, ordering: .relaxed)
    #expect(bench.next { $0 == .reachable(NodeID(0)) } != nil)
    #expect(bench.next { $0 == .role(NodeID(0), "fake") } != nil)
  }

  @Test("need a port that has the name")
  func missingPort() {
    let bench = TransportBench(Echo.self, count: 1)
    let endpoint = Endpoint(node: NodeID(0), name: "n1", address: "127.0.0.1", ports: ["http": 1])
    #expect(throws: MissingPort(node: "n1", port: "client")) {
      try bench.transport.open([endpoint]) { _ in }
    }
  }
}

private func isReply(_ event: TransportEvent) -> Bool {
  if case .replied = event { true } else { false }
}
