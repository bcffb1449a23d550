import Controller
import Histories
import Testing
import Values
import Verdicts

/// One way to run a transaction store, and what its history must be judged to be.
struct TransactionRun: CustomTestStringConvertible {
  var system: String
  var nodes: Int
  var workload = "txn-list-append"
  var bug: String?
  var options: [String: String] = [:]
  var models: [String] = []
  var rate: Double = 100
  var threads = 1
  var nemesis: [String] = []
  /// Of these anomalies every run of several seeds together must have some; none: all are valid.
  var finds: Set<String> = []
  /// Which others may come with them.
  var mayFind: Set<String> = []

  /// All that may be found: where versions are out of order, cycles of any sort may go with that.
  var expected: Set<String> {
    let named = finds.union(mayFind)
    let cycles = ["G-single-item", "G-nonadjacent-item", "G2-item"]
    guard !named.isDisjoint(with: cycles + ["incompatible-order", "G-single-item-realtime"]) else {
      return named
    }
    return named.union(cycles + cycles.map { "\($0)-realtime" } + ["G1c", "G1c-realtime"])
  }

  var testDescription: String {
    let option = options.map { "\($0.key)=\($0.value)" }.joined()
    return "\(system) \(bug ?? option) \(workload), \(nodes) nodes, rate \(rate)"
  }

  /// The anomalies of one run that the consistency models forbid.
  func anomalies(seed: UInt64) throws -> Set<String> {
    var plan = Plan(
      system: system, workload: workload, nodes: (1...nodes).map { "n\($0)" },
      concurrency: nodes * threads)
    plan.place = .simulated
    plan.seed = seed
    plan.rate = rate
    plan.timeLimit = .seconds(10)
    plan.nemesis = nemesis
    plan.nemesisInterval = .seconds(1)
    plan.timeout = nemesis.isEmpty ? nil : .seconds(1)
    plan.bugs = bug.map { [$0] } ?? []
    plan.options = options
    plan.consistencyModels = models
    let outcome = try SimulatedRun(plan).run(journal: Recording())
    let types = Set(outcome.findings.flatMap(\.anomalies).map(\.type))
    #expect(outcome.verdict == (types.isEmpty ? .valid : .invalid), "seed \(seed)")
    return types
  }
}

@Suite("Simulated transaction stores")
struct TransactionRunTests {
  static let alone = ["kill", "pause", "clock", "disk"]
  static let together = alone + ["partition", "loss", "delay", "duplicate", "reorder"]

  static let correct =
    ["txn-list-append", "txn-rw-register"].flatMap { workload in
      [
        TransactionRun(
          system: "txn-memory", nodes: 1, workload: workload, threads: 4, nemesis: alone),
        TransactionRun(
          system: "txn-whole", nodes: 4, workload: workload, threads: 2, nemesis: together),
        TransactionRun(
          system: "txn-thunks", nodes: 3, workload: workload, threads: 2, nemesis: together),
        TransactionRun(
          system: "txn-thunks", nodes: 3, workload: workload, options: ["thunk-store": "lww-kv"],
          threads: 2, nemesis: together),
      ]
    } + [
      TransactionRun(
        system: "txn-hat", nodes: 5, workload: "txn-rw-register", models: ["read-committed"],
        threads: 2, nemesis: together),
      TransactionRun(
        system: "txn-memory", nodes: 1, workload: "long-fork", threads: 4, nemesis: alone),
      TransactionRun(
        system: "txn-whole", nodes: 4, workload: "long-fork", threads: 2, nemesis: together),
      TransactionRun(
        system: "txn-thunks", nodes: 3, workload: "long-fork", threads: 2, nemesis: together),
      TransactionRun(system: "ledger", nodes: 1, workload: "bank", threads: 4, nemesis: alone),
    ]

  @Test("keep their promises under all faults", arguments: correct)
  func promises(_ run: TransactionRun) throws {
    for seed in 0..<12 as Range<UInt64> {
      let types = try run.anomalies(seed: seed)
      #expect(types.isEmpty, "seed \(seed): \(types)")
    }
  }

