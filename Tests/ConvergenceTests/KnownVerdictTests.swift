import Convergence
import Histories
import Testing
import Values
import Verdicts

@Suite("Histories of replicated data types with known verdicts")
struct KnownVerdictTests {
  @Test("Replicas that have seen the same must answer the same, in the middle of a run, too")
  func divergence() throws {
    var script = ReplicaScript(.addWinsSet)
    script.update(0, "add", 1, context: [1, 0])
    script.update(1, "add", 2, context: [0, 1])
    script.read(0, [1, 2], context: [1, 1])
    script.read(1, [1, 2], context: [1, 1])
    #expect(try script.finding.verdict == .valid)
    script.read(1, [2], context: [1, 1])
    #expect(try script.anomalies == ["diverging", "unexplained"])
  }

  @Test("A replica that ignores all updates converges, and is accused")
  func ignorance() throws {
    var script = ReplicaScript(.growOnlySet)
    script.update(0, "add", 1, context: [1, 0])
    script.read(0, [], context: [1, 0])
    script.read(1, [], context: [1, 0])
    #expect(try script.anomalies == ["unexplained"])
  }

  @Test("An add that a remove had not seen wins, or loses, as the type says")
  func concurrentRemove() throws {
    for (type, answer) in [(DataType.addWinsSet, [1] as Value), (.removeWinsSet, [])] {
      var script = ReplicaScript(type)
      script.update(0, "add", 1, context: [1, 0])
      script.update(0, "remove", 1, context: [2, 0])
      script.update(1, "add", 1, context: [0, 1])
      script.read(0, answer, context: [2, 1])
      #expect(try script.finding.verdict == .valid, "\(type)")
      script.read(1, answer == [] ? [1] : [], context: [2, 1])
      #expect(try script.anomalies.contains("unexplained"), "\(type)")
    }
  }

  @Test("Concurrent writes are both kept, and one that had seen them replaces both")
  func multiValueRegister() throws {
    var script = ReplicaScript(.multiValueRegister)
    script.update(0, "write", 1, context: [1, 0])
    script.update(1, "write", 2, context: [0, 1])
    script.read(0, [1, 2], context: [1, 1])
    script.update(0, "write", 3, context: [2, 1])
    script.read(1, [3], context: [2, 1])
    #expect(try script.finding.verdict == .valid)
    script.read(0, [1, 3], context: [2, 1])
    #expect(try script.anomalies.contains("unexplained"))
  }

  @Test("What a restart forgot is a context that shrank")
  func forgetting() throws {
    var script = ReplicaScript(.growOnlySet)
    script.update(0, "add", 1, context: [1, 0])
    script.read(1, [1], context: [1, 0])
    script.read(1, [], context: [0, 0])
    #expect(try script.anomalies == ["context-shrank"])
  }

  @Test("A name that is given twice is a replica that forgot an update of its own")
  func reuse() throws {
    var script = ReplicaScript(.growOnlySet)
    script.update(0, "add", 1, context: [1, 0])
    script.update(0, "add", 2, context: [1, 0], number: 1)
    #expect(try script.anomalies == ["reused-update"])
  }

  @Test("An acknowledged update that replicas lack in the end is lost")
  func loss() throws {
    var script = ReplicaScript(.growOnlyCounter)
    script.update(0, "add", 3, context: [1, 0])
    script.read(0, 3, context: [1, 0], isFinal: true)
    script.read(1, 0, context: [0, 0], isFinal: true)
    // Replicas differ, and nobody knows whether they would have come together.
    #expect(try script.finding.verdict == .unknown)
    for seconds in [20, 40] {
      script.read(0, 3, context: [1, 0], isFinal: true)
      script.read(1, 0, context: [0, 0], isFinal: true)
      let count = script.operations.count
      for place in (count - 4)..<count { script.operations[place].time = .seconds(Int64(seconds)) }
    }
    #expect(try script.anomalies == ["lost"])
  }

  @Test("An update whose answer was lost is told by its replica in the end")
  func indeterminateUpdate() throws {
    var script = ReplicaScript(.addWinsSet)
    script.silentUpdate(0, "add", 1)
    script.read(0, [1], context: [1, 0], isFinal: true, own: [["add", 1, [1, 0], nil, nil]])
    script.read(1, [1], context: [1, 0], isFinal: true, own: [])
    let finding = try script.finding
    #expect(finding.verdict == .valid)
    #expect(finding.facts[fact: "judged-reads"] == 2)

    var silent = ReplicaScript(.addWinsSet)
    silent.silentUpdate(0, "add", 1)
    silent.read(0, [1], context: [1, 0])
    let unjudged = try silent.finding
    #expect(unjudged.verdict == .unknown)
    #expect(unjudged.facts[fact: "unjudged-reads"] == 1)
  }

  @Test("An update that nobody asked for is a phantom")
  func invention() throws {
    var script = ReplicaScript(.growOnlyCounter)
    script.update(0, "add", 1, context: [1, 0])
    script.read(
      0, 2, context: [2, 0], isFinal: true,
      own: [["add", 1, [1, 0], nil, nil], ["add", 1, [2, 0], nil, nil]])
    script.read(1, 2, context: [2, 0], isFinal: true)
    #expect(try script.anomalies == ["phantom"])
  }

