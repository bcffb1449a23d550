import Controller
import Diagrams
import Histories
import Testing
import Values
import Verdicts

@Suite("Diagrams of simulated runs")
struct DrawingTests {
  private func plan(_ system: String = "raft", bug: String? = nil, seed: UInt64) -> Plan {
    var plan = Plan(
      system: system, workload: "lin-kv", nodes: ["n1", "n2", "n3"], concurrency: 2)
    plan.place = .simulated
    plan.timeLimit = .seconds(2)
    plan.rate = 20
    plan.nemesis = ["partition", "kill", "pause"]
    plan.nemesisInterval = .milliseconds(500)
    plan.bugs = bug.map { [$0] } ?? []
    plan.seed = seed
    return plan
  }

  @Test("change nothing of the run, and are the same each time", arguments: [1, 2, 3])
  func deterministic(seed: UInt64) throws {
    let (outcome, diagram) = try SimulatedRun(plan(seed: seed)).draw()
    let plain = try SimulatedRun(plan(seed: seed)).run()
    #expect(outcome.statistics == plain.statistics)
    #expect(try SimulatedRun(plan(seed: seed)).draw().diagram == diagram)
  }

  @Test("have each operation, with its messages between its beginning and its end")
  func operations() throws {
    let recording = Recording()
    let (outcome, diagram) = try SimulatedRun(plan(seed: 4)).draw(journal: recording)
    let invocations = recording.operations.count { $0.type == .invoke && $0.process.number != nil }
    #expect(diagram.bars.count == invocations && invocations > 10)
    #expect(diagram.arrows.count >= outcome.statistics.betweenServers)
    for bar in diagram.bars {
      let end = bar.end ?? .max
      let requests = diagram.arrows.filter {
        $0.source == bar.column && bar.start < $0.sent && $0.sent < end
      }
      #expect(requests.first?.sent == bar.start + 1, "\(bar)")
      guard bar.outcome.hasPrefix("ok") else { continue }
      #expect(diagram.arrows.contains { $0.end == .received(at: end - 1) }, "\(bar)")
    }
    #expect(diagram.notes.contains { $0.kind == .cause && $0.label == "election timer" })
    let faults = diagram.notes.filter { $0.kind == .fault }
    #expect(faults.count == recording.faults.count && !faults.isEmpty)
  }

  @Test("are about the operations that are evidence")
  func evidence() throws {
    for seed in 0..<100 as Range<UInt64> {
      var plan = plan(bug: "stale-reads", seed: seed)
      plan.nodes = (1...5).map { "n\($0)" }
      plan.concurrency = 5
      plan.rate = 100
      plan.timeLimit = .seconds(10)
      guard try SimulatedRun(plan).run().verdict == .invalid else { continue }
      let (outcome, diagram) = try SimulatedRun(plan).draw()
      let anomaly = try #require(outcome.findings.first { $0.verdict == .invalid }?.anomalies.first)
      let central = diagram.bars.filter(\.isCentral)
      #expect(!central.isEmpty && central.count <= anomaly.operations.count)
      #expect(diagram.horizon == central.compactMap { $0.end ?? $0.start }.max())
      #expect(diagram.title.hasSuffix("linearizable/nonlinearizable"))
      // What is evidence ends in the last row.
      let text = TextDiagram(diagram).text
      let last = try #require(central.max { ($0.end ?? $0.start) < ($1.end ?? $1.start) })
      let rows = text.split(separator: "\n").filter { !$0.hasPrefix("Left out") }
      #expect(rows.last?.contains(last.outcome) == true, "\(text)")
      return
    }
    Issue.record("stale reads were not found")
  }

  @Test("are drawn by the command, to where it is told", .timeLimit(.minutes(2)))
  func command() throws {
    let workshop = try Workshop()
    let token = try #require(try SimulatedRun(plan(seed: 5)).run().token)
    let results = "\(workshop.path)/results"
    let image = try workshop.run(
      "replay", token, "--results", results, "--diagram", "\(workshop.path)/run.svg")
    #expect(image.code == 0, "\(image.errors)")
    #expect(text(ofFile: "\(workshop.path)/run.svg")?.hasPrefix("<svg ") == true)
    let drawn = try workshop.run("replay", token, "--results", results, "--diagram", "-")
    #expect(drawn.output.hasPrefix("raft lin-kv: ") && drawn.output.contains("\n      ms"))
    let refused = try workshop.run("replay", token, "--diagram", "-", "--json")
    #expect(refused.code == 64 && refused.errors.contains("standard output is for the JSON"))
    let unwritten = try workshop.run(
      "replay", token, "--results", results, "--diagram", "/nonexistent/run.txt")
    #expect(unwritten.code == 70, "\(unwritten.output)")
    #expect(unwritten.output.contains("--diagram /nonexistent/run.txt: "))
  }
}
