import Convergence
import Histories
import Testing
import Values
import Verdicts

@Suite("Histories of replicas that tell less, or tell it in other ways")
struct BlackBoxTests {
  @Test("Sets mean the same in every order, and as EDN's sets")
  func order() throws {
    for context in [[1, 1], nil] {
      var script = ReplicaScript(.growOnlySet)
      script.update(0, "add", 1, context: [1, 0])
      script.update(1, "add", 2, context: [0, 1])
      let elements: [Value] = [2, 1]
      for answer in [[1, 2], [2, 1], Value.set(ValueSet(elements))] {
        script.read(0, answer, context: context, isFinal: context == nil)
      }
      #expect(try script.anomalies == [])
    }
    var map = ReplicaScript(.map)
    map.update(0, "update", ["a", "or-set", "add", 1], context: [1, 0])
    map.update(0, "update", ["a", "or-set", "add", 2], context: [2, 0])
    map.update(0, "update", ["b", "pn-counter", "add", 2], context: [3, 0])
    map.read(0, [["a", "or-set", [1, 2]], ["b", "pn-counter", 2]], context: [3, 0])
    map.read(1, [["b", "pn-counter", 2], ["a", "or-set", [2, 1]]], context: [3, 0])
    #expect(try map.finding.verdict == .valid)
  }

  @Test("Contexts as maps name replicas by texts, and updates may name them by numbers")
  func names() throws {
    var script = ReplicaScript(.growOnlySet)
    script.update(0, "add", 1, context: [1, 0])
    script.read(1, [1], context: [1, 0], isFinal: true)
    script.replace("context", by: .map(ValueMap([.init(key: "0", value: 1)])))
    let finding = try script.finding
    #expect(finding.verdict == .valid)
    #expect(finding.facts[fact: "judged-reads"] == 1)

    script.replace("context", by: .map(ValueMap([.init(key: "a", value: 1)])))
    let strange = try script.finding
    #expect(strange.verdict == .unknown)
    #expect(strange.reason?.hasPrefix("op 1: replica 0 made an update, and no context") == true)
  }

  @Test("What replicas tell of themselves counts only where it is known by which name")
  func ownWithoutReplica() throws {
    var script = ReplicaScript(.growOnlySet)
    script.update(0, "add", 1, context: [1, 0])
    script.read(0, [1], context: [1, 0], isFinal: true, own: [["add", 1, [1, 0], nil, nil]])
    script.replace("replica", by: nil)
    #expect(try script.finding.verdict == .valid)
  }

  @Test("Replicas that answer alike while one has not seen all are not at rest")
  func lag() throws {
    var script = ReplicaScript(.growOnlyCounter)
    script.update(0, "add", 0, context: [1, 0])
    script.read(0, 0, context: [1, 0], isFinal: true)
    script.read(1, 0, context: [0, 0], isFinal: true)
    script.nameNodes()
    #expect(try script.finding.verdict == .unknown)
    script.settle()
    #expect(try script.anomalies == ["lost"])
  }

  @Test("Replicas that end apart by an update of which no answer came diverge")
  func apart() throws {
    var script = ReplicaScript(.growOnlySet)
    script.silentUpdate(0, "add", 1)
    script.read(0, [1], context: [1, 0], isFinal: true, own: [["add", 1, [1, 0], nil, nil]])
    script.read(1, [], context: [0, 0], isFinal: true, own: [])
    script.nameNodes()
    script.settle()
    #expect(try script.anomalies == ["diverging"])
  }

  @Test("A delete that does not tell its element proves nothing; an insert tells it when asked for")
  func untoldDeletes() throws {
    for result in [Value.null, 0] {
      var script = ReplicaScript(.text)
      script.update(0, "insert", [0, 0], context: [1, 0], result: [nil, 0, nil])
      script.update(0, "insert", [0, 1], context: [2, 0], result: Value.null)
      script.read(0, [1, 0], context: [2, 0])
      script.update(0, "delete", 0, context: [3, 0], result: result)
      script.read(0, [0], context: [3, 0])
      let finding = try script.finding
      #expect(finding.verdict == .valid)
      #expect(finding.facts[fact: "judged-reads"] == 1)
      #expect(finding.facts[fact: "unjudged-reads"] == 1)
    }
  }

