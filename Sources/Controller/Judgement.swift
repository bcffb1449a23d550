import Environments
public import Histories
import Invariants
import Nemeses
import Values
public import Verdicts
import Workloads

extension Test {
  /// The checkers that judge a run of this test.
  public var checkers: [any Checker] {
    let demand = plan.availability.flatMap(AvailabilityChecker.Demand.init) ?? .none
    return workload.checkers + [
      AvailabilityChecker(demand: demand, countsAll: plan.isCompatible), OperationStatistics(),
    ]
  }

  /// Judges what a run left: its history, its nodes' conduct, and whether it proves anything.
  func judge(
    _ run: Run, in environment: any Environment, hindrance: String?
  ) -> Outcome {
    var outcome = Outcome(plan: plan)
    outcome.hindrances = hindrance.map { [$0] } ?? []
    for problem in run.problems {
      if case .setupUnanswered = problem { outcome.hindrances.append(problem.text(names)) }
      if case .garbage = problem { outcome.warnings.append(problem.text(names)) }
    }
    outcome.findings = findings(on: run.operations)
    let conduct = Finding.ofProblems(run.problems, names)
    if conduct.verdict != .valid { outcome.findings.insert(conduct, at: 0) }
    outcome.statistics = statistics(of: run, in: environment)
    if outcome.hindrances.isEmpty { weigh(run, into: &outcome) }
    return outcome
  }

  /// What the checkers find in a history.
  public func findings(on operations: [Operation]) -> [Finding] {
    do {
      let history = try History(operations)
      return checkers.map { $0.check(history) }
    } catch {
      return [Finding("history", .unknown, reason: error.description)]
    }
  }

  private func statistics(of run: Run, in environment: any Environment) -> RunStatistics {
    var statistics = RunStatistics()
    statistics.marks = environment.marks
    for fault in run.faults where fault.fault.breaks {
      statistics.faults[fault.fault.f, default: 0] += 1
    }
    statistics.operations = run.operations.count {
      $0.type == .invoke && $0.process.number != nil
    }
    statistics.betweenServers = environment.traffic.betweenServers
    statistics.lost = environment.traffic.lost
    statistics.withClients = environment.traffic.withClients
    statistics.duration = environment.now
    return statistics
  }

  /// Says why a run proves nothing, where it does.
  private func weigh(_ run: Run, into outcome: inout Outcome) {
    let facts = outcome.findings.first { $0.checker == "stats" }?.facts
    for f in facts?[.string("never-ok")]?.elements ?? [] {
      outcome.vacuity.append("no \(f.name ?? f.json) ever succeeded")
    }
    let evidence = FaultEvidence(run.faults)
    for family in evidence.missing(from: families) {
      outcome.vacuity.append("no \(family.rawValue) fault took hold")
    }
    for fault in evidence.notExercised {
      outcome.warnings.append(
        "\(fault.fault.f) was not exercised: the nodes sent each other nothing meanwhile")
    }
  }
}

extension Outcome {
  /// How many messages servers sent for each operation.
  public var messagesPerOperation: Double? {
    guard statistics.operations > 0 else { return nil }
    return Double(statistics.betweenServers) / Double(statistics.operations)
  }
}
