import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("Levels and histories are related as they must be")
struct PropertyTests {
  private static func shape(_ seed: UInt64, _ kind: TransactionKind) -> Shape {
    var draws = Draws(seed: seed, stream: 13)
    return Shape(
      kind: kind, clients: 2 + draws.below(6), transactions: 5 + draws.below(60),
      keys: 1 + draws.below(5), length: 1 + draws.below(4),
      isolation: draws.element(of: Shape.Isolation.allCases), aborts: 0.05,
      crashes: draws.chance(0.6) ? 0 : 0.1, lies: draws.chance(0.8) ? 0 : 0.02)
  }

  @Test(
    "what holds implies what is weaker, and what is ruled out rules out what is stronger",
    arguments: [TransactionKind.listAppend, .register], 0..<150 as Range<UInt64>)
  func monotonicity(kind: TransactionKind, seed: UInt64) throws {
    let history = try History.random(Self.shape(seed, kind), seed: seed)
    let analysis = try TransactionAnalysis(HistoryColumns(history), kind, for: [])
    for model in ConsistencyModel.allCases {
      for weaker in ConsistencyModel.allCases where model.implies(weaker) {
        if analysis.decisions[model] == .holds {
          #expect(analysis.decisions[weaker] == .holds, "\(model.name), \(weaker.name)")
        }
        if analysis.decisions[weaker] == .ruledOut {
          #expect(analysis.decisions[model] == .ruledOut, "\(model.name), \(weaker.name)")
        }
      }
    }
  }

  private static let weakModels: [ConsistencyModel] = [
    .readCommitted, .monotonicAtomicView, .readAtomic, .strongSessionReadCommitted,
    .strongSessionReadAtomic, .causal, .causalConvergence, .readYourWrites, .monotonicReads,
    .monotonicWrites, .writesFollowReads,
  ]

  @Test(
    "weak levels of registers are decided alike alone, together, and among all others",
    arguments: 0..<400 as Range<UInt64>)
  func together(seed: UInt64) throws {
    let columns = HistoryColumns(try History.random(Self.shape(seed, .register), seed: seed))
    let whole = try TransactionAnalysis(columns, .register, for: []).decisions
    let together = try TransactionAnalysis(columns, .register, for: Self.weakModels).decisions
    for model in Self.weakModels {
      let alone = try TransactionAnalysis(columns, .register, for: [model]).decisions[model]
      #expect(alone == .holds || alone == .ruledOut, "\(model.name): \(String(describing: alone))")
      #expect(together[model] == alone, "\(model.name)")
      #expect(whole[model] == alone, "\(model.name)")
    }
  }

  @Test(
    "names of keys, values and processes make no difference",
    arguments: [TransactionKind.listAppend, .register], 0..<100 as Range<UInt64>)
  func renaming(kind: TransactionKind, seed: UInt64) throws {
    let history = try History.random(Self.shape(seed, kind), seed: seed)
    func renamed(_ value: Value) -> Value {
      switch value {
      case .integer(let integer): .string("v\(997 - integer)")
      case .list(let list): .list(list.map(renamed))
      default: value
      }
    }
    let other = try History(
      history.operations.map { line in
        var line = line
        line.process = .client(500 - (line.process.number ?? 0))
        line.value = .list(
          (line.value.elements ?? []).map { step in
            let parts = step.elements ?? []
            return [parts[0], .keyword("k\(50 - (parts[1].integer ?? 0))"), renamed(parts[2])]
          })
        return line
      })
    let decisions = try [history, other].map {
      try TransactionAnalysis(HistoryColumns($0), kind, for: []).decisions.mapValues { decision in
        if case .undecided = decision { ModelDecision.undecided("") } else { decision }
      }
    }
    #expect(decisions[0] == decisions[1])
  }

  @Test(
    "where completions alone are told, the order of different processes makes no difference",
    arguments: [TransactionKind.listAppend, .register], 0..<100 as Range<UInt64>)
  func reordering(kind: TransactionKind, seed: UInt64) throws {
    let history = try History.random(Self.shape(seed, kind), seed: seed)
    let lines = history.operations.filter { $0.type != .invoke }
    var draws = Draws(seed: seed, stream: 19)
    var left = Dictionary(grouping: lines, by: \.process).mapValues { Array($0.reversed()) }
    var reordered: [Operation] = []
    while !left.isEmpty {
      let process = draws.element(of: left.keys.sorted { "\($0)" < "\($1)" })
      if var line = left[process]?.popLast() {
        line.index = reordered.count
        reordered.append(line)
      }
      if left[process]?.isEmpty != false { left[process] = nil }
    }
    guard !lines.isEmpty else { return }
    let decisions = try [lines, reordered].map {
      try TransactionAnalysis(HistoryColumns(try History($0)), kind, for: []).decisions
    }
    for model in ConsistencyModel.allCases {
      let (first, second) = (decisions[0][model], decisions[1][model])
      #expect((first == .ruledOut) == (second == .ruledOut), "\(model.name)")
      // Registers' versions are tried in the order of the lines.
      #expect((first == .holds) == (second == .holds) || kind == .register, "\(model.name)")
    }
  }

  @Test(
    "transactions of keys of their own add nothing but what they are",
    arguments: 0..<60 as Range<UInt64>)
  func addition(seed: UInt64) throws {
    let history = try History.random(Self.shape(seed, .listAppend), seed: seed)
    let before = try TransactionAnalysis(HistoryColumns(history), .listAppend, for: []).decisions
    var lines = history.operations
    for type in [Operation.Kind.invoke, .ok] {
      lines.append(
        Operation(
          index: lines.count, time: .milliseconds(Int64(lines.count)), type: type,
          process: .client(9_999), f: "txn", value: [["append", "own", 1]]))
    }
    let after = try TransactionAnalysis(HistoryColumns(History(lines)), .listAppend, for: [])
    for model in ConsistencyModel.allCases where before[model] == .ruledOut {
      #expect(after.decisions[model] == .ruledOut)
    }
    for model in ConsistencyModel.allCases where before[model] == .holds {
      #expect(after.decisions[model] == .holds)
    }
  }

