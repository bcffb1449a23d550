import ArgumentParser
import Controller
import Reports
import Values
import Verdicts

struct ClaimsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claims",
    abstract: "Try what textbooks say: each claim by experiments, with evidence.",
    discussion: """
      Each experiment runs a bundled system in a simulation under faults. Where a claim should hold
      all runs must be valid; where it should not, some run must show why.

      Exit codes: 0 all is as expected; 1 something is not; 2 interrupted.
      """)

  @Argument(help: "The claims to try, by number; all without one.")
  var claims: [Int] = []

  @Option(help: "Under how many seeds each experiment runs, at most.")
  var seeds = 20

  @Flag(help: "Print the result as JSON, and everything else to standard error.")
  var json = false

  func run() throws {
    Interruption.watch()
    do {
      guard seeds >= 1 else { throw PlanError("--seeds \(seeds): at least 1") }
      let chosen = try claims.map { number throws(PlanError) in try Claim.numbered(number) }
      var results: [(claim: Claim, results: [ClaimResult])] = []
      var line = StatusLine()
      for claim in claims.isEmpty ? Claim.all : chosen {
        results.append((claim, []))
        for experiment in claim.experiments where !Interruption.hasCome {
          line.show("claim \(claim.number): \(experiment.text)")
          let result = try experiment.run(seeds: seeds, interrupted: { Interruption.hasCome })
          results[results.count - 1].results.append(result)
        }
      }
      line.clear()
      print(json ? ClaimsCommand.value(results).json : ClaimsCommand.text(results))
      quit(ClaimsCommand.exitCode(results).rawValue)
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: json)
    }
  }

  private static func exitCode(
    _ results: [(claim: Claim, results: [ClaimResult])]
  ) -> Controller.ExitCode {
    if Interruption.hasCome { return .unknown }
    return results.allSatisfy { $0.results.allSatisfy(\.holds) } ? .valid : .invalid
  }

  private static func verdict(_ code: Controller.ExitCode) -> Verdict {
    switch code {
    case .valid: .valid
    case .invalid: .invalid
    default: .unknown
    }
  }

  private static func text(_ results: [(claim: Claim, results: [ClaimResult])]) -> String {
    var lines: [String] = []
    for (claim, results) in results {
      lines.append("\(claim.number). \(claim.text)")
      for result in results {
        let plan = result.experiment.plan
        lines += [
          "  \(result.holds ? "✓" : "✗") \(plan.systemName): \(result.experiment.text)",
          "      expected \(result.experiment.expected.text)",
          "      observed \(result.observed)",
          "      shrike replay \(result.token)",
        ]
      }
      lines.append("")
    }
    let all = results.flatMap(\.results)
    let held = all.count(where: \.holds)
    lines.append(
      "\(held == all.count ? "✓" : "✗") \(held) of \(all.count) experiments are as expected")
    return lines.joined(separator: "\n")
  }

  private static func value(_ results: [(claim: Claim, results: [ClaimResult])]) -> Value {
    let claims = results.map { claim, results -> Value in
      [
        "claim": .integer(claim.number), "text": .string(claim.text),
        "experiments": .list(results.map(value)),
      ]
    }
    return [
      "claims": .list(claims),
      "verdict": .string(verdict(exitCode(results)).rawValue),
    ]
  }

  private static func value(_ result: ClaimResult) -> Value {
    var facts = ValueMap()
    for fact in result.facts { facts[.string(fact.name)] = fact.value }
    return [
      "system": .string(result.experiment.plan.systemName),
      "text": .string(result.experiment.text),
      "expected": .string(result.experiment.expected.text),
      "observed": .string(result.observed), "holds": .bool(result.holds),
      "anomalies": .list(result.found.map { .string($0) }), "runs": .integer(result.runCount),
      "facts": .map(facts), "token": .string(result.token),
    ]
  }
}
