import Clients
import Histories
import Nodes
import Testing
import Values
import Workloads

@Suite("A client of etcd")
struct EtcdClientTests {
  // "lin-kv/7", "g-set" and "lock" in Base64.
  private static let register = "bGluLWt2Lzc="
  private static let set = "Zy1zZXQ="
  private static let lock = "bG9jaw=="

  @Test("speaks for these workloads only")
  func workloads() {
    #expect(EtcdClient.workloads == ["lin-kv", "g-set", "txn-list-append", "lock"])
    #expect(EtcdClient(workload: "echo") == nil)
  }

  @Test("reads a register, and one that is not there")
  func reads() {
    var script = EtcdScript("lin-kv")
    _ = script.begin("read", [7, nil])
    #expect(script.asked?.path == "/v3/kv/range")
    #expect(script.asked?.body == ["key": .string(Self.register)])
    // "3" in Base64.
    script.answer(
      9, ["kvs": [["key": .string(Self.register), "mod_revision": "5", "value": "Mw=="]]])
    #expect(script.completion?.type == .ok)
    #expect(script.completion?.value == [7, 3])
    #expect(script.completion?.revision == 9)
    _ = script.begin("read", [7, nil])
    script.answer(9)
    #expect(script.completion?.value == [7, nil])
  }

  @Test("writes a register")
  func writes() {
    var script = EtcdScript("lin-kv")
    _ = script.begin("write", [7, 3])
    #expect(script.asked?.path == "/v3/kv/put")
    #expect(script.asked?.body == ["key": .string(Self.register), "value": "Mw=="])
    script.answer(4)
    #expect(script.completion?.type == .ok)
    #expect(script.completion?.value == nil)
    #expect(script.completion?.revision == 4)
  }

