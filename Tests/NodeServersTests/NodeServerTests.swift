import Algorithms
import Glibc
import NIOPosix
import NodeProcesses
import NodeServers
import Testing
import Values

@Suite("Nodes that listen on a network", .timeLimit(.minutes(5)))
struct NodeServerTests {
  @Test("answer over the connection over which they were asked")
  func answers() throws {
    let cluster = try TestCluster(Echo.self, count: 1)
    let one = try #require(cluster.client(of: 0))
    let other = try #require(cluster.client(of: 0))
    // Both call themselves c1, and both ask a first question.
    one.send(echo(1, "one"))
    other.send(echo(1, "other"))
    let reply = try #require(one.receive())
    #expect(reply["src"] == "n1" && reply["dest"] == "c1")
    #expect(reply["body"] == ["type": "echo_ok", "echo": "one", "in_reply_to": 1])
    #expect(other.receive()?["body"]?["echo"] == "other")
  }

  @Test("tell how they stand")
  func status() throws {
    let cluster = try TestCluster(Echo.self, count: 1)
    let client = try #require(cluster.client(of: 0))
    client.send(#"{"src":"x","dest":"n1","body":{"type":"shrike-status","msg_id":9}}"#)
    #expect(
      client.receive()?["body"] == [
        "type": "shrike-status_ok", "role": "member", "primary": false, "status": "member",
        "whole": true, "in_reply_to": 9,
      ])
  }

  /// What ends a connection: bytes, and whether a good hello comes before them.
  private static let offences: [(String, [UInt8], Bool)] = [
    ("another token", frame(Hello(token: "guess", name: "x").bytes), false),
    ("a message before the hello", frame(Array(echo(1).utf8)), false),
    ("a hello that is too long", [0, 0, 16, 1], false),
    ("no frames at all", Array("GET / HTTP/1.1\r\n\r\n".utf8), false),
    ("a node's own name", frame(Hello(token: "secret", name: "n1", members: ["n1"]).bytes), false),
    ("a message that is none", frame(Array("{\"src\":".utf8)), true),
    ("an empty frame", [0, 0, 0, 0], true),
    ("an oversized frame", [1, 0, 0, 1], true),
    ("a message for another node", frame(Array(echo(1, to: "n2").utf8)), true),
    ("a message in a node's name", frame(Array(echo(1, from: "n1").utf8)), true),
    ("a message in a service's name", frame(Array(echo(1, from: "lin-kv").utf8)), true),
  ]

  @Test("end a connection for what comes over it, and no other", arguments: offences)
  func offence(what: String, bytes: [UInt8], isAfterHello: Bool) throws {
    let cluster = try TestCluster(Echo.self, count: 1)
    let witness = try #require(cluster.client(of: 0))
    witness.send(echo(1))
    #expect(witness.receive() != nil)
    let offender = try #require(
      isAfterHello ? cluster.client(of: 0) : RawClient(port: cluster.ports[0]))
    offender.send(raw: bytes)
    #expect(offender.isEnded)
    witness.send(echo(2))
    #expect(witness.receive()?["body"]?["in_reply_to"] == 2)
  }

  @Test("read no more from who does not take replies, and lose none")
  func backPressure() throws {
    let cluster = try TestCluster(Echo.self, count: 1)
    let client = try #require(cluster.client(of: 0))
    let request = frame(Array(echo(1, String(repeating: "x", count: 8_000)).utf8))
    let taken = client.sendAllTaken(request, countMax: 64 << 20)
    #expect(taken < 32 << 20)
    let other = try #require(cluster.client(of: 0))
    other.send(echo(2))
    #expect(other.receive() != nil)
    var count = 0
    while count < taken / request.count, client.receive() != nil { count += 1 }
    #expect(count == taken / request.count)
  }

  @Test("can't listen where somebody does")
  func portInUse() throws {
    let cluster = try TestCluster(Echo.self, count: 1)
    #expect {
      try cluster.start(0)
    } throws: {
      text(of: $0) == "Address already in use"
    }
  }

  @Test("call services where there are some, and take their answers")
  func services() throws {
    let cluster = try TestCluster(KVCounter.self, count: 1)
    let services = try #require(cluster.client(of: 0, hasServices: true))
    let client = try #require(cluster.client(of: 0))
    client.send(#"{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1}}"#)
    let call = try #require(services.receive())
    #expect(call["dest"] == "seq-kv" || call["dest"] == "lin-kv")
    let number = try #require(call["body"]?["msg_id"]?.integer)
    let service = try #require(call["dest"]?.name)
    services.send(
      #"{"src":"\#(service)","dest":"n1","body":{"type":"error","code":20,"in_reply_to":\#(number)}}"#
    )
    // Whatever it makes of that, it goes on to ask or to answer.
    #expect(services.receive() != nil || client.receive() != nil)
  }

  @Test("are a cluster that survives a node's end and takes it in again")
  func raft() throws {
    let cluster = try TestCluster(Raft.self, count: 3)
    #expect(cluster.ask(0, #""type":"write","key":1,"value":5"#)?["type"] == "write_ok")
    #expect(cluster.stop(2) == 0)
    #expect(cluster.ask(0, #""type":"write","key":1,"value":6"#)?["type"] == "write_ok")
    try cluster.restart(2)
    cluster.stop(1)
    // The two that are left must agree, so the one that came back has been reached.
    #expect(cluster.ask(0, #""type":"write","key":1,"value":7"#)?["type"] == "write_ok")
    #expect(cluster.ask(2, #""type":"read","key":1"#)?["value"] == 7)
  }

  @Test("spread what is broadcast")
  func broadcast() throws {
    let cluster = try TestCluster(Broadcast.self, count: 3)
    #expect(cluster.ask(0, #""type":"broadcast","message":7"#)?["type"] == "broadcast_ok")
    var messages: Value?
    for _ in 0..<200 where messages != [7] {
      usleep(20_000)
      messages = cluster.ask(2, #""type":"read""#)?["messages"]
    }
    #expect(messages == [7])
  }
}
