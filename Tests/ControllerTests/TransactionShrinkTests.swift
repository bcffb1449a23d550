import Controller
import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("Shrinking histories of transactions")
struct TransactionShrinkTests {
  private static let workloads = ["txn-list-append", "txn-rw-register"]
  /// Databases that together go wrong in all ways: of each level, and with each planted bug.
  private static let databases: [(option: String, bug: String?)] = [
    ("serializable", nil), ("snapshot-isolation", nil), ("read-committed", nil),
    ("read-uncommitted", nil), ("snapshot-isolation", "no-first-committer"),
    ("strict-serializable", "dirty-reads"), ("snapshot-isolation", "snapshot-per-step"),
    ("read-committed", "no-rollback"),
  ]

  private func history(
    _ workload: String, _ option: String, _ bug: String?, seed: UInt64
  ) throws -> History {
    var plan = Plan(system: "txn-levels", workload: workload, nodes: ["n1"], concurrency: 5)
    plan.place = .simulated
    plan.seed = seed
    plan.rate = 100
    plan.timeLimit = .seconds(1)
    plan.bugs = bug.map { [$0] } ?? []
    plan.options = ["isolation": option]
    let journal = Recording()
    _ = try SimulatedRun(plan).run(journal: journal)
    return try History(journal.operations)
  }

  private func checker(_ workload: String, _ model: ConsistencyModel) -> any Checker {
    workload == "txn-list-append"
      ? ListAppendChecker(models: [model]) : RegisterTransactionsChecker(models: [model])
  }

  /// The operations of a history, each as its lines.
  private func operations(of history: History) -> [[Operation]] {
    history.operations.indices.compactMap { place in
      let partner = Int(history.partners[place])
      if partner < 0 { return [history.operations[place]] }
      return partner > place ? [history.operations[place], history.operations[partner]] : nil
    }
  }

  @Test("leaves what is wrong in the same way, and nothing that could go", arguments: workloads)
  func minimal(workload: String) throws {
    var met: Set<String> = []
    for (seed, database) in Self.databases.enumerated() {
      let history = try history(workload, database.option, database.bug, seed: UInt64(seed))
      for model in ConsistencyModel.allCases where model.isDecidedByVersions {
        let checker = checker(workload, model)
        let finding = checker.check(history)
        guard let target = finding.anomalies.first?.type, met.insert(target).inserted else {
          continue
        }
        let (part, isMinimal) = try #require(HistoryShrinker(checker).shrink(history))
        let place = "\(target), \(database), \(model.name)"
        #expect(isMinimal, "\(place)")
        let found = checker.check(part)
        #expect(found.verdict == .invalid && found.types.contains(target), "\(place)")
        #expect(Set(found.types).isSubset(of: finding.types), "\(place)")
        let operations = operations(of: part)
        // What was read in lists must have been written, by whom is not known to have committed.
        let whole = operations.filter { $0.allSatisfy { $0.type != .info } }
        #expect(whole.count <= 12 && operations.count <= 50, "\(place): \(operations.count)")
        let cited = Set(finding.anomalies[0].operations)
        for left in operations.indices {
          let lines = operations.indices.filter { $0 != left }.flatMap { operations[$0] }
            .sorted { $0.index < $1.index }
          let less = checker.check(try History(lines))
          guard less.shows(target, within: cited),
            Set(less.types).isSubset(of: finding.types)
          else { continue }
          let weakened = checker.check(try self.history(history, knowingOnly: lines))
          #expect(
            !weakened.shows(target, within: cited), "\(place) without \(operations[left])")
        }
      }
    }
    #expect(met.count >= 10, "\(met.sorted())")
  }

  /// A history in which it is not known how the operations ended of which lines are not given.
  private func history(_ history: History, knowingOnly lines: [Operation]) throws -> History {
    let known = Set(lines.filter { $0.type != .info }.map(\.index))
    return try History(
      history.operations.enumerated().map { place, line in
        let partner = Int(history.partners[place])
        guard line.type != .invoke, partner >= 0, !known.contains(line.index) else { return line }
        var open = line
        (open.type, open.value, open.error) = (.info, history.operations[partner].value, nil)
        return open
      })
  }

  @Test("of completions alone leaves completions", arguments: workloads)
  func completions(workload: String) throws {
    let whole = try history(workload, "read-uncommitted", nil, seed: 3)
    let history = try History(whole.operations.filter { $0.type != .invoke })
    let checker = checker(workload, .readCommitted)
    let target = try #require(checker.check(history).anomalies.first?.type)
    let (part, isMinimal) = try #require(HistoryShrinker(checker).shrink(history))
    #expect(isMinimal && part.operations.count <= 8, "\(part.operations.count)")
    #expect(checker.check(part).types.contains(target))
  }
}

extension Finding {
  fileprivate var types: [String] { anomalies.map(\.type) }

  /// Whether an anomaly is shown by lines of a few alone.
  fileprivate func shows(_ type: String, within cited: Set<Int>) -> Bool {
    anomalies.contains { $0.type == type && cited.isSuperset(of: $0.operations) }
  }
}