  @Test("compares and sets a register in one transaction", arguments: [true, false])
  func compareAndSet(succeeds: Bool) {
    var script = EtcdScript("lin-kv")
    _ = script.begin("cas", [7, [3, 4]])
    #expect(script.asked?.path == "/v3/kv/txn")
    #expect(
      script.asked?.body == [
        "compare": [
          ["key": .string(Self.register), "target": "VALUE", "result": "EQUAL", "value": "Mw=="]
        ],
        "success": [["requestPut": ["key": .string(Self.register), "value": "NA=="]]],
      ])
    script.answer(5, succeeds ? ["succeeded": true] : [:])
    #expect(script.completion?.type == (succeeds ? .ok : .fail))
    #expect(script.completion?.revision == 5)
  }

  @Test("reads from the node that it asks where that is wanted, but never to write")
  func serializable() {
    let options = EtcdClient.Options(readsAreSerializable: true)
    var registers = EtcdScript("lin-kv", options)
    #expect(registers.begin("read", [7, nil]).asked?.body["serializable"] == true)
    var set = EtcdScript("g-set", options)
    #expect(set.begin("read").asked?.body["serializable"] == true)
    #expect(set.begin("add", 1).asked?.body["serializable"] == nil)
    var lists = EtcdScript("txn-list-append", options)
    let steps = lists.begin("txn", [["r", 1, nil]]).asked?.body["success"]?.elements ?? []
    #expect(steps.first?["requestRange"]?["serializable"] == true)
  }

  @Test("adds to a set that nobody wrote meanwhile")
  func adds() {
    var script = EtcdScript("g-set")
    _ = script.begin("add", 3)
    #expect(script.asked?.path == "/v3/kv/range")
    // "[1,2]" in Base64; and then "[1,2,3]".
    script.answer(8, ["kvs": [["mod_revision": "6", "value": "WzEsMl0="]]])
    #expect(
      script.asked?.body == [
        "compare": [
          ["key": .string(Self.set), "target": "MOD", "result": "EQUAL", "mod_revision": "6"]
        ],
        "success": [["requestPut": ["key": .string(Self.set), "value": "WzEsMiwzXQ=="]]],
      ])
    script.answer(9, ["succeeded": true])
    #expect(script.completion?.type == .ok)
    #expect(script.completion?.revision == 9)
  }

  @Test("reads a set again and again that others write, but not for ever")
  func losesRaces() {
    var script = EtcdScript("g-set")
    _ = script.begin("add", 3)
    var attempts = 0
    while script.completion == nil, attempts < 100 {
      attempts += 1
      script.answer(8)
      #expect(script.asked?.body["compare"]?.elements?.first?["mod_revision"] == "0")
      script.answer(8 + attempts)
    }
    #expect(attempts == 16)
    #expect(script.completion?.type == .fail)
  }

  @Test("reads a set, which is empty where it is not there")
  func readsSet() {
    var script = EtcdScript("g-set")
    _ = script.begin("read")
    script.answer(2)
    #expect(script.completion?.value == [])
    _ = script.begin("read")
    script.answer(8, ["kvs": [["mod_revision": "6", "value": "WzEsMl0="]]])
    #expect(script.completion?.value == [1, 2])
  }

  @Test("reads lists at one revision")
  func readsLists() {
    var script = EtcdScript("txn-list-append")
    _ = script.begin("txn", [["r", 1, nil], ["r", 2, nil], ["r", 1, nil]])
    #expect(script.asked?.path == "/v3/kv/txn")
    #expect(script.asked?.body["success"]?.elements?.count == 2)
    script.answer(
      5,
      [
        "succeeded": true,
        "responses": [
          ["response_range": ["kvs": [["mod_revision": "3", "value": "WzEsMl0="]]]],
          ["response_range": [:]],
        ],
      ])
    #expect(script.completion?.type == .ok)
    #expect(script.completion?.value == [["r", 1, [1, 2]], ["r", 2, []], ["r", 1, [1, 2]]])
    #expect(script.completion?.revision == 5)
  }

  @Test(
    "appends to lists if none of those it touched was written meanwhile", arguments: [true, false])
  func appends(succeeds: Bool) {
    var script = EtcdScript("txn-list-append")
    _ = script.begin("txn", [["r", 1, nil], ["append", 2, 3], ["r", 2, nil]])
    script.answer(
      5,
      [
        "succeeded": true,
        "responses": [
          ["response_range": [:]],
          ["response_range": ["kvs": [["mod_revision": "3", "value": "WzEsMl0="]]]],
        ],
      ])
    let compared = script.asked?.body["compare"]?.elements ?? []
    #expect(compared.map { $0["mod_revision"] } == ["0", "3"])
    #expect(compared.allSatisfy { $0["target"] == "MOD" && $0["result"] == "EQUAL" })
    let puts = script.asked?.body["success"]?.elements ?? []
    #expect(puts.map { $0["requestPut"]?["value"] } == ["WzEsMiwzXQ=="])
    script.answer(6, succeeds ? ["succeeded": true] : [:])
    #expect(script.completion?.type == (succeeds ? .ok : .fail))
    #expect(script.completion?.revision == 6)
    if succeeds {
      #expect(
        script.completion?.value == [["r", 1, []], ["append", 2, 3], ["r", 2, [1, 2, 3]]])
    }
  }

  @Test("acquires a lock by a lease, keeps it alive, and gives both back")
  func locks() {
    var script = EtcdScript("lock")
    _ = script.begin("acquire")
    #expect(script.asked?.path == "/v3/lease/grant")
    #expect(script.asked?.body == ["TTL": "2"])
    script.answer(3, ["ID": "77", "TTL": "2"])
    #expect(script.asked?.path == "/v3/kv/txn")
    #expect(
      script.asked?.body == [
        "compare": [
          ["key": .string(Self.lock), "target": "VERSION", "result": "EQUAL", "version": "0"]
        ],
        // "\"77\"" in Base64.
        "success": [
          ["requestPut": ["key": .string(Self.lock), "value": "Ijc3Ig==", "lease": "77"]]
        ],
      ])
    script.answer(4, ["succeeded": true])
    #expect(script.completion?.type == .ok)
    #expect(script.completion?.revision == 4)

    _ = script.begin("refresh")
    #expect(script.asked?.path == "/v3/lease/keepalive")
    #expect(script.asked?.body == ["ID": "77"])
    script.receive(
      .custom([
        "status": 200, "body": ["result": ["header": ["revision": "4"], "ID": "77", "TTL": "2"]],
      ]))
    #expect(script.completion?.type == .ok)

    _ = script.begin("release")
    #expect(
      script.asked?.body == [
        "compare": [
          ["key": .string(Self.lock), "target": "VALUE", "result": "EQUAL", "value": "Ijc3Ig=="]
        ],
        "success": [["requestDeleteRange": ["key": .string(Self.lock)]]],
      ])
    script.answer(5, ["succeeded": true])
    #expect(script.asked?.path == "/v3/lease/revoke")
    #expect(script.asked?.body == ["ID": "77"])
    script.answer(5)
    #expect(script.completion?.type == .ok)
    #expect(script.completion?.revision == 5)
    #expect(script.begin("refresh").completion == Completion(.fail, error: "not-held"))
    #expect(script.begin("release").completion == Completion(.fail, error: "not-held"))
  }

  @Test("fails to acquire what another holds, and gives its lease back, as far as it can")
  func held() {
    for isRevoked in [true, false] {
      var script = EtcdScript("lock")
      _ = script.begin("acquire")
      script.answer(3, ["ID": "77", "TTL": "2"])
      script.answer(4)
      #expect(script.asked?.path == "/v3/lease/revoke")
      if isRevoked { script.answer(4) } else { script.receive(noAnswer("closed", sent: true)) }
      #expect(script.completion?.type == .fail)
      #expect(script.completion?.error == "held")
      #expect(script.begin("release").completion?.error == "not-held")
    }
  }

  @Test("learns that a lock is lost from a lease that has no time left")
  func lost() {
    var script = EtcdScript("lock")
    _ = script.begin("acquire")
    script.answer(3, ["ID": "77", "TTL": "2"])
    script.answer(4, ["succeeded": true])
    _ = script.begin("refresh")
    script.receive(
      .custom(["status": 200, "body": ["result": ["header": ["revision": "4"], "ID": "77"]]]))
    #expect(script.completion?.type == .fail)
    #expect(script.completion?.error == "not-held")
    _ = script.begin("release")
    script.answer(9)
    script.receive(etcdError(404, 5, "etcdserver: requested lease not found"))
    #expect(script.completion?.type == .fail)
    #expect(script.completion?.error == "not-held")
  }

  @Test("refreshes by a stream, which can fail at once, or break after its answer")
  func streams() {
    var script = EtcdScript("lock")
    _ = script.begin("acquire")
    script.answer(3, ["ID": "77", "TTL": "2"])
    script.answer(4, ["succeeded": true])
    // As etcd 3.4.23 writes it.
    _ = script.begin("refresh")
    script.receive(
      .custom([
        "status": 503,
        "body": [
          "error": [
            "grpc_code": 14, "http_code": 503, "message": "etcdserver: no leader",
            "http_status": "Service Unavailable",
          ]
        ],
      ]))
    #expect(script.completion?.type == .fail)
    #expect(script.completion?.error == ["unavailable", "etcdserver: no leader"])
    _ = script.begin("refresh")
    let first = "{\"result\":{\"header\":{\"revision\":\"4\"},\"ID\":\"77\",\"TTL\":\"2\"}}"
    let second = "{\"error\":{\"grpc_code\":14,\"message\":\"transport is closing\"}}"
    script.receive(.custom(["status": 200, "body": .string("\(first)\n\(second)\n")]))
    #expect(script.completion?.type == .ok)
    #expect(script.completion?.revision == 4)
  }

  /// An operation at the request that can have an effect.
  private static let writes: [(name: String, script: EtcdScript)] = {
    var write = EtcdScript("lin-kv")
    _ = write.begin("write", [7, 3])
    var cas = EtcdScript("lin-kv")
    _ = cas.begin("cas", [7, [3, 4]])
    var add = EtcdScript("g-set")
    _ = add.begin("add", 1)
    add.answer(2)
    var append = EtcdScript("txn-list-append")
    _ = append.begin("txn", [["append", 1, 1]])
    append.answer(2, ["responses": [["response_range": [:]]]])
    var acquire = EtcdScript("lock")
    _ = acquire.begin("acquire")
    acquire.answer(2, ["ID": "77"])
    var release = acquire
    release.answer(3, ["succeeded": true])
    _ = release.begin("release")
    return [
      ("write", write), ("cas", cas), ("add", add), ("append", append), ("acquire", acquire),
      ("release", release),
    ]
  }()

  /// An operation at a request that can't have any.
  private static let harmless: [(name: String, script: EtcdScript)] = {
    var read = EtcdScript("lin-kv")
    _ = read.begin("read", [7, nil])
    var readSet = EtcdScript("g-set")
    _ = readSet.begin("read")
    var look = EtcdScript("g-set")
    _ = look.begin("add", 1)
    var snapshot = EtcdScript("txn-list-append")
    _ = snapshot.begin("txn", [["append", 1, 1]])
    var grant = EtcdScript("lock")
    _ = grant.begin("acquire")
    var refresh = grant
    refresh.answer(2, ["ID": "77"])
    refresh.answer(3, ["succeeded": true])
    _ = refresh.begin("refresh")
    return [
      ("read", read), ("read set", readSet), ("look", look), ("snapshot", snapshot),
      ("grant", grant), ("refresh", refresh),
    ]
  }()

  static let errors: [(reply: Reply, isDefinite: Bool, name: String)] = [
    (noAnswer("refused", sent: false), true, "refused"),
    (noAnswer("timeout", sent: false), true, "timeout"),
    (noAnswer("timeout", sent: true), false, "timeout"),
    (noAnswer("closed", sent: true), false, "closed"),
    (.custom(["failure": "closed"]), false, "closed"),
    (.failed(ErrorReply(.temporarilyUnavailable, "no host")), true, "temporarily-unavailable"),
    (.failed(ErrorReply(.timeout, "")), false, "timeout"),
    (etcdError(400, 3, "etcdserver: key is not provided"), true, "invalid-argument"),
    (etcdError(404, 5, "etcdserver: requested lease not found"), true, "not-found"),
    (etcdError(503, 8, "etcdserver: too many requests"), true, "resource-exhausted"),
    (
      etcdError(503, 8, "etcdserver: mvcc: database space exceeded"), false, "resource-exhausted"
    ),
    (etcdError(501, 12, "unknown method"), true, "unimplemented"),
    (etcdError(503, 14, "etcdserver: request timed out"), false, "unavailable"),
    (
      etcdError(503, 14, "etcdserver: request timed out, possibly due to previous leader failure"),
      false, "unavailable"
    ),
    (
      etcdError(503, 14, "etcdserver: request timed out, possibly due to connection lost"), false,
      "unavailable"
    ),
    (etcdError(503, 14, "etcdserver: leader changed"), false, "unavailable"),
    (etcdError(503, 14, "etcdserver: no leader"), false, "unavailable"),
    (etcdError(503, 14, "etcdserver: server stopped"), false, "unavailable"),
    (etcdError(503, 14, "transport is closing"), false, "unavailable"),
    (etcdError(500, 2, "context deadline exceeded"), false, "unknown"),
    (etcdError(504, 4, "context deadline exceeded"), false, "deadline-exceeded"),
    (etcdError(408, 1, "context canceled"), false, "cancelled"),
    (etcdError(500, 15, "etcdserver: corrupt cluster"), false, "data-loss"),
    (etcdError(500, 99, "what is this"), false, "grpc-99"),
    (.custom(["status": 404, "body": "Not Found\n"]), true, "http-404"),
    (.custom(["status": 502, "body": "Bad Gateway"]), false, "http-502"),
  ]

  @Test("tells errors that leave a write open from those that don't", arguments: errors.indices)
  func writeErrors(place: Int) {
    let (reply, isDefinite, name) = Self.errors[place]
    for (operation, script) in Self.writes {
      var script = script
      script.receive(reply)
      let completion = script.completion
      #expect(completion?.type == (isDefinite ? .fail : .info), "\(operation): \(name)")
      #expect((completion?.error?.elements?.first ?? completion?.error) == .string(name))
      #expect(completion?.mismatch == nil)
    }
  }

  @Test("has failed for certain where nothing can have been written", arguments: errors.indices)
  func readErrors(place: Int) {
    for (operation, script) in Self.harmless {
      var script = script
      script.receive(Self.errors[place].reply)
      #expect(script.completion?.type == .fail, "\(operation): \(Self.errors[place].name)")
      #expect(script.completion?.error != nil)
    }
  }

  @Test(
    "takes nothing for an answer that is none",
    arguments: [
      Reply.written, .custom(["n": 1]), .custom(["status": 200, "body": "hello"]),
      .custom(["status": 200, "body": ["kvs": []]]),
      .custom([
        "status": 200,
        "body": ["header": ["revision": "3"], "kvs": [["mod_revision": "2", "value": "!"]]],
      ]),
      // "x" in Base64 is no JSON.
      .custom([
        "status": 200,
        "body": ["header": ["revision": "3"], "kvs": [["mod_revision": "2", "value": "eA=="]]],
      ]),
    ])
  func strange(reply: Reply) {
    var script = EtcdScript("lin-kv")
    _ = script.begin("read", [7, nil])
    script.receive(reply)
    #expect(script.completion?.type == .info)
    #expect(script.completion?.mismatch != nil)
  }
}