  /// What Maelstrom's guide to transactions says of its own systems, chapters 5.1 to 5.4.
  static let documented = [
    TransactionRun(
      system: "txn-memory", nodes: 1, bug: "unchanged-reply", finds: ["internal"],
      mayFind: ["lost-update", "G-single-item-realtime", "G-single-item"]),
    TransactionRun(
      system: "txn-memory", nodes: 1, bug: "aliasing", threads: 10,
      finds: ["internal", "future-read"]),
    TransactionRun(system: "txn-memory", nodes: 1, threads: 10),
    TransactionRun(
      system: "txn-memory", nodes: 2, finds: ["incompatible-order"],
      mayFind: ["G0-realtime", "G-single-item-realtime", "G-single-item", "G0", "lost-update"]),
    // Transactions seldom meet.
    TransactionRun(
      system: "txn-per-key", nodes: 2, rate: 5, mayFind: ["G-single-item", "G1b", "internal", "G0"]),
    TransactionRun(
      system: "txn-per-key", nodes: 2, finds: ["G-single-item", "G1b", "internal"],
      mayFind: ["G0", "lost-update"]),
    TransactionRun(system: "txn-whole", nodes: 2),
    TransactionRun(system: "txn-thunks", nodes: 2),
    TransactionRun(
      system: "txn-thunks", nodes: 2, bug: "no-retry", options: ["thunk-store": "lww-kv"],
      rate: 1, finds: ["G-single-item-realtime"],
      mayFind: ["incompatible-order", "G0-realtime", "G-single-item", "lost-update"]),
    TransactionRun(system: "txn-thunks", nodes: 2, options: ["thunk-store": "lww-kv"]),
    TransactionRun(
      system: "txn-thunks", nodes: 2, bug: "skip-cas", finds: ["G-single-item-realtime"]),
    TransactionRun(system: "txn-thunks", nodes: 2, bug: "skip-cas", models: ["serializable"]),
  ]

  static let others = [
    TransactionRun(
      system: "txn-memory", nodes: 1, workload: "long-fork", bug: "lagging-keys",
      finds: ["long-fork"]),
    TransactionRun(
      system: "txn-memory", nodes: 1, bug: "lagging-keys", finds: ["G-single-item-realtime"],
      mayFind: ["G-single-item", "G-nonadjacent-item", "G2-item"]),
    TransactionRun(
      system: "ledger", nodes: 1, workload: "bank", bug: "overdraft", finds: ["negative-value"]),
    TransactionRun(
      system: "ledger", nodes: 1, workload: "bank", bug: "late-credit", threads: 10,
      finds: ["wrong-total"]),
    TransactionRun(
      system: "ledger", nodes: 1, workload: "bank", bug: "two-records", rate: 500, threads: 10,
      nemesis: ["kill", "disk:power-loss"], finds: ["wrong-total"]),
    TransactionRun(
      system: "txn-memory", nodes: 1, bug: "no-sync", nemesis: ["disk:power-loss"],
      finds: ["incompatible-order"],
      mayFind: ["G0-realtime", "G-single-item-realtime", "G-single-item", "G0", "lost-update"]),
    TransactionRun(
      system: "txn-whole", nodes: 2, bug: "blind-write",
      finds: ["incompatible-order", "G0-realtime", "G-single-item-realtime"],
      mayFind: ["G-single-item", "lost-update", "G0"]),
    TransactionRun(
      system: "txn-whole", nodes: 2, workload: "txn-rw-register", bug: "blind-write",
      finds: ["G-single-item-realtime"], mayFind: ["lost-update", "G-single-item"]),
    TransactionRun(
      system: "txn-thunks", nodes: 2, workload: "txn-rw-register", bug: "skip-cas",
      finds: ["G-single-item-realtime"]),
    TransactionRun(
      system: "txn-hat", nodes: 2, workload: "txn-rw-register", bug: "no-isolation",
      models: ["read-committed"], threads: 2, finds: ["G1b"], mayFind: ["G1c"]),
    TransactionRun(
      system: "txn-hat", nodes: 2, workload: "txn-rw-register", bug: "dirty-abort",
      models: ["read-committed"], threads: 2, finds: ["G1a"]),
  ]

  @Test(
    "are judged as is documented of the systems that they are modelled on", arguments: documented)
  func verdicts(_ run: TransactionRun) throws { try judge(run) }

  @Test("with a planted bug are found invalid for that", arguments: others)
  func planted(_ run: TransactionRun) throws { try judge(run) }

  private func judge(_ run: TransactionRun) throws {
    var found: Set<String> = []
    for seed in 1...8 as ClosedRange<UInt64> {
      let types = try run.anomalies(seed: seed)
      #expect(types.isSubset(of: run.expected), "seed \(seed): \(types)")
      found.formUnion(types)
    }
    #expect(run.finds.isSubset(of: found), "\(found)")
  }
}
