import Glibc
import Histories
import Isolation
import Testing
import Values
import Verdicts

/// How many random histories are judged by each level: more by the environment's SHRIKE_TWINS.
private let twinCount = getenv("SHRIKE_TWINS").flatMap { UInt64(String(cString: $0)) } ?? 2_000

@Suite("Each level is decided as its definition decides it")
struct LevelTwinTests {
  private static let batches: UInt64 = 20

  private static func shape(_ seed: UInt64, _ kind: TransactionKind) -> Shape {
    var draws = Draws(seed: seed, stream: 11)
    return Shape(
      kind: kind, clients: 2 + draws.below(3), transactions: 3 + draws.below(3),
      keys: 1 + draws.below(3), length: 1 + draws.below(3),
      isolation: draws.element(of: Shape.Isolation.allCases), aborts: 0.05,
      crashes: draws.chance(0.6) ? 0 : 0.15, lies: draws.chance(0.8) ? 0 : 0.1)
  }

  @Test("on random lists", arguments: 0..<batches)
  func lists(batch: UInt64) throws {
    var tally = Tally()
    for seed in batch * twinCount / Self.batches..<(batch + 1) * twinCount / Self.batches {
      let history = try History.random(Self.shape(seed, .listAppend), seed: seed)
      try compare(history, .listAppend, seed, &tally)
    }
    #expect(tally.wrongs.isEmpty, "\(tally.wrongs)")
    // The order of what nobody read may leave snapshot isolation and its like open.
    #expect(tally.undecided * 200 <= tally.decided, "\(tally.undecided) of \(tally.decided)")
  }

  @Test("on random registers", arguments: 0..<batches)
  func registers(batch: UInt64) throws {
    var tally = Tally()
    for seed in batch * twinCount / Self.batches..<(batch + 1) * twinCount / Self.batches {
      let history = try History.random(Self.shape(seed, .register), seed: seed)
      try compare(history, .register, seed, &tally)
    }
    #expect(tally.wrongs.isEmpty, "\(tally.wrongs)")
    #expect(tally.undecided * 4 <= tally.decided, "\(tally.undecided) of \(tally.decided)")
  }

  private struct Tally {
    var decided = 0
    var undecided = 0
    var wrongs: [String] = []
  }

  private func compare(
    _ history: History, _ kind: TransactionKind, _ seed: UInt64, _ tally: inout Tally
  ) throws {
    guard history.calls.contains(where: { $0.outcome == .ok }) else { return }
    let analysis = try TransactionAnalysis(
      HistoryColumns(history), kind, for: [.strictSerializable, .causalMemory, .pram])
    let search = DefinitionSearch(history, kind)
    for model in ConsistencyModel.allCases {
      guard let decision = analysis.decisions[model], let holds = search.satisfies(model) else {
        continue
      }
      switch decision {
      case .undecided: tally.undecided += 1
      case .holds, .ruledOut:
        tally.decided += 1
        if (decision == .holds) != holds {
          tally.wrongs.append("\(model.name), seed \(seed): \(decision), defined \(holds)")
        }
      }
    }
  }
}
