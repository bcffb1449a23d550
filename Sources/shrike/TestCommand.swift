import ArgumentParser
import Controller
import Glibc
import Reports
import SystemPackage
import Values
import Verdicts

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Drive a system, break it while it runs, and judge the history.")

  @OptionGroup var test: TestOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "Run this many seeds, from --seed on (simulated only).")
  var runs: Int?

  @Option(help: "Run the test so many times, until one fails.")
  var testCount = 1

  @Flag(help: "With --runs: stop at the first failure.")
  var failFast = false

  @Option(help: "Write a line for each event of a simulated run to this file.")
  var trace: String?

  func run() throws {
    Interruption.watch()
    CaseProcess.followParent()
    do {
      var plan = try test.plan()
      if test.maelstromCompat, !test.strayWords.isEmpty {
        complain(
          "shrike: as Maelstrom does, \(test.strayWords.joined(separator: " ")) goes to the node; "
            + "if it was meant for Shrike, it is not heeded")
      }
      if let runs {
        let result = try CampaignReport(campaign(of: plan, runs), output: output).run()
        quit(result.exitCode.status(isCompatible: plan.isCompatible))
      }
      var code = Controller.ExitCode.valid
      for number in 0..<max(1, testCount) {
        if number > 0 { plan.seed &+= 1 }
        code = try SingleTest(plan: plan, output: output, trace: trace).run()
        if code != .valid || Interruption.hasCome { break }
      }
      quit(code.status(isCompatible: test.maelstromCompat))
    } catch {
      Failure.end(
        Failure.code(of: error), "\(error)", json: output.json,
        isCompatible: test.maelstromCompat)
    }
  }

  /// Refuses what makes no sense, without running anything.
  func check() throws {
    let plan = try test.plan()
    if let runs { _ = try campaign(of: plan, runs) }
    try plan.check()
  }

  private func campaign(of plan: Plan, _ runs: Int) throws -> Campaign {
    guard plan.place == .simulated else {
      throw PlanError("--runs needs --env simulated; --test-count repeats a test in real time")
    }
    guard runs > 0 else { throw PlanError("--runs \(runs): at least 1") }
    let first = try test.givenSeed() ?? 0
    let (end, overflows) = first.addingReportingOverflow(UInt64(runs))
    guard !overflows else { throw PlanError("--seed \(first): no \(runs) seeds begin there") }
    return Campaign(plan: plan, seeds: first..<end, failureLimit: failFast ? 1 : nil)
  }
}
