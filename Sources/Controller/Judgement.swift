import Environments
public import Histories
import Invariants
import Nemeses
import Values
public import Verdicts
import Workloads

extension Test {
  /// The checkers that judge a run of this test.
  public var checkers: [any Checker] { checkers(demandingAvailability: true) }

  private func checkers(demandingAvailability isDemanded: Bool) -> [any Checker] {
    let demand =
      isDemanded ? plan.availability.flatMap(AvailabilityChecker.Demand.init) ?? .none : .none
    return judged + [
      AvailabilityChecker(
        demand: demand, countsAll: plan.isCompatible,
        placement: ClientPlacement(nodes: names.names, concurrency: plan.concurrency)),
      OperationStatistics(),
    ]
  }

  /// Judges what a run left: its history, its nodes' conduct, and whether it proves anything.
  func judge(
    _ run: Run, in environment: any Environment, hindrance: (any Error)?
  ) -> Outcome {
    var outcome = Outcome(plan: plan)
    outcome.began = run.began
    outcome.sightings = run.sightings
    outcome.ambushed = run.ambushed
    outcome.hindrances = hindrance.map { ["\($0)"] } ?? []
    // Whoever found no room on the disk of the results, where nodes have their files, may die of it.
    let isDiskFull = hindrance is JournalError
    let lostNodes = (hindrance as? any EnvironmentError)?.lostNodes ?? []
    let problems = run.problems.filter { problem in
      switch problem {
      case .died(let node, _, _):
        guard isDiskFull || lostNodes.contains(names[node]) else { return true }
      case .noReply, .noProgress:
        guard !lostNodes.isEmpty else { return true }
      default: return true
      }
      outcome.warnings.append(problem.text(names))
      return false
    }
    for problem in problems {
      switch problem {
      case .setupUnanswered, .setupRefused: outcome.hindrances.append(problem.text(names))
      case .garbage, .oddReply: outcome.warnings.append(problem.text(names))
      case .noProgress(let report) where report.isExcused:
        outcome.warnings.append(problem.text(names))
        outcome.vacuity.append(Outcome.progressIsOpen)
      default: break
      }
    }
    if run.unaimed > 0, !plan.isCompatible {
      outcome.warnings.append(
        "faults that were meant for who leads struck others \(run.unaimed) times, for nobody was known to"
      )
    }
    if let time = run.interruption {
      outcome.warnings.append(
        "interrupted after \(time.roundedText) of \(plan.timeLimit.durationText): what there was is judged"
      )
    }
    outcome.findings = findings(on: run.operations, demandingAvailability: lostNodes.isEmpty)
    outcome.statistics = statistics(of: run, in: environment)
    if plan.isCompatible {
      judgeAsMaelstrom(run, into: &outcome)
    } else {
      let conduct = Finding.ofProblems(problems, names)
      if conduct.verdict != .valid { outcome.findings.insert(conduct, at: 0) }
      if outcome.hindrances.isEmpty { weigh(run, into: &outcome) }
    }
    if !expectations.isEmpty { outcome.findings.append(outcome.finding(on: expectations)) }
    return outcome
  }

  /// To Maelstrom a node that ended by itself crashes the test, a reply that is none is no matter
  /// for the verdict, and a kind of operation that never succeeded makes it invalid.
  private func judgeAsMaelstrom(_ run: Run, into outcome: inout Outcome) {
    for problem in run.problems {
      switch problem {
      case .died:
        outcome.hindrances.append(problem.text(names))
        outcome.findings = [
          Finding("nodes", .unknown, reason: "a node ended by itself, which ends the test unjudged")
        ]
      case .malformedReply, .mismatchedReply, .violated, .noReply, .noProgress:
        outcome.warnings.append(problem.text(names))
      case .oddReply, .garbage, .setupUnanswered, .setupRefused: break
      }
    }
    guard let place = outcome.findings.firstIndex(where: { $0.checker == "stats" }) else { return }
    let never = outcome.neverSucceeded
    guard !never.isEmpty else { return }
    outcome.findings[place].verdict = .invalid
    outcome.findings[place].reason = "no \(never.joined(separator: ", no ")) ever succeeded"
  }

  /// What the checkers find in a history.
  ///
  /// - Parameter isDemanded: Whether the plan's demand of availability is judged; else it is measured only.
  public func findings(
    on operations: [Operation], demandingAvailability isDemanded: Bool = true
  ) -> [Finding] {
    do {
      let history = try History(operations)
      return checkers(demandingAvailability: isDemanded).map { $0.check(history) }
    } catch {
      return [Finding("history", .unknown, reason: error.description)]
    }
  }

  private func statistics(of run: Run, in environment: any Environment) -> RunStatistics {
    var statistics = RunStatistics()
    statistics.marks = environment.marks
    statistics.coverage = run.coverage
    for fault in run.faults where fault.fault.breaks {
      statistics.faults[fault.fault.f, default: 0] += 1
    }
    // Final reads are repeated at will, so that counting them would flatter the system.
    statistics.operations = run.operations.count {
      $0.type == .invoke && $0.process.number != nil
        && (plan.isCompatible || $0.extra[.string("final")] != true)
    }
    statistics.betweenServers = environment.traffic.betweenServers
    statistics.lost = environment.traffic.lost
    statistics.withClients = environment.traffic.withClients
    statistics.duration = environment.now
    return statistics
  }

  /// Says why a run proves nothing, where it does.
  private func weigh(_ run: Run, into outcome: inout Outcome) {
    for f in outcome.neverSucceeded { outcome.vacuity.append("no \(f) ever succeeded") }
    if run.leavesProgressOpen { outcome.vacuity.append(Outcome.progressIsOpen) }
    let evidence = FaultEvidence(run.faults)
    // Which of the families lie in wait is drawn, and not all of those may get to strike.
    let missing = evidence.missing(from: families)
    if ambushes == nil {
      for family in missing { outcome.vacuity.append("no \(family.rawValue) fault took hold") }
    } else if missing == families {
      outcome.vacuity.append("no fault took hold")
    }
    for fault in evidence.notExercised {
      outcome.warnings.append(
        "\(fault.fault.f) was not exercised: the nodes sent each other nothing meanwhile")
    }
  }
}

extension Outcome {
  /// The same in all runs, so that a campaign knows when none of them has shown it.
  fileprivate static let progressIsOpen =
    "whether a quorum makes progress after the faults was not shown"

  /// The kinds of operation that never succeeded.
  fileprivate var neverSucceeded: [String] {
    let facts = findings.first { $0.checker == "stats" }?.facts
    return (facts?[.string("never-ok")]?.elements ?? []).map { $0.name ?? $0.json }
  }

  /// How many messages servers sent for each operation.
  public var messagesPerOperation: Double? {
    // The lab does not see messages, only packets.
    guard statistics.operations > 0, !plan.place.hasHosts else { return nil }
    return Double(statistics.betweenServers) / Double(statistics.operations)
  }
}

extension Nanoseconds {
  /// A time to the tenth of a second.
  fileprivate var roundedText: String {
    (self / .milliseconds(100) * .milliseconds(100)).durationText
  }
}
