import Algorithms
import Controller
import Systems
import Testing
import Values
import Verdicts

/// What systems say of themselves is what they do.
@Suite("The description of a system")
struct DescriptionTests {
  static let systems = BundledSystem.all.map(\.description).filter { $0.name != "relay" }

  private func plan(_ system: AlgorithmDescription, _ nemesis: String, seed: UInt64 = 1) -> Plan {
    var plan = Plan(
      system: system.name, workload: system.workloads[0], nodes: ["n1", "n2", "n3"],
      concurrency: 6)
    plan.place = .simulated
    plan.timeLimit = .seconds(5)
    plan.rate = 50
    plan.nemesisInterval = .milliseconds(500)
    plan.nemesis = [nemesis]
    plan.seed = seed
    return plan
  }

  @Test("names all types of messages that its nodes send each other", arguments: systems)
  func messageTypes(system: AlgorithmDescription) throws {
    // Where all types are lost, nothing arrives.
    let types =
      system.messageTypes.isEmpty ? "" : ":type=" + system.messageTypes.joined(separator: "+")
    let outcome = try SimulatedRun(plan(system, "loss:100%:all" + types)).run()
    let silence = try SimulatedRun(plan(system, "loss:100%:all")).run()
    #expect(outcome.statistics.lost == silence.statistics.lost)
    #expect((outcome.statistics.lost > 0) == !system.messageTypes.isEmpty)
  }

  @Test(
    "names no type of messages that its nodes never send",
    arguments: systems.filter { !$0.messageTypes.isEmpty })
  func superfluousTypes(system: AlgorithmDescription) throws {
    for type in system.messageTypes {
      var plan = plan(system, "loss:100%:all:type=\(type)")
      // What is sent at rest, and what a set sends in place of its state.
      plan.timeLimit = .seconds(20)
      if system.name == "g-set" && type != "state" { plan.options["gossip"] = "delta" }
      if system.name == "flood" && type == "received" { plan.options["retry"] = "true" }
      plan.nemesis.append("kill:primaries")
      #expect(try SimulatedRun(plan).run().statistics.lost > 0, "\(type)")
    }
  }

  @Test("tells which types of messages there are")
  func unknownType() throws {
    let raft = try #require(BundledSystem.named("raft")).description
    let plan = plan(raft, "delay:10%:type=vote+veto")
    let error = #expect(throws: PlanError.self) { try SimulatedRun(plan) }
    #expect(
      error?.description
        == "nemesis delay: raft has no messages of type \"veto\"; it has request-pre-vote, pre-vote, "
        + "request-vote, vote, append-entries, heartbeat, appended, forward, answer")
  }

  @Test("knows that packets on hosts have no types")
  func typeOfPackets() throws {
    let raft = try #require(BundledSystem.named("raft")).description
    var lab = plan(raft, "delay:10%:type=vote")
    lab.place = .lab
    let error = #expect(throws: PlanError.self) { try Controller.Test(lab) }
    #expect(error?.description.hasPrefix("nemesis delay: packets have no types such as") == true)
  }

  @Test("has more than one version where there are upgrades")
  func versions() throws {
    let echo = try #require(BundledSystem.named("echo")).description
    let error = #expect(throws: PlanError.self) { try SimulatedRun(plan(echo, "kill:upgrade")) }
    #expect(error?.description == "nemesis kill:upgrade: echo has one version only")
    let raft = try #require(BundledSystem.named("raft")).description
    var local = plan(raft, "kill:upgrade")
    local.place = .local
    #expect(throws: PlanError.self) { try Controller.Test(local) }
  }

  @Test("of two versions in one cluster is kept", arguments: 0..<20 as Range<UInt64>)
  func mixedVersions(seed: UInt64) throws {
    let raft = try #require(BundledSystem.named("raft")).description
    var plan = plan(raft, "kill:upgrade", seed: seed)
    plan.timeout = .seconds(1)
    plan.timeLimit = .seconds(10)
    plan.liveness = .seconds(5)
    plan.nemesis += ["partition", "disk:power-loss"]
    let outcome = try SimulatedRun(plan).run()
    #expect(outcome.verdict == .valid, "seed \(seed): \(outcome.findings)")
  }
}
