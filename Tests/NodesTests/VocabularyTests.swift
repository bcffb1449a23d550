import Nodes
import Testing
import Values

struct VocabularyTests {
  static let names = NodeNames.numbered(count: 5)

  @Test("requests and replies come back from their encoding", arguments: 0..<100 as Range<UInt64>)
  func encoding(seed: UInt64) {
    var draws = Draws(seed: seed)
    for kind in 0..<17 {
      let request = draws.request(kind)
      var source = ByteSource(request.encoded)
      #expect(Request(from: &source) == request, "seed \(seed)")
      #expect(source.remaining == 0, "seed \(seed)")
      let reply = draws.reply(kind)
      var replySource = ByteSource(reply.encoded)
      #expect(Reply(from: &replySource) == reply, "seed \(seed)")
      #expect(replySource.remaining == 0, "seed \(seed)")
    }
  }

  @Test("an encoding that was cut off is refused", arguments: 0..<20 as Range<UInt64>)
  func truncated(seed: UInt64) {
    var draws = Draws(seed: seed)
    for kind in 0..<17 {
      let request = draws.request(kind).encoded
      for count in request.indices {
        var source = ByteSource(request[..<count])
        #expect(Request(from: &source) == nil, "seed \(seed), \(count) of \(request)")
      }
      let reply = draws.reply(kind).encoded
      for count in reply.indices {
        var source = ByteSource(reply[..<count])
        #expect(Reply(from: &source) == nil, "seed \(seed), \(count) of \(reply)")
      }
    }
  }

  @Test("no bytes crash a decoder", arguments: 0..<200 as Range<UInt64>)
  func fuzz(seed: UInt64) {
    var draws = Draws(seed: seed)
    for kind in 0..<17 {
      var bytes = draws.chance(0.5) ? draws.request(kind).encoded : draws.reply(kind).encoded
      for _ in 0...draws.below(4) {
        bytes[draws.below(bytes.count)] = draws.element(of: [0, 1, 0x7f, 0x80, 0xff, 12])
      }
      var source = ByteSource(bytes)
      // What is read back encodes to something that reads back as the same.
      if let request = Request(from: &source) {
        var again = ByteSource(request.encoded)
        #expect(Request(from: &again)?.encoded == request.encoded, "seed \(seed)")
      }
      var replySource = ByteSource(bytes)
      if let reply = Reply(from: &replySource) {
        var again = ByteSource(reply.encoded)
        #expect(Reply(from: &again)?.encoded == reply.encoded, "seed \(seed)")
      }
    }
  }

  @Test("negative counts are refused")
  func negativeCount() {
    let count = [UInt8](repeating: 0xff, count: 8)
    for tag in [2, 11, 13, 14, 15] as [UInt8] {
      var source = ByteSource([tag] + count)
      #expect(Request(from: &source) == nil, "tag \(tag)")
    }
    for tag in [5, 10, 12, 14] as [UInt8] {
      var source = ByteSource([tag] + count)
      #expect(Reply(from: &source) == nil, "tag \(tag)")
    }
  }

  @Test(
    "requests and replies come back from Maelstrom's bodies", arguments: 0..<100 as Range<UInt64>)
  func bodies(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    for kind in 0..<17 {
      let request = draws.request(kind, isJSON: true)
      let body = request.body(Self.names)
      #expect(try Request(body: body, Self.names) == request, "seed \(seed): \(body)")
      let reply = draws.reply(kind, isJSON: true)
      #expect(try Reply(body: reply.body) == reply, "seed \(seed): \(reply.body)")
    }
  }

