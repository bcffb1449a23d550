import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("Weak levels of registers need no order of versions")
struct CausalityTests {
  /// The textbook histories of causal consistency by Bouajjani and others (POPL 2017), and what they
  /// are: causal, causally convergent.
  private static let textbook: [(name: String, text: String, causal: Bool, convergent: Bool)] = [
    ("a", "0 do w x 1\n0 do r x 2\n1 do w x 2\n1 do r x 1", true, false),
    (
      "b",
      """
      0 do w z 1\n0 do w x 1\n0 do w y 1
      1 do w x 2\n1 do r z\n1 do r y 1\n1 do r x 2
      """, true, true
    ),
    ("c", "0 do w x 1\n1 do w x 2\n1 do r x 1\n1 do r x 2", true, false),
    (
      "d",
      """
      0 do w x 1\n0 do r y\n0 do w y 1\n0 do r x 1
      1 do w x 2\n1 do r y\n1 do w y 2\n1 do r x 2
      """, true, true
    ),
    ("e", "0 do w x 1\n0 do w y 1\n1 do r y 1\n1 do w x 2\n2 do r x 2\n2 do r x 1", false, false),
  ]

  @Test("the textbook's histories are told apart", arguments: textbook.indices)
  func toldApart(place: Int) throws {
    let (name, text, isCausal, isConvergent) = Self.textbook[place]
    let lines = try script(text).operations.filter { $0.type != .invoke }
    for (model, holds) in [
      (ConsistencyModel.causal, isCausal), (.causalConvergence, isConvergent),
    ] {
      let checker = RegisterTransactionsChecker(models: [model], demandsProof: true)
      let finding = checker.check(HistoryColumns(try History(lines)))
      #expect(finding.verdict == (holds ? .valid : .invalid), "\(name): \(finding)")
    }
  }

  @Test(
    "each rule's violation goes by its own name",
    arguments: [
      (
        "0 do w x 1, w y 1\n2 do w x 2\n1 do r x 1, r y", ConsistencyModel.readAtomic,
        "observed-transaction-vanishes"
      ),
      ("0 do w x 1, w y 1\n1 do r y, r x 1", .readAtomic, "fractured-read"),
      ("0 do w x 1\n0 do r x", .strongSessionReadAtomic, "fractured-read-process"),
      ("0 do w x 1\n0 do r x", .readYourWrites, "unread-own-write"),
      ("0 do w x 1\n0 do r x 2\n0 do w x 2\n0 do r x 1", .readYourWrites, "unread-own-write"),
      ("0 do w x 1\n0 do r x", .causal, "WriteCOInitRead"),
      ("0 do w x 1\n1 do r x 1, w y 1\n2 do r y 1\n2 do r x", .causal, "WriteCOInitRead"),
      (
        "0 do w x 1\n1 do r x 1\n1 do w x 2\n1 do w y 1\n2 do r y 1\n2 do r x 1", .causal,
        "WriteCORead"
      ),
      (
        "0 do w x 1\n1 do w x 2\n0 do r x 2\n1 do r x 1", .causalConvergence,
        "fractured-read-process"
      ),
      (
        "1 do w x 1\n2 do w x 2\n0 do r x 1\n0 do r x 2\n0 do r x 1", .causalConvergence, "CyclicCF"
      ),
      ("0 do r y 1\n0 do w x 1\n1 do r x 1\n1 do w y 1", .causal, "CyclicCO"),
      (
        "0 do w x 1, w y 1\n1 do w x 2, w y 2\n2 do r x 1, r y 2", .causal, "WriteCORead"
      ),
      // All reads of a key count, and not the first alone.
      (
        "0 do w x 1\n0 do w x 2, w y 2\n1 do r x 1, r y 2, r x 1", .strongSessionReadCommitted,
        "observed-transaction-vanishes-process"
      ),
      ("0 do w x 1, w y 1\n1 do r x, r y 1, r x", .readCommitted, nil),
      (
        "0 do w x 1, w y 1\n1 do r x, r y 1, r x", .monotonicAtomicView,
        "observed-transaction-vanishes"
      ),
      (
        "0 do w x 1\n1 do w x 2\n2 do r x 1, r x 2, r x 1", .strongSessionReadCommitted,
        "observed-transaction-vanishes-process"
      ),
      ("0 do w x 1\n1 do w x 2\n2 do r x 1, r x 2", .strongSessionReadCommitted, nil),
      ("0 do w x 1\n1 do w x 2\n2 do r x 1, r x 2, r x 1", .monotonicReads, "nonmonotonic-read"),
      ("0 do w x 1, w x 2\n1 do w x 3\n2 do r x 3, r x 1", .readCommitted, "G1b"),
      ("0 do w x 1\n0 do r x 1, w x 2\n1 do r x 1, r x 2", .repeatableRead, "G-single-item"),
      // A transaction that has written a key reads that.
      ("0 do w x 1, r x", .readYourWrites, "unread-own-write"),
      ("0 do w x 1, r x", .readCommitted, nil),
      (
        "0 do w x 1\n1 do w x 2, r x 1", .strongSessionReadCommitted,
        "observed-transaction-vanishes-process"
      ),
    ] as [(String, ConsistencyModel, String?)])
  func names(text: String, model: ConsistencyModel, type: String?) throws {
    let finding = checker(.register, model).check(try script(text))
    guard let type else {
      #expect(finding.verdict == .valid, "\(finding)")
      return
    }
    #expect(finding.types == [type], "\(finding)")
    let explanation = finding.anomalies.first?.explanation ?? ""
    #expect(explanation.contains("T1 = "))
    #expect(type == "G1b" || explanation.contains("a contradiction!"))
  }

