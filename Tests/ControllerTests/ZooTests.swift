import Algorithms
import Controller
import Environments
import Nemeses
import Nodes
import Systems
import Testing
import Values
import Verdicts

@Suite("The catalogue")
struct CatalogueTests {
  @Test(
    "says of each planted bug where it comes from, and what it violates unless it is not on show",
    arguments: BundledSystem.all.map(\.description))
  func sources(system: AlgorithmDescription) throws {
    guard !system.bugs.isEmpty else { return }
    let exhibit = try Exhibit.named(system.name)
    #expect(Set(system.bugs.map(\.name)).count == system.bugs.count)
    for bug in system.bugs {
      #expect(!bug.summary.isEmpty && !bug.source.isEmpty, "\(bug.name)")
      #expect(!bug.violates.isEmpty || exhibit.hidden[bug.name] != nil, "\(bug.name)")
    }
    for name in exhibit.hidden.keys { #expect(system.bugs.map(\.name).contains(name)) }
  }

  @Test(
    "claims only what nemeses are called, and can be done to a cluster of the usual size",
    arguments: BundledSystem.all.map(\.description))
  func claims(system: AlgorithmDescription) throws {
    let nodeCount = Exhibit.all.first { $0.system.name == system.name }?.plan.nodes.count ?? 5
    #expect(!system.survives.isEmpty)
    for claim in system.survives {
      let specs = try parseNemesis(claim)
      #expect(specs.count == 1)
      #expect(specs.allSatisfy { $0.nodesMin <= nodeCount }, "\(claim)")
    }
  }

  @Test("shows each system under no family of faults that it does not claim to survive")
  func configurations() throws {
    for exhibit in Exhibit.all {
      func families(_ texts: [String]) throws -> Set<String> {
        Set(try texts.flatMap { try parseNemesis($0) }.map(\.family.rawValue))
      }
      let claimed = try families(exhibit.system.survives)
      #expect(try families(exhibit.plan.nemesis).isSubset(of: claimed), "\(exhibit.system.name)")
      #expect(exhibit.plan.bugs.isEmpty)
    }
  }
}

@Suite("The bug zoo")
struct ZooTests {
  /// An exhibit with another bug in place of one of its own.
  private func exhibit(
    _ name: String, _ bug: String, violates: [String], runsMax: Int = 3
  ) throws -> Exhibit {
    let exhibit = try Exhibit.named(name)
    var system = exhibit.system
    system.bugs = [PlantedBug(bug, "as it is", source: "here", violates: violates)]
    return Exhibit(plan: exhibit.plan, system: system, runsMax: runsMax)
  }

  private func visit(
    _ exhibit: Exhibit, repetitions: Int = 2, seeds: Int = 0, cores: Int = 2
  ) throws -> ExhibitResult {
    let zoo = Zoo([exhibit], repetitions: repetitions, seedCount: seeds)
    return try #require(try zoo.run(cores: cores).first)
  }

  @Test("shows the same however many cores there are", .timeLimit(.minutes(3)))
  func cores() throws {
    let exhibit = try Exhibit.named("broadcast")
    let results = try [1, 3].map { try visit(exhibit, repetitions: 4, seeds: 30, cores: $0) }
    for (one, other) in zip(results[0].bugs, results[1].bugs) {
      #expect(one.results.map(\.runCount) == other.results.map(\.runCount))
      #expect(one.found == other.found && one.token == other.token)
      #expect(one.status(of: 4) == .found, "\(one.bug.name)")
    }
    #expect(results.allSatisfy { $0.correct.runCount == 30 && $0.correct.accusations.isEmpty })
  }

  @Test("hunts each time under seeds of its own, and its tokens lead back to what was found")
  func tokens() throws {
    let result = try visit(try Exhibit.named("unique-ids"), repetitions: 3)
    for bug in result.bugs {
      let plans = try bug.results.compactMap(\.token).map { token in try Token.decode(token) }
      #expect(plans.count == 3)
      #expect(plans.map { Int($0.seed) / result.exhibit.runsMax } == [0, 1, 2])
      for plan in plans {
        #expect(plan.bugs == [bug.bug.name])
        let outcome = try SimulatedRun(plan).run()
        #expect(outcome.findings.flatMap(\.anomalies).map(\.type) == bug.found)
      }
    }
  }

