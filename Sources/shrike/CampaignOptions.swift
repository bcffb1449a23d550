import ArgumentParser
import Controller
import Values

/// The options of `test` that make a campaign of it.
struct CampaignOptions: ParsableArguments {
  @Option(help: "Run this many seeds, from --seed on (simulated only).")
  var runs: Int?

  @Option(help: "Run seeds, from --seed on, for this long: 5m (simulated only).")
  var budget: String?

  @Option(help: "Of a campaign: end with so many failures.")
  var failFast: Int?

  @Option(
    help: "Of a campaign: the share of the runs that is run twice and compared; 5% without it.")
  var verify: String?

  @Flag(help: "Of a campaign: unknown where a coverage mark that is known was never reached.")
  var requireMarks = false

  @Option(
    help: "Of a campaign: first run the tokens of this file again; its failures are added to it.")
  var corpus: String?

  /// The campaign that is asked for, if one is.
  ///
  /// - Parameter seed: The first one.
  func campaign(of plan: Plan, from seed: UInt64) throws -> Campaign? {
    guard runs != nil || budget != nil else {
      try refuseWithoutCampaign()
      return nil
    }
    guard plan.place == .simulated else {
      let option = runs == nil ? "--budget" : "--runs"
      throw PlanError(
        "\(option) needs --env simulated; --test-count repeats a test in real time")
    }
    var campaign = Campaign(plan: plan, seeds: try seeds(from: seed))
    if let failFast {
      guard failFast > 0 else { throw PlanError("--fail-fast \(failFast): at least 1") }
      campaign.failureLimit = failFast
    }
    campaign.verifiedShare = try verifiedShare()
    campaign.demandsMarks = requireMarks
    return campaign
  }

  /// How long runs are begun, where that is limited.
  func timeLimit() throws -> Nanoseconds? {
    guard let budget else { return nil }
    guard let limit = Nanoseconds(duration: budget), limit > 0 else {
      throw PlanError("--budget \(budget): a duration such as 90s, 5m or 2h")
    }
    return limit
  }

  private func seeds(from first: UInt64) throws -> Range<UInt64> {
    _ = try timeLimit()
    guard let runs else {
      guard first < .max else { throw PlanError("--seed \(first): no seeds begin there") }
      return first..<UInt64.max
    }
    guard runs > 0 else { throw PlanError("--runs \(runs): at least 1") }
    let (end, overflows) = first.addingReportingOverflow(UInt64(runs))
    guard !overflows else { throw PlanError("--seed \(first): no \(runs) seeds begin there") }
    return first..<end
  }

  private func verifiedShare() throws -> Double {
    guard let verify else { return Campaign.standardVerifiedShare }
    guard verify.hasSuffix("%"), let percent = Double(verify.dropLast()),
      (0...100).contains(percent)
    else { throw PlanError("--verify \(verify): a share of the runs from 0% to 100%, such as 5%") }
    return percent / 100
  }

  private func refuseWithoutCampaign() throws {
    let given = [
      ("--fail-fast", failFast != nil), ("--verify", verify != nil),
      ("--require-marks", requireMarks), ("--corpus", corpus != nil),
    ]
    for (option, isGiven) in given where isGiven {
      throw PlanError("\(option) is for campaigns, which --runs or --budget ask for")
    }
  }
}
