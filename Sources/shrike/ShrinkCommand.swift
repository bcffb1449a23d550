import ArgumentParser
import Controller
import Reports
import Values

struct ShrinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shrink",
    abstract: "Make a failing simulated run as small as it can be while it fails in the same way.",
    discussion: """
      What is left is a plan with each operation and each fault, which people can edit and `shrike \
      replay` runs; it is in a folder in `results`, with its history.

      Exit codes: 1 the run fails, and so does what is left; 2 the time was over before it was shown \
      that nothing can be left out; 64 the run does not fail.
      """)

  @Argument(help: "A token, the folder of a run, or the file of a plan.")
  var what: String

  @Option(help: "Which of several anomalies is to remain, such as linearizable/nonlinearizable.")
  var anomaly: String?

  @Option(help: "How long it may take.")
  var budget = Shrinking.standardLimit

  @OptionGroup var output: OutputOptions

  func run() throws {
    Interruption.watch()
    do {
      quit(try shrink().rawValue)
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: output.json)
    }
  }

  private func shrink() throws -> Controller.ExitCode {
    let limit = try Shrinking.limit(budget, option: "--budget")
    var plan = try Plan(named: what)
    guard plan.place == .simulated else {
      throw PlanError("\(what): only simulated runs can be shrunk; this one was of real processes")
    }
    plan.adoptBuild()
    let summary = try Shrinking(plan: plan, anomaly: anomaly, limit: limit, output: output).run()
    if output.json { print(summary.document.value.json) } else { print(summary.text) }
    return ExitCode(summary.verdict)
  }
}
