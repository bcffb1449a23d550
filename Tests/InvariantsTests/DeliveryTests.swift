import Histories
import Invariants
import Testing
import Values
import Verdicts

/// What two or three nodes deliver, and which promises that keeps.
struct DeliveryCase: CustomTestStringConvertible, Sendable {
  var text: String
  var build: @Sendable (inout DeliveryScript) -> Void
  /// The anomalies by promise; a promise that is not named finds none.
  var found: [DeliveryPromise: [String]]

  var testDescription: String { text }

  private static func all(_ types: [String]) -> [DeliveryPromise: [String]] {
    Dictionary(uniqueKeysWithValues: DeliveryPromise.allCases.map { ($0, types) })
  }

  private static func ends(_ script: inout DeliveryScript, _ logs: [Value]...) {
    for (node, log) in logs.enumerated() { script.read(node, log, isFinal: true) }
  }

  static let cases = [
    DeliveryCase(
      text: "final reads that begin where others ended, or that later ones replace",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 0, 2, after: 1)
        $0.read(1, [], isFinal: true)
        $0.read(1, ["a"])
        $0.read(1, ["b"], from: 1, isFinal: true)
        $0.read(0, ["b"], from: 1, isFinal: true)
      }, found: [:]),
    DeliveryCase(
      text: "a final read that begins where another ended, and lacks a message",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 0, 2, after: 1)
        $0.read(1, ["a"])
        $0.read(1, [], from: 1, isFinal: true)
      }, found: all(["lost"])),
    DeliveryCase(
      text: "a read that begins beyond the end",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.read(1, [], from: 2)
        $0.read(1, ["a"], isFinal: true)
      }, found: [:]),
    DeliveryCase(
      text: "two orders beyond a gap in what was read",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 1, 1, after: 0)
        $0.broadcast("c", at: 2, 1, after: 0)
        $0.read(0, ["a", "b", "c"])
        $0.read(1, ["c", "b"], from: 1)
      },
      found: [.totalOrder: ["total-order-violation"], .causalTotalOrder: ["total-order-violation"]]),
    DeliveryCase(
      text: "one order that is causal",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 1, 1, after: 1)
        ends(&$0, ["a", "b"], ["a", "b"])
      }, found: [:]),
    DeliveryCase(
      text: "concurrent messages in two orders",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 1, 1, after: 0)
        ends(&$0, ["a", "b"], ["b", "a"])
      },
      found: [.totalOrder: ["total-order-violation"], .causalTotalOrder: ["total-order-violation"]]),
    DeliveryCase(
      text: "a sender's second message first",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 0, 2, after: 0)
        ends(&$0, ["b", "a"], ["b", "a"])
      },
      found: [
        .fifo: ["fifo-violation"], .causal: ["fifo-violation"],
        .causalTotalOrder: ["fifo-violation"],
      ]),
    DeliveryCase(
      text: "a reply before what it replies to, with FIFO order",
      build: {
        $0.broadcast("question", at: 0, 1, after: 0)
        $0.broadcast("reply", at: 1, 1, after: 1)
        ends(&$0, ["question", "reply"], ["question", "reply"], ["reply", "question"])
      },
      found: [
        .causal: ["causal-violation"], .totalOrder: ["total-order-violation"],
        .causalTotalOrder: ["causal-violation", "total-order-violation"],
      ]),
    DeliveryCase(
      text: "a reply that was broadcast before the other message was delivered",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 1, 1, after: 0)
        ends(&$0, ["b", "a"], ["b", "a"], ["b", "a"])
      }, found: [:]),
    DeliveryCase(
      text: "a message that nobody broadcast",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        ends(&$0, ["a", "x"], ["a", "x"])
      }, found: all(["phantom"])),
    DeliveryCase(
      text: "a message whose broadcast failed",
      build: {
        $0.add(.invoke, 0, "broadcast", "a")
        $0.add(.fail, 0, "broadcast", "a")
        ends(&$0, ["a"], ["a"])
      }, found: all(["phantom"])),
    DeliveryCase(
      text: "a message that was delivered before it was broadcast",
      build: {
        $0.read(1, ["a"])
        $0.broadcast("a", at: 0, 1, after: 0)
        ends(&$0, ["a"], ["a"])
      }, found: all(["phantom"])),
    DeliveryCase(
      text: "a message twice, as two reads of parts tell",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.read(0, ["a"])
        $0.read(0, ["a"], from: 1)
        ends(&$0, ["a", "a"], ["a"])
      }, found: all(["duplicated"])),
    DeliveryCase(
      text: "an acknowledged message that one node lacks",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        ends(&$0, ["a"], [])
      }, found: all(["lost"])),
    DeliveryCase(
      text: "a message of unknown fate that one node lacks: no agreement",
      build: {
        $0.add(.invoke, 0, "broadcast", "a")
        $0.add(.info, 0, "broadcast", "a")
        ends(&$0, ["a"], [])
      },
      found: all(["diverging"]).filter { $0.key != .bestEffort }),
    DeliveryCase(
      text: "a message of unknown fate that nobody has",
      build: {
        $0.add(.invoke, 0, "broadcast", "a")
        $0.add(.info, 0, "broadcast", "a")
        ends(&$0, [], [])
      }, found: [:]),
    DeliveryCase(
      text: "another message at a place: nothing else is said of that node's order",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 0, 2, after: 1)
        $0.read(1, ["b"])
        ends(&$0, ["a", "b"], ["a", "b"])
      }, found: all(["rewritten"])),
    DeliveryCase(
      text: "a node that has delivered less than before",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.read(1, ["a"])
        $0.read(1, [])
        ends(&$0, ["a"], ["a"])
      }, found: all(["rewritten"])),
    DeliveryCase(
      text: "a place that no read showed excuses what may stand there",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 0, 2, after: 1)
        $0.read(1, ["b"], from: 1)
      }, found: [:]),
    DeliveryCase(
      text: "a gap: a node is past a message that another delivered before",
      build: {
        $0.broadcast("a", at: 0, 1, after: 0)
        $0.broadcast("b", at: 1, 1, after: 0)
        $0.read(0, ["a", "b"])
        $0.read(1, ["b"])
      },
      found: [.totalOrder: ["total-order-violation"], .causalTotalOrder: ["total-order-violation"]]),
  ]
}

