import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("Stores of transactions are judged by what they do")
struct StoreTests {
  private func shape(_ kind: TransactionKind, _ isolation: Shape.Isolation) -> Shape {
    Shape(
      kind: kind, clients: 8, transactions: 300, keys: 5, length: 4, isolation: isolation,
      aborts: 0.05, crashes: 0.03)
  }

  @Test(
    "a correct one is valid, whatever happens at the same time",
    arguments: [TransactionKind.listAppend, .register], 0..<40 as Range<UInt64>)
  func correct(kind: TransactionKind, seed: UInt64) throws {
    let history = try History.random(shape(kind, .atomic), seed: seed)
    let finding = checker(kind, .strictSerializable).check(history)
    #expect(finding.verdict == .valid, "\(finding)")
    #expect(finding.facts[fact: "not"] == nil)
    #expect((finding.facts[fact: "committed"]?.integer ?? 0) > 150)
  }

  @Test(
    "one whose transactions see each other at work is not read-atomic",
    arguments: [TransactionKind.listAppend, .register], 0..<20 as Range<UInt64>)
  func stepwise(kind: TransactionKind, seed: UInt64) throws {
    let history = try History.random(shape(kind, .stepwise), seed: seed)
    let finding = checker(kind, .readAtomic).check(history)
    #expect(finding.types.contains("internal"), "\(finding.types)")
    #expect(finding.types.contains("G1b"), "\(finding.types)")
    guard kind == .listAppend else { return }
    #expect(checker(kind, .serializable).check(history).types.contains("G-single-item"))
  }

  @Test(
    "one that serves reads from a cache is serializable, but not strictly",
    arguments: [TransactionKind.listAppend, .register], 0..<20 as Range<UInt64>)
  func cached(kind: TransactionKind, seed: UInt64) throws {
    let history = try History.random(shape(kind, .cached), seed: seed)
    let strict = checker(kind, .strictSerializable).check(history)
    #expect(strict.types == ["G-single-item-realtime"], "\(strict.types)")
    let serializable = checker(kind, .serializable).check(history)
    #expect(serializable.verdict == .valid)
    #expect(serializable.reason?.contains("allowed: ") == true, "\(serializable.reason ?? "")")
  }

  @Test(
    "one that reads stale versions loses updates",
    arguments: [TransactionKind.listAppend, .register])
  func stale(kind: TransactionKind) throws {
    var losses = 0
    for seed in 0..<20 as Range<UInt64> {
      let history = try History.random(shape(kind, .stale), seed: seed)
      let finding = checker(kind, .serializable).check(history)
      #expect(finding.verdict == .invalid, "seed \(seed)")
      if finding.types.contains("lost-update") { losses += 1 }
    }
    #expect(losses >= 5)
  }

  @Test(
    "one that keeps what was aborted is not read-committed",
    arguments: [TransactionKind.listAppend, .register], 0..<20 as Range<UInt64>)
  func dirty(kind: TransactionKind, seed: UInt64) throws {
    let history = try History.random(shape(kind, .dirty), seed: seed)
    let finding = checker(kind, .readCommitted).check(history)
    #expect(finding.types.first == "G1a", "\(finding.types)")
    #expect(finding.ruledOut.contains("read-committed"))
  }

  @Test(
    "renaming keys and processes changes nothing",
    arguments: [TransactionKind.listAppend, .register], 0..<20 as Range<UInt64>)
  func renaming(kind: TransactionKind, seed: UInt64) throws {
    let isolation = Shape.Isolation.allCases[Int(seed) % Shape.Isolation.allCases.count]
    let history = try History.random(shape(kind, isolation), seed: seed)
    let renamed = try History(
      history.operations.map { line in
        var line = line
        line.process = .client(1000 - (line.process.number ?? 0))
        line.value = .list(
          (line.value.elements ?? []).map { step in
            let parts = step.elements ?? []
            return [parts[0], .string("key \(9 - (parts[1].integer ?? 0))"), parts[2]]
          })
        return line
      })
    let (before, after) = (
      checker(kind, .strictSerializable).check(history),
      checker(kind, .strictSerializable).check(renamed)
    )
    #expect(
      before.types == after.types && before.anomalies.map(\.count) == after.anomalies.map(\.count))
    #expect(before.facts[fact: "not"] == after.facts[fact: "not"])
    #expect(before.facts[fact: "holds"] == after.facts[fact: "holds"])
    #expect(before.facts[fact: "also-found"] == after.facts[fact: "also-found"])
  }
}
