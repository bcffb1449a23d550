import ArgumentParser
import Controller
import Glibc
import SystemPackage
import Values

struct ShrinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shrink",
    abstract: "Make a failing simulated run as small as it can be while it fails in the same way.")

  @Argument(help: "A token, the folder of a run, or the file of a plan.")
  var what: String

  @Option(help: "How long it may take.")
  var budget = "60s"

  @OptionGroup var output: OutputOptions

  func run() throws {
    Interruption.watch()
    do {
      let plan = try Token.decode(what)
      let outcome = try SimulatedRun(plan).run()
      guard let anomaly = outcome.anomalyNames.first else { throw PlanError("the run does not fail") }
      let began = monotonicNanoseconds()
      let end = began + (Nanoseconds(duration: budget) ?? .seconds(60))
      var shrinker = Shrinker(
        anomaly: anomaly, cores: 2,
        interrupted: { Interruption.hasCome || monotonicNanoseconds() >= end })
      guard let result = try shrinker.shrink(plan) else { throw PlanError("it does not fail") }
      print(
        "\(anomaly): \(result.plan.nodes.count) nodes, \(result.operationCount) operations, \(result.faultCount) faults, "
          + "\(result.plan.timeLimit.durationText), \(result.runCount) runs, \(Double(monotonicNanoseconds() - began) / 1e9) s, minimal \(result.isMinimal)"
      )
      print(Token.encode(result.plan))
      for line in result.plan.operations ?? [] { print(line.json) }
      for line in result.plan.faults ?? [] { print(line.json) }
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: output.json)
    }
  }
}
