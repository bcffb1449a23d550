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
  @OptionGroup var campaigns: CampaignOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "Run the test so many times, until one fails.")
  var testCount = 1

  @Option(help: "Write a line for each event of a simulated run to this file.")
  var trace: String?

  @Flag(
    help: """
      Make a failing simulated run as small as it can be while it fails in the same way; of a \
      campaign, the first run of each kind of failure, of five kinds at most.
      """)
  var shrink = false

  @Option(help: "How long shrinking may take for each run.")
  var shrinkBudget = Shrinking.standardLimit

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
      if let campaign = try campaign(of: plan) {
        let report = CampaignReport(
          campaign, budget: try campaigns.timeLimit(),
          corpus: try campaigns.corpus.map { try TokenCorpus(path: FilePath($0)) }, output: output,
          shrinkLimit: try shrinkLimit(for: plan))
        quit(try report.run().status(isCompatible: plan.isCompatible))
      }
      var code = Controller.ExitCode.valid
      for number in 0..<max(1, testCount) {
        if number > 0 { plan.seed &+= 1 }
        code = try SingleTest(
          plan: plan.drawn(), output: output, trace: trace, shrinkLimit: shrinkLimit(for: plan)
        ).run()
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
    _ = try campaign(of: plan)
    _ = try shrinkLimit(for: plan)
    try plan.check()
  }

  /// How long failing runs are shrunk, where that is asked for.
  private func shrinkLimit(for plan: Plan) throws -> Nanoseconds? {
    let limit = try Shrinking.limit(shrinkBudget, option: "--shrink-budget")
    guard shrink else { return nil }
    guard plan.place == .simulated else { throw PlanError("--shrink needs --env simulated") }
    return limit
  }

  private func campaign(of plan: Plan) throws -> Campaign? {
    try campaigns.campaign(of: plan, from: try test.givenSeed() ?? 0)
  }
}
