import Histories
import Invariants
import Testing
import Values
import Verdicts

@Suite("Happens-before")
struct HappensBeforeTests {
  private func check(_ logs: [[Value]]) throws -> Finding {
    var script = DeliveryScript()
    for (node, log) in logs.enumerated() { script.read(node, log) }
    return HappensBeforeChecker().check(try History(script.lines))
  }

  private func types(_ logs: [[Value]]) throws -> [String] { try check(logs).anomalies.map(\.type) }

  private func lamport(_ kind: Value, _ event: Value, _ time: Int) -> Value {
    [kind, event, ["lamport", .integer(time)], 1]
  }

  private func vector(_ kind: Value, _ event: Value, _ counts: Value) -> Value {
    [kind, event, ["vector", counts], 2]
  }

  @Test("holds Lamport's clock to the implication, and shows where the converse fails")
  func lamport() throws {
    let right = try check([
      [lamport("event", "a", 1), lamport("send", "m", 2)],
      [lamport("event", "b", 1), lamport("receive", "m", 3)],
    ])
    #expect(right.verdict == .valid)
    let witness = right.facts[fact: "concurrent-with-smaller-stamp"]?.name
    #expect(
      witness == """
        ["event", "b", ["lamport", 1]], event 1 of node 1 did not happen before ["send", "m", \
        ["lamport", 2]], event 2 of node 0
        """)
    #expect(
      try types([[lamport("send", "m", 2)], [lamport("receive", "m", 2)]]) == ["unordered"])
    // Nobody knows which sending it received.
    let twice = [lamport("send", "m", 1), lamport("send", "m", 6)]
    #expect(try types([twice, [lamport("receive", "m", 2)]]) == [])
    #expect(try types([[lamport("event", "a", 2), lamport("event", "b", 1)]]) == ["unordered"])
  }

  @Test("holds vectors to the order of the events")
  func vectors() throws {
    let send = vector("send", "m", [1])
    #expect(try types([[send], [vector("receive", "m", [1, 1])]]) == [])
    #expect(try types([[send], [vector("receive", "m", [0, 1])]]) == ["unordered"])
    #expect(try types([[send], [vector("receive", "m", [1])]]) == ["unordered"])
    #expect(try types([[send], [vector("event", "x", [1, 1])]]) == ["falsely-ordered"])
    #expect(try types([[send], [vector("event", "x", [1])]]) == ["falsely-ordered"])
    #expect(
      try types([[vector("event", "a", [1])], [vector("event", "b", [1, 0])]]) == [
        "falsely-ordered"
      ])
    // Nothing is known of what was sent before, so nothing is said of the receipt.
    let unknown = try check([[vector("event", "a", [1])], [vector("receive", "n", [1, 1])]])
    #expect(unknown.verdict == .valid && unknown.facts[fact: "unjudged-count"] == 1)
  }

  @Test("reads dotted vectors and interval trees")
  func otherClocks() throws {
    func dotted(_ kind: Value, _ node: Value, _ number: Value, _ past: Value) -> Value {
      [kind, "m", ["dotted", node, number, past], 3]
    }
    #expect(try types([[dotted("send", 0, 1, [])], [dotted("receive", 1, 1, [1])]]) == [])
    #expect(
      try types([[dotted("send", 0, 1, [])], [dotted("receive", 1, 1, [])]]) == ["unordered"])
    #expect(
      try types([[dotted("send", 0, 1, [])], [dotted("event", 1, 1, [1])]]) == ["falsely-ordered"])
    func tree(_ kind: Value, _ events: Value) -> Value {
      [kind, "m", ["interval-tree", events], 1]
    }
    #expect(try types([[tree("send", [0, 1, 0])], [tree("receive", 1)]]) == [])
    #expect(try types([[tree("send", [0, 1, 0])], [tree("event", [0, 0, 1])]]) == [])
    #expect(
      try types([[tree("send", [0, 1, 0])], [tree("receive", [0, 0, 1])]]) == ["unordered"])
    #expect(try types([[tree("event", [0, 1, 0])], [tree("event", 1)]]) == ["falsely-ordered"])
    #expect(
      try types([[tree("send", [0, [1, 0, 1], 0])], [tree("receive", [1, 1, 0])]]) == [])
    #expect(try types([[tree("event", [1, 0, 0])], [tree("event", 1)]]) == ["falsely-ordered"])
    let huge: Value = [.integer(.max), .integer(.max), 0]
    #expect(try check([[tree("event", huge)]]).verdict == .unknown)
  }

  @Test("says where logs contradict each other, or can't be read")
  func problems() throws {
    var script = DeliveryScript()
    script.read(0, [lamport("event", "a", 1)])
    script.read(0, [lamport("event", "b", 1)])
    var finding = HappensBeforeChecker().check(try History(script.lines))
    #expect(finding.anomalies.map(\.type) == ["rewritten"])
    #expect(try check([]).reason == "no event was read")
    #expect(
      try check([["x"]]).reason == "op 1: \"x\" is no [event, send or receive, e, stamp, bytes]")
    #expect(
      try check([[lamport("event", "a", 1), vector("event", "b", [1])]]).reason
        == "op 1: stamps of two kinds of clock")
    script = DeliveryScript()
    script.add(.invoke, 0, "read")
    script.add(.ok, 0, "read", 3)
    finding = HappensBeforeChecker().check(try History(script.lines))
    #expect(finding.reason == "op 1: a read should answer a list of events, with \"at\":node")
    script = DeliveryScript()
    script.read(0, [], from: -1)
    finding = HappensBeforeChecker().check(try History(script.lines))
    #expect(finding.reason == "op 1: a read can't begin at place -1")
  }

  /// What vectors violate, pair by pair, given all events before each.
  private struct Truth {
    var isUnordered = false
    var isFalselyOrdered = false
    var isRefuted = false
  }

  @Test("is judged as defined on random executions", arguments: 0..<4 as Range<UInt64>)
  func twin(batch: UInt64) throws {
    var seen: [[String]: Int] = [:]
    let share = messageTwinCount / 4
    for seed in batch * share..<batch * share + share {
      var draws = Draws(seed: seed)
      let isVector = draws.chance(0.5)
      let flaws = draws.chance(0.6) ? 0.1 : 0
      let nodes = 2 + draws.below(2)
      var clocks = Array(repeating: Array(repeating: 0, count: nodes), count: nodes)
      var logs: [[Value]] = Array(repeating: [], count: nodes)
      var pasts: [Set<Int>] = Array(repeating: [], count: nodes)
      var events: [(stamp: [Int], past: Set<Int>)] = []
      var messages: [(event: Int, stamp: [Int], past: Set<Int>)] = []
      for event in 0..<(2 + draws.below(14)) {
        let node = draws.below(nodes)
        var kind = draws.chance(0.5) ? "event" : "send"
        var name = event
        if !messages.isEmpty && draws.chance(0.4) {
          let message = messages[draws.below(messages.count)]
          kind = "receive"
          name = message.event
          pasts[node].formUnion(message.past)
          if !draws.chance(flaws) {
            for place in 0..<nodes {
              clocks[node][place] = max(clocks[node][place], message.stamp[place])
            }
          }
        }
        // A Lamport clock is a vector of which all entries are one number.
        let ticked = draws.chance(flaws / 2) ? draws.below(nodes) : node
        let time = (clocks[node].max() ?? 0) + (draws.chance(flaws) ? 0 : 1)
        if isVector {
          clocks[node][ticked] += 1
        } else {
          clocks[node] = Array(repeating: time, count: nodes)
        }
        pasts[node].insert(event)
        events.append((clocks[node], pasts[node]))
        if kind == "send" { messages.append((event, clocks[node], pasts[node])) }
        let stamp: Value =
          isVector
          ? ["vector", .list(clocks[node].map { .integer($0) })]
          : ["lamport", .integer(clocks[node][0])]
        logs[node].append([.string(kind), .integer(name), stamp, 1])
      }
      var truth = Truth()
      for (first, one) in events.enumerated() {
        for (second, two) in events.enumerated() where first != second {
          let isBelow = zip(one.stamp, two.stamp).allSatisfy { $0 <= $1 }
          let isSmaller = isBelow && one.stamp != two.stamp
          if two.past.contains(first) {
            if !isSmaller { truth.isUnordered = true }
          } else if isVector && isBelow && !one.past.contains(second) {
            truth.isFalselyOrdered = true
          } else if isSmaller && !isVector {
            truth.isRefuted = true
          }
        }
      }
      let finding = try check(logs)
      let types = finding.anomalies.map(\.type)
      seen[types, default: 0] += 1
      let isInvalid = truth.isUnordered || truth.isFalselyOrdered
      #expect((finding.verdict == .invalid) == isInvalid, "seed \(seed)")
      #expect(types.contains("unordered") == truth.isUnordered, "seed \(seed)")
      if !truth.isUnordered {
        #expect(types.contains("falsely-ordered") == truth.isFalselyOrdered, "seed \(seed)")
        let isShown = finding.facts[fact: "concurrent-with-smaller-stamp"] != nil
        #expect(isShown == truth.isRefuted, "seed \(seed)")
      }
    }
    #expect(seen.count == 4 && seen[[], default: 0] > 50 && seen[["unordered"], default: 0] > 50)
  }
}