  @Test("An escrow counter below its bound, a tree with a circle, a set with an element twice")
  func structure() throws {
    var counter = ReplicaScript(.boundedCounter)
    counter.update(0, "add", -1, context: [1, 0])
    counter.read(0, -1, context: [1, 0])
    #expect(try counter.anomalies == ["below-bound"])

    var tree = ReplicaScript(.tree)
    tree.update(0, "move", [1, 2], context: [1, 0], stamp: 1)
    tree.update(1, "move", [2, 1], context: [0, 1], stamp: 1)
    tree.read(0, [[1, 2], [2, 1]], context: [1, 1])
    #expect(try tree.anomalies == ["malformed-tree", "unexplained"])
    var right = ReplicaScript(.tree)
    right.update(0, "move", [1, 2], context: [1, 0], stamp: 1)
    right.update(1, "move", [2, 1], context: [0, 1], stamp: 1)
    right.read(0, [[1, 2]], context: [1, 1])
    #expect(try right.finding.verdict == .valid)

    var set = ReplicaScript(.growOnlySet)
    set.update(0, "add", 1, context: [1, 0])
    set.read(0, [1, 1], context: [1, 0])
    set.read(0, [1, 7], context: [1, 0])
    #expect(try set.anomalies.contains("duplicated"))
    #expect(try set.anomalies.contains("phantom"))
  }

  @Test("Two reads of a text that order two elements differently are misordered")
  func textOrder() throws {
    var script = ReplicaScript(.text, replicas: 3)
    script.update(0, "insert", [0, 1], context: [1, 0, 0], result: [nil, 1, nil])
    script.update(1, "insert", [0, 2], context: [0, 1, 0], result: [nil, 2, nil])
    script.update(2, "insert", [0, 3], context: [0, 0, 1], result: [nil, 3, nil])
    script.read(0, [1, 2], context: [1, 1, 0])
    script.read(1, [2, 3], context: [0, 1, 1])
    #expect(try script.finding.verdict == .valid)
    script.read(2, [3, 1], context: [1, 0, 1])
    #expect(try script.anomalies == ["misordered"])
  }

  @Test("An element within a run that it had not seen is interleaved")
  func interleaving() throws {
    var script = ReplicaScript(.text)
    script.update(0, "insert", [0, 1], context: [1, 0], result: [nil, 1, nil])
    script.update(0, "insert", [1, 2], context: [2, 0], result: [1, 2, nil])
    script.update(1, "insert", [0, 9], context: [0, 1], result: [nil, 9, nil])
    script.read(0, [9, 1, 2], context: [2, 1])
    #expect(try script.finding.verdict == .valid)
    script.read(1, [1, 9, 2], context: [2, 1])
    #expect(try script.anomalies.contains("interleaved"))
  }

  @Test("Jepsen's set-full passes them: final sets that differ, an element nobody added, one twice")
  func peersSets() throws {
    var apart = ReplicaScript(.growOnlySet)
    apart.plainAdd(0, 1)
    apart.read(0, [], context: nil, isFinal: true)
    apart.read(1, [1], context: nil, isFinal: true)
    apart.settle()
    #expect(try apart.anomalies.contains("diverging"))

    var strange = ReplicaScript(.growOnlySet)
    strange.plainAdd(0, 1)
    strange.read(0, [1, 2], context: nil)
    #expect(try strange.anomalies == ["phantom"])

    var twice = ReplicaScript(.growOnlySet)
    twice.plainAdd(0, 1)
    twice.read(0, [1, 1], context: nil)
    #expect(try twice.anomalies == ["duplicated"])
  }

  @Test("Maelstrom's pn-counter passes it: two replicas with different acceptable values")
  func peersCounter() throws {
    var script = ReplicaScript(.counter)
    script.plainAdd(0, 1)
    script.silentUpdate(0, "add", 2)
    script.read(0, 1, context: nil, isFinal: true)
    script.read(1, 3, context: nil, isFinal: true)
    script.settle()
    #expect(try script.anomalies == ["diverging"])

    var wrong = ReplicaScript(.counter)
    wrong.plainAdd(0, 1)
    wrong.silentUpdate(0, "add", 2)
    wrong.read(0, 2, context: nil, isFinal: true)
    wrong.read(1, 2, context: nil, isFinal: true)
    #expect(try wrong.anomalies == ["unexplained"])
  }

  @Test("What is no operation of the type makes the verdict unknown, and says where")
  func unknownOperation() throws {
    var script = ReplicaScript(.growOnlyCounter)
    script.plainAdd(0, 1)
    script.operations[0].f = "remove"
    script.operations[1].f = "remove"
    let finding = try script.finding
    #expect(finding.verdict == .unknown)
    #expect(finding.reason == "op 0: g-counter has no operation remove")
  }
}

extension ReplicaScript {
  /// An add of which nothing is said but that it is done.
  mutating func plainAdd(_ process: Int, _ value: Value) {
    for kind in [Operation.Kind.invoke, .ok] {
      operations.append(
        Operation(
          index: operations.count, time: Nanoseconds(operations.count), type: kind,
          process: .client(process),
          f: "add", value: value))
    }
  }

  /// Repeats the final reads so late that what they answer is all that will ever be answered.
  mutating func settle() {
    let final = operations.filter { $0.extra[.string("final")] == true }
    for seconds in [20, 40] {
      for line in final {
        var line = line
        line.index = operations.count
        line.time = .seconds(Int64(seconds))
        operations.append(line)
      }
    }
  }
}
