import Clients
import Histories
import Nodes
import Testing
import Values
import Workloads

/// A client of Redis, and what it is told.
private struct RedisScript {
  private(set) var client: RedisClient
  private(set) var last: ClientStep?

  init(_ workload: String, _ options: RedisClient.Options = .init()) {
    guard let client = RedisClient(workload: workload, options) else {
      preconditionFailure("Redis has no client for \(workload)")
    }
    self.client = client
  }

  /// Begins an operation; the commands that it asks for.
  mutating func begin(_ f: String, _ value: Value = nil) -> Value? {
    last = client.begin(f, value, ValueMap())
    guard case .ask(.custom(let request)) = last else { return nil }
    return request["commands"]
  }

  /// Takes replies, one for each command.
  mutating func answer(_ replies: Value...) -> Completion? {
    receive(.custom(["replies": .list(replies)]))
  }

  mutating func receive(_ reply: Reply) -> Completion? {
    last = client.receive(reply)
    return completion
  }

  var completion: Completion? {
    guard case .complete(let completion) = last else { return nil }
    return completion
  }
}

private func error(_ text: String) -> Value { ["error": .string(text)] }

@Suite("A client of Redis")
struct RedisClientTests {
  @Test("speaks for these workloads only")
  func workloads() {
    #expect(RedisClient.workloads == ["lin-kv", "g-set", "txn-list-append", "lock"])
    #expect(RedisClient(workload: "echo") == nil)
    var script = RedisScript("g-set")
    #expect(script.begin("remove", 1) == nil)
    #expect(script.completion?.type == .fail)
  }

  @Test("adds to a set, and reads it")
  func set() {
    var script = RedisScript("g-set")
    #expect(script.begin("add", 3) == [["SADD", "g-set", "3"]])
    #expect(script.answer(1)?.type == .ok)
    #expect(script.begin("add", 3) != nil)
    #expect(script.answer(0)?.type == .ok)
    #expect(script.begin("read") == [["SMEMBERS", "g-set"]])
    let read = script.answer(["2", "1"])
    #expect(read?.type == .ok)
    #expect(read?.value == [2, 1])
    _ = script.begin("read")
    #expect(script.answer([])?.value == [])
  }

  @Test("reads and writes registers")
  func registers() {
    var script = RedisScript("lin-kv")
    #expect(script.begin("read", [7, nil]) == [["GET", "lin-kv/7"]])
    #expect(script.answer(nil)?.value == [7, nil])
    _ = script.begin("read", [7, nil])
    #expect(script.answer("3")?.value == [7, 3])
    #expect(script.begin("write", [7, 3]) == [["SET", "lin-kv/7", "3"]])
    let written = script.answer("OK")
    #expect(written?.type == .ok)
    #expect(written?.value == nil)
  }

  @Test("compares and sets a register in one script", arguments: [0, 1])
  func compareAndSet(reply: Int) {
    var script = RedisScript("lin-kv")
    let words = script.begin("cas", [7, [3, 4]])?.elements?.first?.elements ?? []
    #expect(words.first == "EVAL")
    #expect(Array(words.dropFirst(2)) == ["1", "lin-kv/7", "3", "4"])
    #expect(script.answer(.integer(reply))?.type == (reply == 1 ? .ok : .fail))
  }

