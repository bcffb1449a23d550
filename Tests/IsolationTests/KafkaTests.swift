import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("Kafka")
struct KafkaTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var script: String
    var expected: [String: Int]
    /// The indices of the lines that are evidence of the first anomaly.
    var operations: [Int] = []
    /// What the explanation must say.
    var says: String = ""

    var testDescription: String { name }

    init(
      _ name: String, _ script: String, _ expected: [String: Int], _ operations: [Int] = [],
      says: String = ""
    ) {
      self.name = name
      self.script = script
      self.expected = expected
      self.operations = operations
      self.says = says
    }
  }

  static let cases: [Case] = [
    Case(
      "all is sent once and polled in order",
      "0 send k 1 @0\n0 send k 2 @5\n1 assign! k\n1 poll k 0=1\n1 poll k 5=2\n1 poll", [:]),
    Case(
      "two messages at one offset",
      "0 send k 1 @0\n1 send k 2 @0\n1 poll k 0=1\n0 poll k 0=2",
      ["inconsistent-offsets": 1], [1, 3, 5, 7],
      says: "key k, offset 0: 1 (acknowledged at op 1, polled at op 5), 2 (acknowledged at op 3"),
    Case(
      "a message at two offsets", "0 send k 1 @0\n0 poll k 0=1\n1 poll k 3=1", ["duplicate": 1],
      [1, 3, 5], says: "key k, message 1 at offsets 0 (acknowledged at op 1, polled at op 3), 3 ("),
    Case(
      "a message that was passed and never polled",
      "0 send k 1 @0\n0 send k 2 @1\n1 poll k 1=2", ["lost-write": 1], [1, 5],
      says: "key k, message 1 at offset 0, acknowledged at op 1: op 5 polled up to offset 1"),
    Case(
      "a message that nobody polled although somebody looked",
      "0 send k 1 @0\n0 send k 2 @1\n1 assign! k\n1 poll k 0=1\n1 poll", ["unseen": 1], [3],
      says: "key k, message 2 at offset 1, acknowledged at op 3"),
    Case(
      "a message whose send failed", "0 send k 1 fail\n1 poll k 0=1", ["G1a": 1], [1, 3],
      says: "key k, message 1: its send failed at op 1, op 3 polled it"),
    Case(
      "a message whose send is indeterminate may be polled", "0 send k 1 info\n1 poll k 0=1", [:]),
    Case(
      "a message whose send is indeterminate may be passed",
      "0 send k 1 info\n1 send k 2 @1\n1 poll k 1=2", [:]),
    Case(
      "a message that nobody sent", "0 send k 1 @0\n1 poll k 0=1 1=9", ["phantom": 1], [3],
      says: "key k, message 9: polled at op 3, sent by nobody"),
    Case(
      "a message that is polled before it is sent", "1 poll k 0=1\n0 send k 1 @0",
      ["G1c-realtime": 1], [1, 3], says: "op 1 had ended before op 2 began"),
    Case(
      "a message that the same process polls before it sends it", "0 poll k 0=1\n0 send k 1 @0",
      ["G1c-process": 1], [1, 3], says: "process 0 ended op 1 before it began op 2"),
    Case(
      "a client's polls leave out a message",
      "0 send k 1 @0\n0 send k 2 @1\n0 send k 3 @2\n1 poll k 0=1\n1 poll k 2=3\n2 poll k 1=2",
      ["poll-skip": 1], [7, 9],
      says: "op 7 ended with message 1 at offset 0 of key k, op 9 began with message 3 at offset 2 "
        + "of key k; skipped 2 at 1"),
    Case(
      "an offset at which nothing stands is none that is skipped",
      "0 send k 1 @0\n0 send k 3 @1000000000000\n1 poll k 0=1\n1 poll k 1000000000000=3", [:]),
    Case(
      "a client's polls go back",
      "0 send k 1 @0\n0 send k 2 @1\n1 poll k 0=1 1=2\n1 poll k 0=1", ["nonmonotonic-poll": 1],
      [5, 7], says: "process 1: op 5 ended with message 2 at offset 1 of key k, op 7 began with"),
    Case(
      "an assignment without the key lets a client go back",
      "0 send k 1 @0\n1 poll k 0=1\n1 assign j\n1 assign k\n1 poll k 0=1", [:]),
    Case(
      "an assignment with the key does not",
      "0 send k 1 @0\n1 poll k 0=1\n1 assign j k\n1 poll k 0=1", ["nonmonotonic-poll": 1]),
    Case(
      "an assignment that seeks to the beginning does",
      "0 send k 1 @0\n1 poll k 0=1\n1 assign! k\n1 poll k 0=1", [:]),
    Case(
      "a failed poll is no step", "0 send k 1 @0\n1 poll k 0=1\n1 poll fail\n1 poll k 0=1",
      ["nonmonotonic-poll": 1]),
    Case(
      "one poll leaves out a message",
      "0 send k 1 @0\n0 send k 2 @1\n0 send k 3 @2\n1 poll k 0=1 2=3\n2 poll k 1=2",
      ["int-poll-skip": 1], [7], says: "op 7 polled message 1 at offset 0 of key k and then"),
    Case(
      "one poll is out of order", "0 send k 1 @0\n0 send k 2 @1\n1 poll k 1=2 0=1",
      ["int-nonmonotonic-poll": 1], [5]),
    Case(
      "one poll has a message twice", "0 send k 1 @0\n1 poll k 0=1 0=1",
      ["int-nonmonotonic-poll": 1], [3]),
    Case(
      "a client's sends go back", "0 send k 1 @4\n0 send k 2 @3\n1 poll k 3=2 4=1",
      ["nonmonotonic-send": 1], [1, 3],
      says:
        "process 0: op 1 sent message 1 at offset 4 of key k, then op 3 sent message 2 at offset 3"),
    Case(
      "sends of different clients need no order",
      "0 send k 1 @4\n1 send k 2 @3\n1 poll k 3=2 4=1", [:]),
    Case(
      "keys have nothing to do with each other",
      "0 send k 1 @4\n0 send j 1 @0\n1 poll k 4=1\n1 poll j 0=1", [:]),
    Case(
      "an answer with a key that was not assigned",
      "0 send k 1 @0\n1 assign j;{\"offsets\":{\"j\":0}}\n1 poll k 0=1", ["unasked": 1], [5],
      says: "op 5 of process 1 was answered key k, which it had not assigned"),
    Case(
      "an answer below the offset that was asked",
      "0 send k 1 @0\n0 send k 2 @1\n1 assign k;{\"offsets\":{\"k\":1}}\n1 poll k 0=1 1=2",
      ["unasked": 1], [7], says: "asked key k from offset 1 and was answered offset 0"),
    Case(
      "a client that began after a message did not pass it",
      "0 send k 1 @0\n0 send k 2 @1\n1 assign k;{\"offsets\":{\"k\":1}}\n1 poll k 1=2\n"
        + "2 assign! k\n2 poll k 0=1", [:]),
    Case(
      "a commit that is gone",
      "0 send k 1 @0\n1 poll k 0=1;{\"committed\":{\"k\":0}}\n2 assign k;{\"committed\":{}}",
      ["lost-commit": 1], [3, 5],
      says: "op 5: key k has no committed offset, after op 3 committed 0"),
    Case(
      "a commit that went back",
      "0 send k 1 @0\n0 send k 2 @1\n1 poll k 0=1;{\"committed\":{\"k\":0}}\n"
        + "1 poll k 1=2;{\"committed\":{\"k\":1}}\n2 assign k;{\"committed\":{\"k\":0}}",
      ["lost-commit": 1], [7, 9], says: "op 9: key k at offset 0, after op 7 committed 1"),
    Case(
      "a lower commit may replace a higher one, or not",
      "0 send k 1 @0\n0 send k 2 @1\n1 poll k 0=1 1=2;{\"committed\":{\"k\":1}}\n"
        + "2 poll k 0=1;{\"committed\":{\"k\":0}}\n3 assign k;{\"committed\":{\"k\":0}}\n"
        + "3 assign k;{\"committed\":{\"k\":1}}", [:]),
    Case(
      "a committed offset that nobody committed",
      "0 send k 1 @0\n1 poll k 0=1;{\"committed\":{\"k\":0}}\n2 assign k;{\"committed\":{\"k\":5}}",
      ["phantom-commit": 1], [5],
      says: "op 5: key k at offset 5, which nobody committed; the highest commit before was 0"),
    Case(
      "a poll of unknown outcome may have committed",
      "0 send k 1 @0\n1 assign k;{\"offsets\":{\"k\":0}}\n1 poll info\n"
        + "2 assign k;{\"committed\":{\"k\":0}}\n2 poll k 0=1", [:]),
  ]

  @Test("finds", arguments: cases)
  func finds(_ known: Case) throws {
    let finding = try kafkaFinding(known.script)
    #expect(finding.counts == known.expected, "\(finding)")
    #expect(finding.verdict == (known.expected.isEmpty ? .valid : .invalid), "\(finding)")
    if !known.operations.isEmpty {
      #expect(finding.anomalies.first?.operations == known.operations)
    }
    let text = finding.anomalies.first?.explanation ?? ""
    #expect(known.says.isEmpty || text.contains(known.says), "\(text)")
  }

  @Test("an unseen message is no evidence where nobody looked for it again")
  func unlooked() throws {
    let finding = try kafkaFinding("1 assign! k\n1 poll\n0 send k 1 @0")
    #expect(finding.verdict == .unknown)
    #expect(
      finding.reason
        == "1 acknowledged messages were polled by nobody, the first of them 1 of key k (op 5), but "
        + "nobody polled its key again from the beginning")
    #expect(try kafkaFinding("0 send k 1 @0", isCompatible: true).counts == ["unseen": 1])
  }

  @Test("final polls must have come to rest", arguments: [9_000, 10_000] as [Int64])
  func rest(milliseconds: Int64) throws {
    let mark = ";{\"final\":true,\"thread\":0}"
    var lines = try kafkaScript(
      "0 send k 1 @0\n1 assign! k\(mark)\n1 poll\(mark)\n1 poll\(mark)"
    ).operations
    lines[7].time = lines[3].time + .milliseconds(milliseconds)
    let finding = KafkaChecker().check(try History(lines))
    #expect(finding.verdict == (milliseconds == 10_000 ? .invalid : .unknown), "\(finding)")
    if finding.verdict == .unknown {
      #expect(
        finding.reason?.hasSuffix("thread 0 was still polling at the end of the run (op 7)") == true
      )
    }
    // Another thread whose last client was lost may yet have found it.
    lines += [
      Operation(
        index: 8, time: lines[7].time, type: .invoke, process: .client(2), f: "poll",
        extra: ValueMap(facts: ["final": true, "thread": 1]))
    ]
    #expect(KafkaChecker().check(try History(lines)).verdict == .unknown)
  }

  @Test("Jepsen's checker also counts a lost message as unseen, and no phantoms")
  func compatible() throws {
    let lost = "0 send k 1 @0\n0 send k 2 @1\n1 poll k 1=2"
    #expect(try kafkaFinding(lost, isCompatible: true).counts == ["lost-write": 1, "unseen": 1])
    let phantom = "0 send k 1 @0\n1 poll k 0=1 1=9"
    #expect(try kafkaFinding(phantom, isCompatible: true).verdict == .valid)
  }

  @Test("a history in which nothing succeeded is undecided", arguments: [false, true])
  func nothing(isCompatible: Bool) throws {
    for script in ["", "0 crash\n5 crash", "0 send k 1 info\n1 poll info\n2 assign k"] {
      let finding = try kafkaFinding(script, isCompatible: isCompatible)
      #expect(finding.verdict == .unknown)
      #expect(finding.reason == "no send or poll succeeded")
    }
  }

  @Test("offsets may be as sparse as they like", .timeLimit(.minutes(3)))
  func sparse() throws {
    let (count, stride) = (30_000, 300_000_000_000_000)
    var lines: [Operation] = []
    func add(_ process: Int, _ f: String, _ asked: Value, _ answered: Value) {
      for (type, value) in [(Operation.Kind.invoke, asked), (.ok, answered)] {
        lines.append(
          Operation(
            index: lines.count, time: Nanoseconds(lines.count), type: type,
            process: .client(process), f: f, value: value))
      }
    }
    for number in 0..<count {
      let message = Value.integer(number)
      let offset = Value.integer(number * stride)
      add(0, "send", ["k", message], ["k", [offset, message]])
      if number != 5 { add(1, "poll", nil, ["k": [[offset, message]]]) }
    }
    let finding = KafkaChecker().check(try History(lines))
    #expect(finding.counts == ["lost-write": 1, "poll-skip": 1])
  }

  @Test("what is no history of logs is refused with the line and the reason")
  func refused() throws {
    func reason(_ lines: [Operation]) throws -> String? {
      KafkaChecker().check(try History(lines)).reason
    }
    func pair(_ f: String, _ asked: Value, _ answered: Value) -> [Operation] {
      [
        Operation(index: 0, type: .invoke, process: .client(0), f: f, value: asked),
        Operation(index: 1, type: .ok, process: .client(0), f: f, value: answered),
      ]
    }
    #expect(try reason(pair("read", nil, nil)) == "op 0: kafka has no operation read")
    #expect(
      try reason(pair("poll", nil, ["k": [[0]]]))
        == "op 1: a poll should answer {key: [[offset, message], …]}, not {\"k\": [[0]]}")
    #expect(
      try reason(pair("send", ["k", 1], ["k", 1]))
        == "op 1: a send should answer [key, [offset, 1]]")
    #expect(
      try reason(pair("send", "k", "k")) == "op 0: neither a send of [key, message] nor a poll")
    #expect(
      try kafkaFinding("0 send k 1 @0\n1 send k 1 @1").reason
        == "op 2: message 1 of key k was sent at op 0 already; the messages of a key must be unique"
    )
  }
}

