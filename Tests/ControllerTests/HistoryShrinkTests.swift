import Controller
import Histories
import Invariants
import Isolation
import ObjectModels
import Testing
import Values
import Verdicts

@Suite("Shrinking histories")
struct HistoryShrinkTests {
  /// A history from pairs of a process and what it did, one after the other.
  private func history(
    _ calls: [(f: String, asked: Value, type: Operation.Kind, answered: Value)]
  ) throws -> History {
    var lines: [Operation] = []
    for (place, call) in calls.enumerated() {
      let process = Process.client(place)
      lines.append(
        Operation(
          index: 2 * place, time: Int64(2 * place), type: .invoke, process: process, f: call.f,
          value: call.asked))
      lines.append(
        Operation(
          index: 2 * place + 1, time: Int64(2 * place + 1), type: call.type, process: process,
          f: call.f, value: call.answered))
    }
    return try History(lines)
  }

  @Test("leaves two reads of a register that went back, and what they read")
  func register() throws {
    let checker = LinearizabilityChecker(RegisterModel())
    var calls: [(f: String, asked: Value, type: Operation.Kind, answered: Value)] = []
    for value in 1...20 {
      calls.append(("write", .integer(value), .ok, .integer(value)))
      calls.append(("read", .null, .ok, .integer(value)))
    }
    calls.append(("read", .null, .ok, .integer(5)))
    let history = try history(calls)
    let (part, isMinimal) = try #require(HistoryShrinker(checker).shrink(history))
    #expect(isMinimal)
    #expect(checker.check(part).verdict == .invalid)
    #expect(part.operations.count <= 6, "\(part.operations)")
    // A read of 5 alone would be wrong, too, but only because its write is gone.
    #expect(part.operations.contains { $0.f == "write" && $0.value == 5 })
  }

  @Test("keeps the add that a counter's read misses")
  func counter() throws {
    let checker = CounterChecker()
    let history = try history([
      ("add", 2, .ok, 2), ("add", 7, .ok, 7), ("add", 1, .info, 1), ("read", .null, .ok, 2),
      ("read", .null, .ok, 2),
    ])
    let (part, isMinimal) = try #require(HistoryShrinker(checker).shrink(history))
    #expect(isMinimal)
    #expect(part.operations.contains { $0.f == "add" && $0.value == 7 })
    #expect(checker.check(part).verdict == .invalid)
  }

  @Test("keeps the transaction whose abort another read from")
  func abortedRead() throws {
    let checker = ListAppendChecker(models: [.readCommitted], demandsProof: false)
    var calls: [(f: String, asked: Value, type: Operation.Kind, answered: Value)] = []
    for value in 1...10 {
      calls.append(
        ("txn", [["append", 1, .integer(value)]], .ok, [["append", 1, .integer(value)]]))
    }
    calls.append(("txn", [["append", 2, 1]], .fail, [["append", 2, 1]]))
    calls.append(("txn", [["r", 2, .null]], .ok, [["r", 2, [1]]]))
    let (part, isMinimal) = try #require(
      try HistoryShrinker(checker).shrink(history(calls)))
    #expect(isMinimal)
    #expect(part.operations.map(\.index) == [20, 21, 22, 23])
  }

  @Test(
    "of random registers leaves parts that are wrong though what is left out may have happened",
    arguments: 0..<200 as Range<UInt64>)
  func random(seed: UInt64) throws {
    let checker = LinearizabilityChecker(RegisterModel())
    var draws = Draws(seed: seed, stream: 77)
    let calls = (0..<8).map {
      _ -> (f: String, asked: Value, type: Operation.Kind, answered: Value) in
      let value = Value.integer(draws.below(3))
      if draws.chance(0.5) { return ("write", value, draws.chance(0.2) ? .info : .ok, value) }
      return ("read", .null, .ok, value)
    }
    let history = try history(calls)
    let verdict = checker.check(history).verdict
    guard let (part, _) = HistoryShrinker(checker).shrink(history) else {
      #expect(verdict != .invalid, "seed \(seed)")
      return
    }
    #expect(verdict == .invalid, "seed \(seed)")
    #expect(checker.check(part).verdict == .invalid, "seed \(seed)")
    let kept = Set(part.operations.map(\.index))
    // Whether or not what is left out took effect, in any combination.
    let writes = history.operations.filter {
      $0.type == .invoke && $0.f == "write" && !kept.contains($0.index)
    }.map(\.index)
    for choice in 0..<(1 << writes.count) {
      let lines = history.operations.filter { line in
        guard !kept.contains(line.index) else { return true }
        guard line.f == "write" else { return false }
        let place = writes.firstIndex(of: line.index & ~1) ?? 0
        return choice >> place & 1 == 1
      }
      #expect(try checker.check(History(lines)).verdict == .invalid, "seed \(seed)")
    }
  }

  @Test("leaves a valid history alone")
  func valid() throws {
    let history = try history([("write", 1, .ok, 1), ("read", .null, .ok, 1)])
    #expect(HistoryShrinker(LinearizabilityChecker(RegisterModel())).shrink(history) == nil)
  }
}