  @Test("what led to a read is told step by step")
  func explanation() throws {
    let finding = checker(.register, .causal).check(
      try script("0 do w x 1\n1 do r x 1, w y 1\n2 do r y 1\n2 do r x"))
    #expect(
      finding.anomalies.first?.explanation == """
        a transaction read the initial state of what a cause of it had written
        Let:
          T1 = [["r", "x", null]] (op 7, process 2)
          T2 = [["w", "x", 1]] (op 1, process 0)
          T3 = [["r", "x", 1], ["w", "y", 1]] (op 3, process 1)
          T4 = [["r", "y", 1]] (op 5, process 2)
        Then:
          - T2 < T3, because T3 read key "x" = 1, which T2 wrote.
          - T3 < T4, because T4 read key "y" = 1, which T3 wrote.
          - T4 < T1, because process 2 executed T4 before T1.
          - However, T1 < T2, because T1 read key "x" = null, the initial state, and T2 wrote it: a \
        contradiction!
        """)
  }

  @Test("an indeterminate transaction precedes nothing of its process")
  func indeterminate() throws {
    let text = "0 invoke w x 1\n0 info w x 1\n1 do r x 1\n0 do r x"
    #expect(checker(.register, .causalConvergence).check(try script(text)).verdict == .valid)
    #expect(checker(.register, .readYourWrites).check(try script(text)).verdict == .valid)
  }

  @Test("levels that were not asked for are left open where that saves an order of versions")
  func asked() throws {
    let finding = checker(.register, .causalConvergence).check(
      try script("0 do w x 1\n1 do w x 2\n2 do r x 1"))
    #expect(finding.verdict == .valid)
    #expect(finding.facts[fact: "holds"]?.elements?.contains("causal-convergence") == true)
    #expect(
      finding.facts[fact: "undecided"]?.map?["serializable"]
        == "it was not asked for, and does not follow from what was")
  }

  @Test("many processes are judged as by closure", arguments: 0..<10 as Range<UInt64>)
  func closure(batch: UInt64) throws {
    var seen: [Bool: Int] = [:]
    for seed in batch * 40..<(batch + 1) * 40 {
      try compare(seed) { seen[$0, default: 0] += 1 }
    }
    #expect(seen[true, default: 0] >= 5 && seen[false, default: 0] >= 5, "\(seen)")
  }

  private func compare(_ seed: UInt64, _ count: (_ holds: Bool) -> Void) throws {
    var draws = Draws(seed: seed, stream: 17)
    let shape = Shape(
      kind: .register, clients: 2 + draws.below(draws.chance(0.5) ? 6 : 150),
      transactions: 5 + draws.below(120), keys: 1 + draws.below(12), length: 1 + draws.below(4),
      isolation: draws.element(of: [.atomic, .stepwise, .stale, .cached]), aborts: 0.05,
      crashes: draws.chance(0.5) ? 0 : 0.1)
    let history = try History.random(shape, seed: seed)
    let closure = CausalClosure(history)
    for (model, holds) in [
      (
        ConsistencyModel.strongSessionReadCommitted,
        closure.hasOrder(.earlierReads) && !closure.missesOwnWrite
      ),
      (.strongSessionReadAtomic, closure.hasOrder(.reads)),
      (.causalConvergence, closure.hasOrder(.causes)), (.causal, closure.isCausal),
    ] {
      let checker = RegisterTransactionsChecker(models: [model], demandsProof: true)
      let finding = checker.check(HistoryColumns(history))
      #expect(finding.verdict != .unknown)
      count(holds)
      guard holds else {
        #expect(finding.verdict == .invalid, "\(model.name) \(finding)")
        continue
      }
      // What a transaction read of itself, or of a part of another one, is another matter.
      var single: Set = ["internal", "G1b", "future-read"]
      if model != .strongSessionReadCommitted {
        single.insert("observed-transaction-vanishes-process")
      }
      #expect(single.isSuperset(of: finding.types), "\(model.name) \(finding)")
    }
  }
}

