import Histories
import Invariants
import Testing
import Values
import Verdicts

/// A chat's history, line by line; a read is asked of a server for a room, `nil` for all.
private struct ChatScript {
  private(set) var script = DeliveryScript()

  mutating func post(_ process: Int, _ room: String, _ message: String, to target: Value? = nil) {
    let f = target == nil ? "post" : "reply"
    let asked: [Value] = [.string(room), .string(message)]
    script.add(.invoke, process, f, .list(asked))
    script.add(.ok, process, f, .list(asked + (target.map { [$0] } ?? [])))
  }

  mutating func read(
    _ server: Int, _ room: String?, _ shown: [Value], isFinal: Bool = false
  ) {
    let asked = room.map { Value.string($0) } ?? Value.null
    script.add(.invoke, server, "read", asked)
    script.add(.ok, server, "read", .list(shown), DeliveryScript.shown(server, 0, isFinal))
  }

  func check() throws -> Finding { RepliesChecker().check(try History(script.lines)) }
}

@Suite("Replies")
struct RepliesTests {
  private func types(_ build: (inout ChatScript) -> Void) throws -> [String] {
    var script = ChatScript()
    script.post(0, "a", "question")
    script.post(1, "a", "answer", to: "question")
    build(&script)
    let finding = try script.check()
    #expect((finding.verdict == .invalid) == !finding.anomalies.isEmpty)
    return finding.anomalies.map(\.type)
  }

  private let question: Value = ["question", nil]
  private let answer: Value = ["answer", "question"]

  @Test("come after what they reply to, in each room")
  func sameRoom() throws {
    #expect(try types { $0.read(1, "a", [question, answer]) } == [])
    #expect(try types { $0.read(1, "a", [answer, question]) } == ["reply-before-message"])
    #expect(try types { $0.read(1, nil, [answer, question]) } == ["reply-before-message"])
    #expect(try types { $0.read(1, "a", [answer]) } == ["reply-before-message"])
  }

  @Test("in another room oblige their server, and no other, to show what they reply to")
  func otherRoom() throws {
    let forward: Value = ["forward", "question"]
    func found(_ server: Int, _ shown: [Value]) throws -> [String] {
      try types {
        $0.post(2, "b", "forward", to: "question")
        $0.read(1, "b", [forward])
        $0.read(server, "a", shown)
      }
    }
    #expect(try found(1, [question]) == [])
    #expect(try found(2, []) == [])
    #expect(try found(1, []) == ["reply-before-message"])
    // A read that had begun before may have been answered before.
    var script = ChatScript()
    script.post(0, "a", "question")
    script.post(2, "b", "forward", to: "question")
    var lines = script.script
    lines.add(.invoke, 5, "read", "a")
    lines.add(.invoke, 6, "read", "b")
    lines.add(.ok, 6, "read", [forward], DeliveryScript.shown(1, 0, false))
    lines.add(.ok, 5, "read", [], DeliveryScript.shown(1, 0, false))
    #expect(RepliesChecker().check(try History(lines.lines)).verdict == .valid)
  }