@Suite("Kafka transactions")
struct KafkaTransactionTests {
  private func transaction(
    _ process: Int, _ asked: Value, _ answered: Value, _ type: Operation.Kind = .ok
  ) -> [Operation] {
    [
      Operation(type: .invoke, process: .client(process), f: "txn", value: asked),
      Operation(type: type, process: .client(process), f: "txn", value: answered),
    ]
  }

  private func counts(_ lines: [Operation]) throws -> [String: Int] {
    try finding(lines).counts
  }

  private func finding(_ lines: [Operation]) throws -> Finding {
    var lines = lines
    for place in lines.indices {
      lines[place].index = place
      lines[place].time = .milliseconds(Int64(place))
    }
    return KafkaChecker().check(try History(lines))
  }

  @Test("one that polls what it sent")
  func precommitted() throws {
    let lines = transaction(
      0, [["send", 1, 5], ["poll"]], [["send", 1, [0, 5]], ["poll", ["1": [[0, 5]]]]])
    #expect(try counts(lines) == ["precommitted-read": 1])
  }

  @Test("one whose sends go back")
  func internalSends() throws {
    let lines =
      transaction(
        0, [["send", 1, 5], ["send", 1, 6]], [["send", 1, [3, 5]], ["send", 1, [2, 6]]])
      + transaction(1, [["poll"]], [["poll", ["1": [[2, 6], [3, 5]]]]])
    #expect(try counts(lines) == ["int-nonmonotonic-send": 1])
  }