/// Weak levels by their axioms, with causes as a matrix of all pairs.
private struct CausalClosure {
  enum Seen { case earlierReads, reads, causes }

  private struct Transaction {
    var process: Int
    var isOptional: Bool
    var reads: [(key: Int, writer: Int?)] = []
    var writes: Set<Int> = []
  }

  private var transactions: [Transaction] = []
  /// Whether a transaction read something else than it had written to a key last.
  private(set) var missesOwnWrite = false
  /// Whether the second leads to the first by one step, or by any number of them.
  private var direct: [[Bool]] = []
  private var causes: [[Bool]] = []

  init(_ history: History) {
    let calls = history.calls.filter { $0.outcome != .fail }.sorted { $0.position < $1.position }
    var writers: [Value: Int] = [:]
    func steps(_ value: Value) -> [(isRead: Bool, key: Int, value: Value)] {
      (value.elements ?? []).map { step in
        let parts = step.elements ?? []
        return (parts[0].name == "r", parts[1].integer ?? 0, parts[2])
      }
    }
    for (place, call) in calls.enumerated() {
      for step in steps(call.value) where !step.isRead {
        writers[[.integer(step.key), step.value]] = place
      }
    }
    for (place, call) in calls.enumerated() {
      var transaction = Transaction(
        process: call.process.number ?? -1, isOptional: call.outcome != .ok)
      var own: [Int: Value] = [:]
      for step in steps(call.value) {
        if step.isRead, call.outcome == .ok, let wrote = own[step.key], wrote != step.value {
          missesOwnWrite = true
        }
        if !step.isRead { own[step.key] = step.value }
        if step.isRead, !transaction.writes.contains(step.key), call.outcome == .ok {
          let writer = step.value == .null ? nil : writers[[.integer(step.key), step.value]]
          if writer != place { transaction.reads.append((step.key, writer)) }
        }
        if !step.isRead { transaction.writes.insert(step.key) }
      }
      transactions.append(transaction)
    }
    let count = transactions.count
    direct = Array(repeating: Array(repeating: false, count: count), count: count)
    for (place, transaction) in transactions.enumerated() {
      for read in transaction.reads { if let writer = read.writer { direct[place][writer] = true } }
      for earlier in 0..<place
      where transactions[earlier].process == transaction.process
        && !transactions[earlier].isOptional
      {
        direct[place][earlier] = true
      }
    }
    causes = CausalClosure.closure(direct)
  }

  private static func closure(_ direct: [[Bool]]) -> [[Bool]] {
    var closure = direct
    for middle in closure.indices {
      for from in closure.indices where closure[from][middle] {
        for to in closure.indices where closure[middle][to] { closure[from][to] = true }
      }
    }
    return closure
  }

  /// Whether a read must have come after another write than the one that it shows, and which.
  private func constraints(_ reader: Int, _ seen: Seen) -> [(from: Int, to: Int?)] {
    var constraints: [(from: Int, to: Int?)] = []
    for (place, read) in transactions[reader].reads.enumerated() {
      for other in transactions.indices
      where other != read.writer && other != reader && transactions[other].writes.contains(read.key)
      {
        let isSeen =
          switch seen {
          case .earlierReads:
            transactions[reader].reads[..<place].contains { $0.writer == other }
          case .reads: direct[reader][other]
          case .causes: causes[reader][other]
          }
        if isSeen { constraints.append((other, read.writer)) }
      }
    }
    return constraints
  }

  private func isAcyclic(_ constraints: [(from: Int, to: Int?)]) -> Bool {
    guard constraints.allSatisfy({ $0.to != nil }) else { return false }
    var edges = causes
    for constraint in constraints {
      if let to = constraint.to { edges[to][constraint.from] = true }
    }
    let closure = CausalClosure.closure(edges)
    return closure.indices.allSatisfy { !closure[$0][$0] }
  }

  func hasOrder(_ seen: Seen) -> Bool {
    isAcyclic(transactions.indices.flatMap { constraints($0, seen) })
  }

  var isCausal: Bool {
    transactions.indices.allSatisfy { isAcyclic(constraints($0, .causes)) }
  }
}