  @Test("A text in which an element is inserted twice can't be judged")
  func equalElements() throws {
    var script = ReplicaScript(.text)
    script.update(0, "insert", [0, "a"], context: [1, 0], result: [nil, "a", nil])
    script.update(0, "insert", [1, "a"], context: [2, 0], result: ["a", "a", nil])
    script.read(0, ["a", "a"], context: [2, 0])
    #expect(try script.finding.verdict == .unknown)
  }

  @Test("Equal values that were written concurrently may both be kept, and no third one")
  func equalValues() throws {
    var script = ReplicaScript(.multiValueRegister)
    script.update(0, "write", 1, context: [1, 0])
    script.update(1, "write", 1, context: [0, 1])
    script.read(0, [1, 1], context: [1, 1])
    #expect(try script.finding.verdict == .valid)
    script.read(0, [1, 1, 1], context: [1, 1])
    #expect(try script.anomalies.contains("duplicated"))
  }

  @Test("Stamps decide between updates of one element, and may name replicas by texts")
  func stamps() throws {
    for (element, anomalies) in [(2 as Value, []), (1, ["arbitration-cycle"])] {
      var script = ReplicaScript(.lastWriterSet)
      script.update(0, "add", 1, context: [1, 0], stamp: 9)
      script.update(0, "add", element, context: [2, 0], stamp: 5)
      #expect(try script.anomalies == anomalies)
    }
    var script = ReplicaScript(.lastWriterRegister)
    script.update(0, "write", 1, context: [1, 0], stamp: 1)
    script.update(1, "write", 2, context: [0, 1], stamp: 1)
    script.read(0, 2, context: [1, 1])
    script.operations[1].extra[.string("stamp")] = [1, "a"]
    script.operations[3].extra[.string("stamp")] = [1, "b"]
    #expect(try script.finding.verdict == .valid)
    script.read(0, 1, context: [1, 1])
    #expect(try script.anomalies.contains("unexplained"))
    // An update without a stamp makes only reads that had seen it what can't be judged.
    script.update(0, "write", 3, context: [2, 1])
    #expect(try script.anomalies.contains("unexplained"))
  }

  @Test("Acknowledged updates are missed in final reads that don't say what they had seen")
  func lossWithoutContext() throws {
    let cases: [(DataType, String, Value, Value, Value)] = [
      (.growOnlySet, "add", 1, [1], []), (.addWinsSet, "add", 1, [1], []),
      (.lastWriterRegister, "write", 1, 1, nil), (.multiValueRegister, "write", 1, [1], []),
      (.enableWinsFlag, "enable", nil, true, false), (.disableWinsFlag, "enable", nil, true, false),
      (.cart, "add", ["x", 2], [["x", 2]], []), (.text, "insert", [0, "a"], ["a"], []),
    ]
    for (type, f, operand, right, wrong) in cases {
      for isNamed in [false, true] {
        for (answer, anomalies) in [(right, []), (wrong, ["lost"])] {
          var script = ReplicaScript(type)
          script.update(0, f, operand, context: [1, 0])
          if !isNamed { script.replace("update", by: nil) }
          script.read(0, answer, context: nil, isFinal: true)
          #expect(try script.anomalies == anomalies, "\(type) \(isNamed) \(answer)")
        }
      }
    }
  }

  @Test("A counter beyond all that was asked for, a move that nobody made, a flag nobody enabled")
  func strangeAnswers() throws {
    var counter = ReplicaScript(.counter)
    counter.silentUpdate(0, "add", -2)
    for answer in [0, -2] as [Value] { counter.read(0, answer, context: nil) }
    #expect(try counter.anomalies == [])
    #expect(try counter.finding.verdict == .unknown)
    counter.read(0, 1, context: nil)
    counter.silentUpdate(1, "add", 5)
    #expect(try counter.anomalies == ["unexplained"])

    var tree = ReplicaScript(.tree)
    tree.silentUpdate(0, "move", [1, 0])
    tree.read(0, [[1, 0]], context: nil)
    #expect(try tree.anomalies == [])
    #expect(try tree.finding.verdict == .unknown)
    tree.read(0, [[1, 7]], context: nil)
    #expect(try tree.anomalies == ["phantom"])

    var flag = ReplicaScript(.enableWinsFlag)
    flag.silentUpdate(0, "disable")
    flag.read(0, true, context: nil)
    #expect(try flag.anomalies == ["phantom"])
  }

