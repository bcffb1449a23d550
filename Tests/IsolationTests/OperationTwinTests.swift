import Glibc
import Histories
import Isolation
import Testing
import Values
import Verdicts

/// How many random histories are judged: more by the environment's SHRIKE_TWINS.
private let twinCount = getenv("SHRIKE_TWINS").flatMap { UInt64(String(cString: $0)) } ?? 2_000

@Suite("Each level of single operations is decided as its definition decides it")
struct OperationTwinTests {
  private static let batches: UInt64 = 4
  private static let levels = SingleOperationsChecker.levels

  @Test("on random histories", arguments: 0..<batches)
  func random(batch: UInt64) throws {
    var wrongs: [String] = []
    var seen: [ConsistencyModel: [Bool: Int]] = [:]
    var tally = Tally()
    for seed in batch * twinCount / Self.batches..<(batch + 1) * twinCount / Self.batches {
      let operations = OperationDefinitions.Operation.random(seed)
      guard operations.contains(where: { !$0.isOptional }) else { continue }
      let history = try History(operations)
      let definitions = OperationDefinitions(operations)
      let all = try decisions(history)
      var holding = definitions.satisfies(.sequential) ? [ConsistencyModel.sequential] : []
      for level in Self.levels {
        let holds = definitions.satisfies(level)
        if holds { holding.append(level) }
        seen[level, default: [:]][holds, default: 0] += 1
        let verdict = level.finding(on: history).verdict
        if verdict != (holds ? .valid : .invalid) || all[level] != (holds ? .holds : .ruledOut) {
          wrongs.append("\(level.name), seed \(seed): defined \(holds), \(verdict)")
        }
      }
      tally.note(holding)
      for level in holding {
        for weaker in Self.levels where level.implies(weaker) && !holding.contains(weaker) {
          wrongs.append("\(level.name) without \(weaker.name), seed \(seed)")
        }
      }
    }
    #expect(wrongs.isEmpty, "\(wrongs.prefix(5))")
    for level in Self.levels {
      #expect(seen[level]?[true, default: 0] ?? 0 >= 5, "\(level.name)")
      #expect(seen[level]?[false, default: 0] ?? 0 >= 5, "\(level.name)")
    }
    #expect(tally.isVaried, "\(tally)")
  }

  @Test("on longer histories of stores, tampered with or not", arguments: 0..<batches)
  func stores(batch: UInt64) throws {
    let count = max(40, twinCount / 10)
    var wrongs: [String] = []
    var seen: [ConsistencyModel: [Bool: Int]] = [:]
    for seed in batch * count / Self.batches..<(batch + 1) * count / Self.batches {
      var draws = Draws(seed: seed, stream: 37)
      var store = CausalStore(
        processes: 2 + draws.below(5), draws.element(of: CausalStore.Delivery.allCases),
        isStamped: draws.chance(0.4), seed: seed)
      var operations = store.run(
        15 + draws.below(50), keys: 1 + draws.below(6), rate: 1 + draws.below(6),
        crashes: draws.chance(0.7) ? 0 : 0.1)
      for place in operations.indices where operations[place].isRead && draws.chance(0.01) {
        let written = operations.filter { !$0.isRead && $0.key == operations[place].key }
        operations[place].value = draws.element(of: [0] + written.map(\.value))
      }
      let saturation = OperationSaturation(operations)
      let history = try History(operations)
      for level in Self.levels.prefix(4) {
        let holds = saturation.satisfies(level)
        seen[level, default: [:]][holds, default: 0] += 1
        let verdict = level.finding(on: history).verdict
        if verdict != (holds ? .valid : .invalid) {
          wrongs.append("\(level.name), seed \(seed): defined \(holds), \(verdict)")
        }
      }
    }
    #expect(wrongs.isEmpty, "\(wrongs.prefix(5))")
    for level in Self.levels.prefix(4) {
      #expect(seen[level]?[true, default: 0] ?? 0 >= 3, "\(level.name)")
      #expect(seen[level]?[false, default: 0] ?? 0 >= 3, "\(level.name)")
    }
  }

  /// How many histories lie between two levels.
  private struct Tally {
    var memoryAlone = 0
    var causalAlone = 0
    var pramAlone = 0

    mutating func note(_ holding: [ConsistencyModel]) {
      let (memory, convergence) = (
        holding.contains(.causalMemory), holding.contains(.causalConvergence)
      )
      if memory, !convergence { memoryAlone += 1 }
      if holding.contains(.causal), !memory, !convergence { causalAlone += 1 }
      if holding.contains(.pram), !holding.contains(.causal) { pramAlone += 1 }
    }

    var isVaried: Bool { memoryAlone > 0 && causalAlone > 0 && pramAlone > 0 }
  }

  /// What is decided where all levels are asked for together.
  private func decisions(_ history: History) throws -> [ConsistencyModel: ModelDecision] {
    try TransactionAnalysis(
      HistoryColumns(history), .register, for: Self.levels, operations: SingleOperations()
    ).decisions
  }
}

extension OperationDefinitions.Operation {
  /// A few operations of some processes, each of which reads what its replica of a store holds, or
  /// whatever anybody writes.
  fileprivate static func random(_ seed: UInt64) -> [Self] {
    var draws = Draws(seed: seed, stream: 31)
    let (processes, keys) = (2 + draws.below(2), 1 + draws.below(2))
    let (crashes, wild) = (draws.chance(0.7) ? 0 : 0.15, draws.element(of: [0, 0.15, 0.6, 1]))
    var operations: [Self] = []
    // What each process's replica holds, and which writes it has yet to hear of.
    var states = Array(repeating: Array(repeating: 0, count: keys), count: processes)
    var unheard = Array(repeating: [Self](), count: processes)
    for value in 1...4 + draws.below(4) {
      let process = draws.below(processes)
      while !unheard[process].isEmpty, draws.chance(0.6) {
        let write = unheard[process].remove(
          at: draws.chance(0.8) ? 0 : draws.below(unheard[process].count))
        states[process][write.key] = write.value
      }
      var one = Self(process: process, key: draws.below(keys), value: value, isRead: true)
      one.isRead = draws.chance(0.5) || operations.count { !$0.isRead } == 4
      if one.isRead {
        one.value = states[process][one.key]
      } else {
        one.isOptional = draws.chance(crashes)
        states[process][one.key] = value
        for other in 0..<processes where other != process { unheard[other].append(one) }
      }
      operations.append(one)
    }
    for place in operations.indices where operations[place].isRead && draws.chance(wild) {
      let key = operations[place].key
      let written = operations.filter { !$0.isRead && $0.key == key }.map(\.value)
      operations[place].value =
        draws.chance(0.05)
        ? 99 : draws.element(of: written + (draws.chance(0.3) ? [0] : written + [0]))
    }
    return operations
  }
}