@Suite("Delivery")
struct DeliveryTests {
  @Test("has known verdicts", arguments: DeliveryCase.cases, DeliveryPromise.allCases)
  func known(row: DeliveryCase, promise: DeliveryPromise) throws {
    var script = DeliveryScript()
    row.build(&script)
    let finding = DeliveryChecker(promise).check(try History(script.lines))
    let expected = row.found[promise] ?? []
    #expect(finding.anomalies.map(\.type) == expected, "\(finding)")
    #expect(finding.verdict == (expected.isEmpty ? .valid : .invalid))
  }

  @Test("says nothing of losses before the final reads have come to rest")
  func unrest() throws {
    var script = DeliveryScript()
    script.broadcast("a", at: 0, 1, after: 0)
    script.read(0, ["a"], isFinal: true, name: "n1")
    script.read(1, [], isFinal: true, name: "n2")
    var finding = DeliveryChecker(.reliable).check(try History(script.lines))
    #expect(finding.verdict == .unknown)
    for _ in 0..<10 {
      script.read(0, ["a"], isFinal: true, name: "n1")
      script.read(1, [], isFinal: true, name: "n2")
    }
    finding = DeliveryChecker(.reliable).check(try History(script.lines))
    #expect(finding.anomalies.map(\.type) == ["lost"] && finding.anomalies.first?.count == 1)
  }

  @Test("explains a violation by the operations that show it")
  func explanation() throws {
    var script = DeliveryScript()
    script.broadcast("question", at: 0, 1, after: 0)
    script.broadcast("reply", at: 1, 1, after: 1)
    script.read(1, ["question", "reply"])
    script.read(2, ["reply", "question"])
    let finding = DeliveryChecker(.causal).check(try History(script.lines))
    let anomaly = try #require(finding.anomalies.first)
    #expect(anomaly.operations == [1, 3, 7])
    #expect(
      anomaly.explanation == """
        causal-violation (1): delivered without a message that its sender had delivered before
          node 1 had delivered "question" when it broadcast "reply", acknowledged at op 3; node 2 \
        delivered "reply" as number 1, read at op 7, and it as number 2, read at op 7
        """)
    #expect(finding.reason == "1 causal-violation")
  }

  @Test("can't judge what it can't read")
  func problems() throws {
    func reason(_ build: (inout DeliveryScript) -> Void) throws -> String? {
      var script = DeliveryScript()
      build(&script)
      let finding = DeliveryChecker(.causal).check(try History(script.lines))
      #expect(finding.verdict == .unknown)
      return finding.reason
    }
    #expect(try reason { _ in } == "no read succeeded")
    let twice = try reason {
      $0.broadcast("a", at: 0, 1, after: 0)
      $0.broadcast("a", at: 1, 1, after: 0)
    }
    #expect(twice == "op 2: \"a\" was broadcast at op 0 already; messages must be unique")
    let nameless = try reason {
      $0.add(.invoke, 0, "read")
      $0.add(.ok, 0, "read", [])
    }
    #expect(nameless == "op 1: a read must say which node's it is, as \"at\" or \"node\"")
    let odd = try reason {
      $0.add(.invoke, 0, "read")
      $0.add(.ok, 0, "read", 3, DeliveryScript.shown(0, 0, false))
    }
    #expect(odd == "op 1: a read should answer a list, not 3")
    #expect(
      try reason { $0.add(.invoke, 0, "write", 3) } == "op 0: deliveries know no operation write")
    let far = try reason {
      $0.add(.invoke, 0, "read")
      $0.add(.ok, 0, "read", [], DeliveryScript.shown(0, -1, false))
    }
    #expect(far == "op 1: a read can't begin at place -1")
  }
}