  @Test("completions alone say nothing of real time")
  func untimed() throws {
    let lines = try script("0 do a x 1\n1 do r x []\n0 do a y 1").operations.filter {
      $0.type != .invoke
    }
    let columns = HistoryColumns(try History(lines))
    let finding = ListAppendChecker(models: [.strongSessionSerializable]).check(columns)
    #expect(finding.verdict == .valid, "\(finding)")
    let strict = ListAppendChecker(models: [.strictSerializable], demandsProof: true).check(columns)
    #expect(strict.verdict == .unknown)
    #expect(
      strict.reason
        == "strict-serializable as far as judged: the history does not say what precedes what in "
        + "real time")
    let session = try script("0 do a x 1\n0 do r x []").operations.filter { $0.type != .invoke }
    let lost = ListAppendChecker(models: [.strictSerializable])
      .check(HistoryColumns(try History(session)))
    #expect(lost.types == ["G-single-item-process"])
  }

  @Test("an order of appends that nobody read is found, or left open with that reason")
  func openAppends() throws {
    // Write skew, together with two appends of which the later must have seen the earlier.
    let text = """
      0 invoke r y, a x 1, a z 1
      1 invoke r z, a x 2, a y 1
      0 ok r y [], a x 1, a z 1
      1 ok r z [], a x 2, a y 1
      """
    let history = try script(text)
    let analysis = try TransactionAnalysis(HistoryColumns(history), .listAppend, for: [])
    #expect(
      analysis.decisions[.snapshotIsolation]
        == .undecided("the order of appends to key \"x\" that nobody read is not known"))
    #expect(analysis.decisions[.serializable] == .ruledOut)
    #expect(analysis.decisions[.prefix] == .holds)
  }

  @Test("a key read often before it is written blindly takes as many edges as both together")
  func fan() throws {
    var lines: [Operation] = []
    func add(_ process: Int, _ value: Value, _ observed: Value) {
      for (type, value) in [(Operation.Kind.invoke, value), (.ok, observed)] {
        lines.append(
          Operation(
            index: lines.count, time: Int64(lines.count), type: type, process: .client(process),
            f: "txn", value: [value]))
      }
    }
    for number in 0..<8_000 {
      add(number, ["r", "x", .null], ["r", "x", []])
    }
    for number in 0..<8_000 {
      let step: Value = ["append", "x", .integer(number)]
      add(number, step, step)
    }
    #expect(checker(.listAppend, .strictSerializable).check(try History(lines)).verdict == .valid)
    add(1, ["r", "x", .null], ["r", "x", []])
    let finding = checker(.listAppend, .strictSerializable).check(try History(lines))
    #expect(finding.types == ["G-single-item-realtime"])
    #expect(finding.anomalies[0].explanation.contains("T2 created by appending"))
  }

  @Test(
    "one missed write among hundreds that no way leads back from is found",
    arguments: [false, true])
  func missedAmongMany(isThere: Bool) throws {
    // Two chains of reads; each transaction of the first misses a write of one of the second, which
    // leads only to the end of the first.
    let count = 600
    var lines: [String] = []
    for number in 1...count {
      func before(_ chain: String) -> String { number > 1 ? "r \(chain)\(number - 1) [1], " : "" }
      let isLast = number == count
      lines.append(
        "1 do \(before("b"))a b\(number) 1, a y\(number) 1\(number == 1 ? ", a z 1" : "")")
      let missed = isLast ? "r b\(count) [1]\(isThere ? ", r z []" : "")" : "r y\(number) []"
      lines.append("0 do \(before("a"))a a\(number) 1, \(missed)")
    }
    let finding = checker(.listAppend, .consistentView).check(
      try script(lines.joined(separator: "\n")))
    #expect(finding.verdict == (isThere ? .invalid : .valid), "\(finding.reason ?? "")")
    #expect(finding.types == (isThere ? ["G-single-item"] : []))
  }

  @Test(
    "one component of a million transactions is searched", .timeLimit(.minutes(2)),
    arguments: [false, true])
  func largeComponent(isOrdered: Bool) throws {
    // Each transaction misses what the next one writes, and the last one what the first wrote; or
    // each sees what the one before it wrote, and the first what the last did.
    let count = 1_000_000
    var builder = LineBuilder()
    for number in 0..<count {
      let (own, other) =
        isOrdered ? (number, (number + count - 1) % count) : (number, (number + 1) % count)
      builder.add(number % 10, own, other, seen: isOrdered)
    }
    let finding = ListAppendChecker(models: [.serializable]).check(try builder.columns)
    #expect(finding.types == [isOrdered ? "G1c" : "G2-item"], "\(finding.reason ?? "")")
    #expect(finding.anomalies.first?.count == 1)
  }
}

/// Columns of transactions that append to one key and read another, line by line.
private struct LineBuilder {
  private var lines: [Operation] = []

  mutating func add(_ process: Int, _ own: Int, _ other: Int, seen: Bool) {
    let value: Value = [
      ["append", .integer(own), 1], ["r", .integer(other), seen ? [1] : []],
    ]
    lines.append(
      Operation(
        index: lines.count, time: -1, type: .ok, process: .client(process), f: "txn", value: value))
  }

  var columns: HistoryColumns { get throws { HistoryColumns(try History(lines)) } }
}
