import Controller
import Testing
import Values
import Verdicts

/// A system that passes messages, run beyond what it claims, and what theory says of it.
struct BeyondClaim: CustomTestStringConvertible, Sendable {
  var text: String
  var system: String
  var workload: String
  var nemesis: [String]
  var options: [String: String] = [:]
  var found: [String]

  var testDescription: String { text }

  func plan(seed: UInt64) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: ["n1", "n2", "n3", "n4", "n5"], concurrency: 10)
    plan.place = .simulated
    plan.seed = seed
    plan.rate = 100
    plan.timeLimit = .seconds(5)
    plan.timeout = .milliseconds(500)
    plan.nemesis = nemesis
    plan.nemesisInterval = .milliseconds(500)
    plan.options = options
    return plan
  }

  static let all = [
    BeyondClaim(
      text: "best effort loses what the network loses", system: "best-effort-broadcast",
      workload: "best-effort-broadcast", nemesis: ["loss"], found: ["lost"]),
    BeyondClaim(
      text: "reliable broadcast is not FIFO", system: "reliable-broadcast",
      workload: "fifo-broadcast", nemesis: ["reorder"], found: ["fifo-violation"]),
    BeyondClaim(
      text: "FIFO order is not causal", system: "fifo-broadcast", workload: "causal-broadcast",
      nemesis: ["loss", "delay"], found: ["causal-violation"]),
    BeyondClaim(
      text: "causal order is not total", system: "causal-broadcast",
      workload: "causal-total-order-broadcast", nemesis: ["delay"], found: ["total-order-violation"]
    ),
    BeyondClaim(
      text: "total order is not FIFO", system: "sequencer-broadcast", workload: "fifo-broadcast",
      nemesis: ["loss", "reorder"], found: ["fifo-violation"]),
    BeyondClaim(
      text: "a chat on FIFO order shows replies first", system: "chat", workload: "chat",
      nemesis: ["loss", "delay"], options: ["order": "fifo"], found: ["reply-before-message"]),
    BeyondClaim(
      text: "Lamport timestamps are causal, too", system: "lamport-broadcast",
      workload: "causal-broadcast", nemesis: ["loss", "reorder"], found: []),
  ]
}

@Suite("Messages beyond what is claimed")
struct MessagingRunTests {
  @Test("are judged as theory has it", arguments: BeyondClaim.all)
  func verdict(row: BeyondClaim) throws {
    let found = try (0..<4).map { seed in
      Set(try SimulatedRun(row.plan(seed: seed)).run().anomalyTypes)
    }
    #expect(found.reduce(into: Set<String>()) { $0.formUnion($1) } == Set(row.found))
  }

  @Test("and a witness shows that smaller Lamport timestamps are no proof")
  func converse() throws {
    var plan = BeyondClaim.all[0].plan(seed: 1)
    (plan.system, plan.workload, plan.nemesis) = ("lamport-clock", "clocks", [])
    let findings = try SimulatedRun(plan).run().findings
    let facts = findings.first { $0.checker == "happens-before" }?.facts
    #expect(facts?[.string("concurrent-with-smaller-stamp")] != nil)
    #expect(findings.allSatisfy { $0.verdict == .valid })
  }
}