  @Test("Updates that are none of the type, and sums beyond 64 bits, make the verdict unknown")
  func strangeUpdates() throws {
    let most = Value.integer(.max)
    let cases: [(DataType, String, Value, String)] = [
      (.counter, "add", 1.5, "op 0: pn-counter has add d, not add 1.5"),
      (.cart, "add", ["x"], "op 0: cart has add [item, n], not add [\"x\"]"),
      (
        .map, "update", ["x", "g-set", "add", 1],
        "op 0: or-map has update [key, type, f, value], not update [\"x\", \"g-set\", \"add\", 1]"
      ),
      (.counter, "add", most, "op 2: what was added may be beyond 64 bits"),
      (.cart, "add", ["x", most], "op 2: what was added may be beyond 64 bits"),
      (
        .map, "update", ["x", "pn-counter", "add", most],
        "op 2: what was added may be beyond 64 bits"
      ),
    ]
    for (type, f, operand, reason) in cases {
      var script = ReplicaScript(type)
      script.update(0, f, operand, context: [1, 0])
      script.update(0, f, operand, context: [2, 0])
      script.read(0, 0, context: [2, 0])
      #expect(try script.finding.verdict == .unknown)
      #expect(try script.finding.reason == reason)
    }
  }

  @Test(
    "Where nothing tells what reads must answer, the verdict is unknown, and a valid one says its rest"
  )
  func restrictions() throws {
    var plain = ReplicaScript(.growOnlySet)
    plain.plainAdd(0, 1)
    plain.read(0, [1], context: nil)
    let open = try plain.finding
    #expect(open.verdict == .unknown)
    #expect(open.reason?.contains("none is marked final") == true)
    plain.read(0, [1], context: nil, isFinal: true)
    plain.read(1, [1], context: nil, isFinal: true)
    let final = try plain.finding
    #expect(final.verdict == .valid)
    #expect(final.reason == "0 of 3 reads were judged by what they had seen")

    var map = ReplicaScript(.map)
    map.silentUpdate(0, "update", ["a", "pn-counter", "add", 1])
    map.read(0, [], context: nil, isFinal: true)
    map.read(1, [], context: nil, isFinal: true)
    #expect(try map.finding.verdict == .unknown)

    var told = ReplicaScript(.growOnlySet)
    told.update(0, "add", 1, context: [1, 0])
    told.read(0, [1], context: [1, 0])
    #expect(try told.finding.reason == "no final reads: nothing is said of lost updates")
  }

  @Test("Reads of nobody in particular are judged in chains")
  func withoutReplica() throws {
    var script = ReplicaScript(.growOnlySet)
    for count in 1...20 {
      for replica in 0..<2 {
        script.update(
          replica, "add", .integer(2 * count + replica),
          context: replica == 0 ? [count, 0] : [0, count])
        script.read(
          replica, .list((1...count).map { .integer(2 * $0 + replica) }),
          context: replica == 0 ? [count, 0] : [0, count])
      }
    }
    script.replace("replica", by: nil)
    let finding = try script.finding
    #expect(finding.verdict == .valid)
    #expect(finding.facts[fact: "judged-reads"] == 40)
    script.read(0, [2], context: [20, 20])
    #expect(try script.anomalies == ["unexplained"])
  }

  @Test("A context far beyond all updates costs no time")
  func hugeContext() throws {
    var script = ReplicaScript(.growOnlySet)
    script.update(0, "add", 1, context: [1, 0])
    for _ in 0..<100 { script.read(0, [1], context: [Int(Int32.max), 0]) }
    #expect(try script.anomalies == ["phantom"])
  }
}

extension ReplicaScript {
  /// Puts another value in place of a field of all completions, or takes the field away.
  fileprivate mutating func replace(_ field: String, by value: Value?) {
    for place in operations.indices where operations[place].extra[.string(field)] != nil {
      if let value {
        operations[place].extra[.string(field)] = value
      } else {
        let entries = operations[place].extra.entries.filter { $0.key != .string(field) }
        operations[place].extra = ValueMap(entries)
      }
    }
  }

  /// Calls final reads by the nodes that they are of.
  fileprivate mutating func nameNodes() {
    for place in operations.indices where operations[place].extra[fact: "final"] == true {
      guard case .client(let replica) = operations[place].process else { continue }
      operations[place].extra[.string("node")] = .string("n\(replica + 1)")
    }
  }
}