  @Test("bodies are spelled as Maelstrom spells them")
  func spelling() {
    let cas = Request.compareAndSet(key: 1, from: 2, to: 3, createIfMissing: false)
    #expect(
      Value.map(cas.body(Self.names)) == ["type": "cas", "key": 1, "from": 2, "to": 3])
    let creating = Request.compareAndSet(key: 1, from: 2, to: 3, createIfMissing: true)
    #expect(
      Value.map(creating.body(Self.names))
        == ["type": "cas", "key": 1, "from": 2, "to": 3, "create_if_not_exists": true])
    #expect(
      Value.map(Request.topology([NodeID(0): [NodeID(1), NodeID(4)]]).body(Self.names))
        == ["type": "topology", "topology": ["n1": ["n2", "n5"]]])
    #expect(
      Value.map(Request.poll(offsets: ["k": 3]).body(Self.names))
        == ["type": "poll", "offsets": ["k": 3]])
    #expect(
      Value.map(Reply.failed(ErrorReply(.preconditionFailed, "no")).body)
        == ["type": "error", "code": 22, "text": "no"])
    #expect(Value.map(Reply.messages([1, 2]).body) == ["type": "read_ok", "messages": [1, 2]])
    #expect(Value.map(Reply.sent(offset: 9).body) == ["type": "send_ok", "offset": 9])
    #expect(
      Value.map(Request.custom(7).body(Self.names)) == ["type": "custom", "value": 7])
  }

  @Test("what is left out or null in a body has a meaning where Maelstrom gives it one")
  func defaults() throws {
    #expect(
      try Reply(body: Self.map(["type": "error", "code": 11]))
        == .failed(ErrorReply(.temporarilyUnavailable)))
    #expect(
      try Reply(body: Self.map(["type": "read_ok", "messages": nil])) == .messages([]))
    #expect(
      try Reply(body: Self.map(["type": "read_ok", "value": nil])) == .value(.null))
    #expect(
      try Request(body: Self.map(["type": "txn", "txn": nil]), Self.names) == .transaction([]))
    // What no workload knows is kept as it is.
    #expect(
      try Request(body: Self.map(["type": "gossip", "x": 1]), Self.names)
        == .custom(["type": "gossip", "x": 1]))
  }

  struct Wrong: CustomTestStringConvertible {
    var body: Value
    var problem: String
    var testDescription: String { problem }

    init(_ body: Value, _ problem: String) {
      self.body = body
      self.problem = problem
    }
  }

  @Test(
    "a wrong request names the field, what was expected and what was found",
    arguments: [
      Wrong(["x": 1], #"field "type": expected a string, found nothing"#),
      Wrong(["type": 3], #"field "type": expected a string, found an integer"#),
      Wrong(["type": "echo"], #"field "echo": expected a value, found nothing"#),
      Wrong(["type": "write", "key": 1], #"field "value": expected a value, found nothing"#),
      Wrong(["type": "add", "delta": 1.5], #"field "delta": expected an integer, found a number"#),
      Wrong(["type": "add"], #"field "element": expected a value, found nothing"#),
      Wrong(["type": "cas", "key": 1, "to": 2], #"field "from": expected a value, found nothing"#),
      Wrong(["type": "txn", "txn": "r"], #"field "txn": expected an array, found a string"#),
      Wrong(
        ["type": "send", "key": nil, "msg": 1], #"field "key": expected a string, found null"#),
      Wrong(
        ["type": "poll", "offsets": [1]], #"field "offsets": expected an object, found an array"#),
      Wrong(
        ["type": "poll", "offsets": ["k": true]],
        #"field "offsets.k": expected an integer, found a boolean"#),
      Wrong(
        ["type": "list_committed_offsets", "keys": ["a", 2]],
        #"field "keys[1]": expected a string, found an integer"#),
      Wrong(
        ["type": "topology", "topology": "line"],
        #"field "topology": expected an object, found a string"#),
      Wrong(
        ["type": "topology", "topology": ["n9": []]],
        "topology: n9 is no node with a list of neighbours"),
      Wrong(
        ["type": "topology", "topology": ["n1": ["n2", "n9"]]],
        "topology: n1 has a neighbour that is no node"),
    ])
  func wrongRequest(wrong: Wrong) {
    #expect(throws: BodyError.self) { try Request(body: Self.map(wrong.body), Self.names) }
    #expect(Self.problem { try Request(body: Self.map(wrong.body), Self.names) } == wrong.problem)
  }

  @Test(
    "a wrong reply names the field, what was expected and what was found",
    arguments: [
      Wrong([:], #"field "type": expected a string, found nothing"#),
      Wrong(["type": "read_ok"], #"field "value": expected a value, found nothing"#),
      Wrong(
        ["type": "read_ok", "messages": ["k": 1]],
        #"field "messages": expected an array, found an object"#),
      Wrong(["type": "generate_ok"], #"field "id": expected a value, found nothing"#),
      Wrong(["type": "ts_ok", "ts": "1"], #"field "ts": expected an integer, found a string"#),
      Wrong(["type": "error"], #"field "code": expected an integer, found nothing"#),
      Wrong(
        ["type": "poll_ok", "msgs": ["k": 1]],
        #"field "msgs.k": expected an array, found an integer"#),
    ])
  func wrongReply(wrong: Wrong) {
    #expect(Self.problem { try Reply(body: Self.map(wrong.body)) } == wrong.problem)
  }

  @Test(
    "error codes are as definite as Maelstrom says, and named as it names them",
    arguments: [
      (0, "timeout", false), (1, "node-not-found", true), (10, "not-supported", true),
      (11, "temporarily-unavailable", true), (12, "malformed-request", true), (13, "crash", false),
      (14, "abort", true), (20, "key-does-not-exist", true), (21, "key-already-exists", true),
      (22, "precondition-failed", true), (30, "txn-conflict", true), (99, "error-99", false),
      (1000, "error-1000", false), (1022, "error-1022", false), (-1, "error--1", false),
    ])
  func errorCodes(code: Int, name: String, isDefinite: Bool) {
    #expect(ErrorCode(rawValue: code).name == name)
    #expect(ErrorCode(rawValue: code).isDefinite == isDefinite)
  }

  static func map(_ value: Value) -> ValueMap { value.map ?? ValueMap() }

  static func problem(_ read: () throws -> some Sendable) -> String? {
    do {
      _ = try read()
      return nil
    } catch {
      return (error as? BodyError)?.description
    }
  }
}