  @Test("one whose sends leave a gap for others is allowed")
  func internalSkips() throws {
    let lines =
      transaction(
        0, [["send", 1, 5], ["send", 1, 6]], [["send", 1, [0, 5]], ["send", 1, [2, 6]]])
      + transaction(1, [["send", 1, 7]], [["send", 1, [1, 7]]])
      + transaction(1, [["poll"]], [["poll", ["1": [[0, 5], [1, 7], [2, 6]]]]])
    let finding = try finding(lines)
    #expect(finding.counts == [:])
    #expect(finding.facts[fact: "allowed"] == ["G0": 1, "int-send-skip": 1])
  }

  @Test("one without an outcome took effect whole if any part of it was polled")
  func indeterminate() throws {
    // Its second message has no offset that is known, so that nobody can have passed it.
    let lines =
      transaction(
        0, [["send", 1, 5], ["send", 1, 6]], [["send", 1, 5], ["send", 1, [1, 6]]], .info)
      + transaction(1, [["send", 1, 7]], [["send", 1, [2, 7]]])
      + transaction(1, [["poll"]], [["poll", ["1": [[0, 5], [2, 7]]]]])
    #expect(try counts(lines) == ["lost-write": 1, "int-poll-skip": 1])
  }

  @Test("two that each polled what the other sent")
  func circle() throws {
    let a = transaction(
      0, [["send", 1, 5], ["poll"]], [["send", 1, [0, 5]], ["poll", ["2": [[0, 6]]]]])
    let b = transaction(
      1, [["send", 2, 6], ["poll"]], [["send", 2, [0, 6]], ["poll", ["1": [[0, 5]]]]])
    #expect(try counts([a[0], b[0], a[1], b[1]]) == ["G1c": 1])
  }
}