  @Test("calls what a bug is not known to violate unexpected, and goes on looking for the rest")
  func unexpected() throws {
    let result = try visit(exhibit("echo", "wrong-value", violates: ["lost"]))
    #expect(result.bugs.map { $0.status(of: 2) } == [.unexpected])
    #expect(result.bugs[0].unexpected == ["mismatched"])
    #expect(result.bugs[0].results.map(\.runCount) == [3, 3])
    #expect(result.bugs[0].runs.mean == nil && result.bugs[0].token != nil)
  }

  @Test("calls a bug not found that no run shows")
  func notFound() throws {
    let result = try visit(exhibit("txn-hat", "no-replication", violates: ["G1a"]))
    #expect(result.bugs.map { $0.status(of: 2) } == [.notFound])
    #expect(result.bugs[0].token == nil)
  }

  @Test("finds a run that can't be repeated")
  func nondeterminism() throws {
    let result = try visit(exhibit("g-set", "unordered-walk", violates: ["nondeterminism"]))
    #expect(result.bugs.map { $0.status(of: 2) } == [.found])
  }

  @Test("accuses a system that is not correct under its configuration")
  func accusation() throws {
    let flood = try Exhibit.named("flood")
    var plan = flood.plan
    plan.nemesis = ["loss:50%"]
    let result = try visit(Exhibit(plan: plan, system: flood.system, runsMax: 1), seeds: 5)
    #expect(!result.correct.accusations.isEmpty)
    #expect(result.correct.accusations.allSatisfy { $0.types.contains("lost") })
  }

  @Test("ends unfinished where it is interrupted")
  func interruption() throws {
    let zoo = Zoo([try Exhibit.named("echo")], repetitions: 2, seedCount: 10)
    let result = try #require(try zoo.run(cores: 2, interrupted: { true }).first)
    #expect(result.bugs.allSatisfy { $0.status(of: 2) == .unfinished })
    #expect(result.correct.runCount == 0)
  }

  @Test("tells how far a mean can be trusted")
  func samples() {
    let sample = Sample([2, 4, 4, 6])
    #expect(sample.mean == 4)
    // The variance is 8/3, that of the mean a quarter of it.
    #expect(abs((sample.standardError ?? 0) - (2.0 / 3).squareRoot()) < 1e-12)
    #expect(Sample([3]).standardError == nil && Sample([]).mean == nil)
  }
}

@Suite("The zoo on the command line")
struct ZooCommandTests {
  @Test("ends with 0 where all is as it should be, and prints it for machines")
  func visit() throws {
    let workshop = try Workshop()
    let end = try workshop.start(
      ["zoo", "unique-ids", "--repetitions", "2", "--seeds", "5", "--json"]
    ).wait()
    #expect(end.code == 0)
    let system = try #require(end.json["systems"]?.elements?.first)
    let bugs = try #require(system["bugs"]?.elements)
    #expect(bugs.compactMap { $0["status"]?.name } == ["found", "found", "found"])
    #expect(system["correct"]?["runs"] == 5)
    let text = try workshop.start(["zoo", "echo", "--repetitions", "2", "--seeds", "5"]).wait()
    #expect(text.code == 0)
    #expect(text.output.contains("4 of 4 bugs found as expected"))
    #expect(text.output.contains("correct: 5 seeds, 0 accused"))
  }

  @Test(
    "refuses what makes no sense",
    arguments: [
      (["zebra"], "the zoo has no system"), (["echo", "--bug", "no-sync"], "no planted bug"),
      (["txn-hat", "--bug", "no-replication"], "not on show"),
      (["echo", "--repetitions", "0"], "at least 1"),
    ])
  func refusals(arguments: [String], text: String) throws {
    let workshop = try Workshop()
    let end = try workshop.start(["zoo"] + arguments).wait()
    #expect(end.code == 64)
    #expect(end.errors.contains(text))
  }
}