  @Test("and posts are shown once, if they were posted, and by all servers in the end")
  func integrity() throws {
    #expect(try types { $0.read(0, "a", [question, question]) } == ["duplicated"])
    #expect(try types { $0.read(0, "a", [["x", nil]]) } == ["phantom"])
    #expect(
      try types {
        $0.read(0, nil, [question, answer], isFinal: true)
        $0.read(1, nil, [question], isFinal: true)
      } == ["lost"])
    var script = DeliveryScript()
    script.add(.invoke, 0, "post", ["a", "m"])
    script.add(.info, 0, "post", ["a", "m"])
    let finals: [[Value]] = [[["m", nil]], []]
    for (server, shown) in finals.enumerated() {
      script.add(.invoke, 1, "read")
      script.add(.ok, 1, "read", .list(shown), DeliveryScript.shown(server, 0, true))
    }
    #expect(
      RepliesChecker().check(try History(script.lines)).anomalies.map(\.type) == ["diverging"])
  }

  @Test("are judged in the end by the last final read of each server, or of each of its rooms")
  func finalReads() throws {
    #expect(
      try types {
        $0.post(2, "b", "other")
        $0.read(0, "a", [question], isFinal: true)
        $0.read(0, "a", [question, answer], isFinal: true)
        $0.read(0, "b", [["other", nil]], isFinal: true)
      } == [])
    #expect(
      try types {
        $0.read(0, "a", [], isFinal: true)
        $0.read(0, nil, [question, answer], isFinal: true)
      } == [])
    #expect(
      try types {
        $0.read(0, "a", [question, answer], isFinal: true)
        $0.read(1, "a", [question], isFinal: true)
      } == ["lost"])
  }

  @Test("oblige reads of all rooms, and failed posts are never shown")
  func allRooms() throws {
    #expect(
      try types {
        $0.post(2, "b", "forward", to: "question")
        $0.read(1, "b", [["forward", "question"]])
        $0.read(1, nil, [])
      } == ["reply-before-message"])
    var script = DeliveryScript()
    script.add(.invoke, 0, "post", ["a", "m"])
    script.add(.invoke, 1, "read")
    script.add(.ok, 1, "read", [["m", nil]], DeliveryScript.shown(1, 0, false))
    script.add(.fail, 0, "post", ["a", "m"])
    #expect(RepliesChecker().check(try History(script.lines)).anomalies.map(\.type) == ["phantom"])
  }

  @Test("can't be judged where the history can't be read")
  func problems() throws {
    func reason(_ lines: [Operation]) throws -> String? {
      let finding = RepliesChecker().check(try History(lines))
      #expect(finding.verdict == .unknown)
      return finding.reason
    }
    func line(_ type: Operation.Kind, _ f: String, _ value: Value) -> Operation {
      Operation(index: type == .ok ? 1 : 0, type: type, process: .client(0), f: f, value: value)
    }
    #expect(try reason([]) == "no read succeeded")
    #expect(try reason([line(.invoke, "post", 3)]) == "op 0: 3 is no [room, message]")
    #expect(try reason([line(.invoke, "shout", 3)]) == "op 0: a chat knows no operation shout")
    #expect(
      try reason([line(.invoke, "read", "a"), line(.ok, "read", [])])
        == "op 1: a read should answer [[message, replied to], …], with \"at\":server")
    var script = ChatScript()
    script.post(0, "a", "m")
    script.post(0, "b", "m")
    #expect(
      try script.check().reason
        == "op 2: \"m\" was posted at op 0 already; messages must be unique")
  }

  /// Whether a reply was shown before its message, read by read and reply by reply.
  private func isEarly(_ history: History) -> Bool {
    let calls = history.calls
    let reads = calls.filter { $0.f == "read" && $0.outcome == .ok }
    func pairs(_ read: Call) -> [[Value]] { (read.value.elements ?? []).compactMap(\.elements) }
    func server(_ read: Call) -> Value { read.completion?.extra[fact: "at"] ?? .null }
    func room(_ message: Value, before read: Call) -> Value? {
      calls.first {
        $0.f != "read" && $0.invocation.value.elements?[1] == message
          && $0.position < read.end ?? 0
      }?.invocation.value.elements?[0]
    }
    return reads.contains { read in
      pairs(read).enumerated().contains { place, pair in
        guard pair[1] != .null, let room = room(pair[1], before: read) else { return false }
        if room == read.invocation.value || read.invocation.value == .null {
          return !pairs(read)[...place].contains { $0[0] == pair[1] }
        }
        return reads.contains { later in
          later.invocation.value == room && server(later) == server(read)
            && later.position > read.end ?? 0 && !pairs(later).contains { $0[0] == pair[1] }
        }
      }
    }
  }

  @Test("are judged as defined on random histories", arguments: 0..<4 as Range<UInt64>)
  func twin(batch: UInt64) throws {
    var seen: [Bool: Int] = [:]
    let share = messageTwinCount / 4
    for seed in batch * share..<batch * share + share {
      var draws = Draws(seed: seed)
      var script = DeliveryScript()
      var posts: [(room: Int, message: Int, to: Value)] = []
      var logs: [[Int]] = [[], []]
      let flaws = draws.chance(0.5) ? 0.1 : 0
      for _ in 0..<(4 + draws.below(14)) {
        let server = draws.below(2)
        for other in posts.indices where !logs[server].contains(other) && draws.chance(0.6) {
          logs[server].append(other)
        }
        if draws.chance(0.5) {
          let target: Value =
            logs[server].last.flatMap { draws.chance(0.7) ? .integer(posts[$0].message) : nil }
            ?? .null
          let room = draws.below(2)
          let value: [Value] = [.integer(room), .integer(posts.count)]
          script.add(.invoke, server, "post", .list(value))
          script.add(.ok, server, "post", .list(value))
          logs[server].append(posts.count)
          posts.append((room, posts.count, target))
        } else {
          let room = draws.below(2)
          var shown = logs[server].filter { posts[$0].room == room && !draws.chance(flaws) }
          if draws.chance(flaws) { shown.reverse() }
          script.add(.invoke, server, "read", .integer(room))
          script.add(
            .ok, server, "read",
            .list(shown.map { .list([.integer($0), posts[$0].to]) }),
            DeliveryScript.shown(server, 0, false))
        }
      }
      let history = try History(script.lines)
      let finding = RepliesChecker().check(history)
      let found = finding.anomalies.contains { $0.type == "reply-before-message" }
      #expect(found == isEarly(history), "seed \(seed)")
      seen[found, default: 0] += 1
    }
    #expect(seen[true, default: 0] > 50 && seen[false, default: 0] > 50, "\(seen)")
  }
}