  @Test("does a transaction between MULTI and EXEC")
  func lists() {
    var script = RedisScript("txn-list-append")
    #expect(
      script.begin("txn", [["r", 1, nil], ["append", 2, 5], ["r", 2, nil]]) == [
        ["MULTI"], ["LRANGE", "txn-list-append/1", "0", "-1"], ["RPUSH", "txn-list-append/2", "5"],
        ["LRANGE", "txn-list-append/2", "0", "-1"], ["EXEC"],
      ])
    let done = script.answer("OK", "QUEUED", "QUEUED", "QUEUED", [[], 2, ["4", "5"]])
    #expect(done?.type == .ok)
    #expect(done?.value == [["r", 1, []], ["append", 2, 5], ["r", 2, [4, 5]]])
  }

  @Test("holds a lock by a token, and loses it to time")
  func lock() {
    var script = RedisScript("lock", .init(lease: .seconds(3)))
    #expect(script.begin("refresh") == nil)
    #expect(script.completion?.error == "not-held")
    let acquire = script.begin("acquire")?.elements?.first?.elements ?? []
    #expect(Array(acquire.dropFirst(2)) == ["2", "lock", "lock/token", "3000"])
    #expect(script.answer(0)?.error == "held")
    _ = script.begin("acquire")
    let acquired = script.answer(7)
    #expect(acquired?.type == .ok)
    #expect(acquired?.extra["token"] == 7)
    let refresh = script.begin("refresh")?.elements?.first?.elements ?? []
    #expect(Array(refresh.dropFirst(2)) == ["1", "lock", "7", "3000"])
    #expect(script.answer(1)?.type == .ok)
    _ = script.begin("refresh")
    #expect(script.answer(0)?.error == "not-held")
    let release = script.begin("release")?.elements?.first?.elements ?? []
    #expect(Array(release.dropFirst(2)) == ["1", "lock", "7"])
    #expect(script.answer(1)?.type == .ok)
    #expect(script.begin("release") == nil)
    #expect(script.completion?.error == "not-held")
  }

  private static let writes: [(workload: String, f: String, value: Value)] = [
    ("lin-kv", "write", [1, 2]), ("lin-kv", "cas", [1, [2, 3]]), ("g-set", "add", 1),
    ("lock", "acquire", nil),
  ]
  private static let reads: [(workload: String, f: String, value: Value)] = [
    ("lin-kv", "read", [1, nil]), ("g-set", "read", nil),
  ]

  @Test(
    "knows which errors say that nothing was done",
    arguments: [
      ("LOADING Redis is loading the dataset in memory", true),
      ("BUSY Redis is busy running a script.", true),
      ("READONLY You can't write against a read only replica.", true),
      ("MASTERDOWN Link with MASTER is down", true), ("NOREPLICAS Not enough good replicas", true),
      ("MISCONF Errors writing to the AOF file: No space left on device", true),
      ("OOM command not allowed when used memory > 'maxmemory'.", true),
      ("WRONGTYPE Operation against a key holding the wrong kind of value", true),
      ("NOSCRIPT No matching script.", true), ("NOAUTH Authentication required.", true),
      ("NOPERM this user has no permissions", true), ("MOVED 3999 127.0.0.1:6381", true),
      ("ASK 3999 127.0.0.1:6381", true), ("TRYAGAIN Multiple keys request", true),
      ("CROSSSLOT Keys in request don't hash to the same slot", true),
      ("CLUSTERDOWN The cluster is down", true), ("ERR syntax error", false),
      ("ERR Error running script", false), ("UNBLOCKED force unblock", false),
      ("LOADINGS", false), ("", false),
    ])
  func errors(text: String, isDefinite: Bool) {
    for write in RedisClientTests.writes {
      var script = RedisScript(write.workload)
      _ = script.begin(write.f, write.value)
      #expect(script.answer(error(text))?.type == (isDefinite ? .fail : .info), "\(write)")
    }
    for read in RedisClientTests.reads {
      var script = RedisScript(read.workload)
      _ = script.begin(read.f, read.value)
      #expect(script.answer(error(text))?.type == .fail, "\(read)")
    }
  }

  @Test("leaves a write open that was sent and not answered, and no other")
  func failures() {
    for write in RedisClientTests.writes {
      for (failure, sent) in [
        ("closed", true), ("timeout", true), ("timeout", false), ("refused", false),
      ] {
        var script = RedisScript(write.workload)
        _ = script.begin(write.f, write.value)
        let completion = script.receive(noAnswer(failure, sent: sent))
        #expect(completion?.type == (sent ? .info : .fail), "\(write) \(failure)")
        #expect(completion?.error == .string(failure))
      }
      var script = RedisScript(write.workload)
      _ = script.begin(write.f, write.value)
      #expect(script.receive(.custom(["failure": "closed"]))?.type == .info)
    }
    var refresh = RedisScript("lock")
    _ = refresh.begin("acquire")
    _ = refresh.answer(1)
    _ = refresh.begin("refresh")
    #expect(refresh.receive(noAnswer("timeout", sent: true))?.type == .fail)
    _ = refresh.begin("release")
    #expect(refresh.receive(noAnswer("timeout", sent: true))?.type == .info)
  }

  @Test("fails a transaction only where all of it was discarded")
  func transactionErrors() {
    let aborted = error("EXECABORT Transaction discarded because of previous errors.")
    let loading = error("LOADING Redis is loading the dataset in memory")
    let strange = error("ERR unknown command")
    let wrong = error("WRONGTYPE Operation against a key holding the wrong kind of value")
    let cases: [(replies: [Value], type: Histories.Operation.Kind)] = [
      (["OK", loading, loading, aborted], .fail), (["OK", "QUEUED", "QUEUED", aborted], .fail),
      ([loading, loading, loading, loading], .fail), (["OK", strange, "QUEUED", aborted], .fail),
      // Without a MULTI its commands are done one by one.
      ([strange, [], 1, error("ERR EXEC without MULTI")], .info),
      ([loading, [], 1, aborted], .info), (["OK", "QUEUED", "QUEUED", strange], .info),
      ([loading, strange, loading, aborted], .info),
      // One of its commands failed, the others are done.
      (["OK", "QUEUED", "QUEUED", [wrong, 1]], .info),
      (["OK", "QUEUED", "QUEUED", [[], wrong]], .info),
    ]
    for (replies, type) in cases {
      var script = RedisScript("txn-list-append")
      _ = script.begin("txn", [["r", 1, nil], ["append", 2, 5]])
      let completion = script.receive(.custom(["replies": .list(replies)]))
      #expect(completion?.type == type, "\(replies)")
      #expect(completion?.mismatch == nil)
      _ = script.begin("txn", [["r", 1, nil], ["r", 2, nil]])
      #expect(script.receive(.custom(["replies": .list(replies)]))?.type == .fail, "\(replies)")
    }
    var script = RedisScript("txn-list-append")
    _ = script.begin("txn", [["append", 2, 5]])
    #expect(script.receive(noAnswer("closed", sent: true))?.type == .info)
    _ = script.begin("txn", [["append", 2, 5]])
    #expect(script.receive(noAnswer("refused", sent: false))?.type == .fail)
  }

  @Test("takes no answer for one that it is not")
  func mismatches() {
    let cases: [(workload: String, f: String, value: Value, replies: [Value])] = [
      ("lin-kv", "write", [1, 2], [1]), ("lin-kv", "write", [1, 2], ["OK", "OK"]),
      ("lin-kv", "write", [1, 2], []), ("lin-kv", "cas", [1, [2, 3]], [2]),
      ("lin-kv", "cas", [1, [2, 3]], ["OK"]), ("lin-kv", "read", [1, nil], ["{"]),
      ("lin-kv", "read", [1, nil], [5]), ("g-set", "add", 1, [2]), ("g-set", "add", 1, [nil]),
      ("g-set", "read", nil, ["1"]), ("g-set", "read", nil, [[1]]), ("lock", "acquire", nil, [-1]),
      ("lock", "acquire", nil, ["OK"]),
      ("txn-list-append", "txn", [["append", 1, 2]], ["OK", "QUEUED", nil]),
      ("txn-list-append", "txn", [["append", 1, 2]], ["OK", "QUEUED", []]),
      ("txn-list-append", "txn", [["append", 1, 2]], ["OK", 1, [1]]),
      ("txn-list-append", "txn", [["append", 1, 2]], ["OK", "QUEUED", [0]]),
      ("txn-list-append", "txn", [["r", 1, nil]], ["OK", "QUEUED", ["1"]]),
    ]
    for (workload, f, value, replies) in cases {
      var script = RedisScript(workload)
      _ = script.begin(f, value)
      let completion = script.receive(.custom(["replies": .list(replies)]))
      #expect(completion?.type == .info, "\(workload) \(f) \(replies)")
      #expect(completion?.mismatch != nil, "\(workload) \(f) \(replies)")
    }
    var script = RedisScript("g-set")
    _ = script.begin("add", 1)
    #expect(script.receive(.added)?.mismatch != nil)
  }
}
