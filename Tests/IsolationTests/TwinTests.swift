import Histories
import Isolation
import Testing
import Values
import Verdicts

/// A level together with what orders it allows.
private struct Level: CustomTestStringConvertible, Sendable {
  var model: ConsistencyModel
  var precedence: SerialSearch.Precedence

  var testDescription: String { model.name }

  static let all = [
    Level(model: .serializable, precedence: .none),
    Level(model: .strongSessionSerializable, precedence: .sessions),
    Level(model: .strictSerializable, precedence: .realtime),
  ]
}

@Suite("Transactions are judged as all serial orders judge them")
struct TwinTests {
  private static func shape(_ seed: UInt64, _ kind: TransactionKind, keys: Int) -> Shape {
    var draws = Draws(seed: seed, stream: 7)
    return Shape(
      kind: kind, clients: 2 + draws.below(3), transactions: 2 + draws.below(5), keys: keys,
      length: 1 + draws.below(3),
      isolation: draws.element(of: Shape.Isolation.allCases),
      crashes: draws.chance(0.5) ? 0 : 0.2, lies: draws.chance(0.6) ? 0 : 0.15)
  }

  /// Judges a batch of histories, and counts verdicts.
  private func run(
    _ batch: UInt64, _ kind: TransactionKind, keys: Int, _ level: Level, count: UInt64 = 250,
    compare: (Finding, _ isSerial: Bool, _ seed: UInt64) -> Void
  ) throws -> [Verdict: Int] {
    var seen: [Verdict: Int] = [:]
    for seed in batch * count..<(batch + 1) * count {
      let history = try History.random(TwinTests.shape(seed, kind, keys: keys), seed: seed)
      let finding = checker(kind, level.model).check(history)
      let isSerial = SerialSearch(history, kind, level.precedence).succeeds
      compare(finding, isSerial, seed)
      seen[finding.verdict, default: 0] += 1
    }
    return seen
  }

  @Test(
    "on one key exactly", arguments: [TransactionKind.listAppend, .register],
    0..<12 as Range<UInt64>)
  func oneKey(kind: TransactionKind, batch: UInt64) throws {
    for level in Level.all {
      // How a process's transactions order versions that no read before a write connects is left
      // open for registers.
      let isExact = kind == .listAppend || level.precedence != .sessions
      let seen = try run(batch, kind, keys: 1, level) { finding, isSerial, seed in
        guard finding.verdict != .unknown else { return }
        if isSerial { #expect(finding.verdict == .valid, "\(level.model) seed \(seed)") }
        if isExact, !isSerial {
          #expect(finding.verdict == .invalid, "\(level.model) seed \(seed)")
        }
      }
      #expect(seen[.valid, default: 0] >= 5 && seen[.invalid, default: 0] >= 5, "\(seen)")
    }
  }

  @Test(
    "on several keys without a false alarm", arguments: [TransactionKind.listAppend, .register],
    0..<12 as Range<UInt64>)
  func severalKeys(kind: TransactionKind, batch: UInt64) throws {
    for level in Level.all {
      let seen = try run(batch, kind, keys: 2 + Int(batch % 2), level) { finding, isSerial, seed in
        if isSerial { #expect(finding.verdict != .invalid, "\(level.model) seed \(seed)") }
      }
      #expect(seen[.valid, default: 0] >= 5 && seen[.invalid, default: 0] >= 5, "\(seen)")
    }
  }

  @Test(
    "what is found is there by its definition", arguments: 1...3, 0..<12 as Range<UInt64>)
  func definitions(keys: Int, batch: UInt64) throws {
    var seen: [String: Int] = [:]
    for seed in batch * 100..<(batch + 1) * 100 {
      let shape = TwinTests.shape(seed, .listAppend, keys: keys)
      let history = try History.random(shape, seed: seed)
      let graph = NaiveGraph(history)
      for level in Level.all {
        for type in checker(.listAppend, level.model).check(history).types {
          let isThere = graph.has(type) != false
          #expect(isThere, "\(type) of \(level.model), seed \(seed)")
          seen[type, default: 0] += 1
        }
      }
      // What needs no order of versions is found wherever it is.
      let strict = checker(.listAppend, .strictSerializable).check(history)
      for type in NaiveGraph.scanned where graph.has(type) == true {
        #expect(strict.types.contains(type), "\(type), seed \(seed)")
      }
    }
    #expect(seen.count >= 3, "\(seen)")
  }
}
