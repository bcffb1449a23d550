import Generators
import Histories
import Testing
import Values

@Suite struct TransactionOperationsTests {
  func run(
    _ seed: UInt64, write: String = "append", keyCount: Int = 10, length: Int = 4, perKey: Int = 16
  ) -> [[[Value]]] {
    GeneratorSimulation(concurrency: 4, answers: .perfect, operationsMax: 2000, seed: seed).run(
      Clients(
        TransactionOperations(
          seed: seed, write: write, keyCount: keyCount, transactionLength: length,
          writesPerKey: perKey))
    ).invocations.map { ($0.value.elements ?? []).map { $0.elements ?? [] } }
  }

  @Test(arguments: UInt64(0)..<10)
  func `a key's values are 1, 2, 3 and so on, up to the bound`(seed: UInt64) {
    var last: [Value: Int] = [:]
    for step in run(seed, perKey: 5).joined() where step[0] == "append" {
      #expect(step[2].integer == last[step[1], default: 0] + 1)
      last[step[1]] = step[2].integer
    }
    #expect(last.values.allSatisfy { $0 <= 5 })
    #expect(last.count > 300)
    #expect(last.values.count { $0 < 5 } <= 10)
  }

  @Test(arguments: [1, 3, 4], ["append", "w"])
  func `transactions are of all lengths, and half of their steps read`(length: Int, write: String) {
    let transactions = run(7, write: write, length: length)
    var lengths = [Int](repeating: 0, count: length + 1)
    for transaction in transactions { lengths[transaction.count] += 1 }
    #expect(lengths[0] == 0)
    #expect(lengths[1...].allSatisfy { abs($0 - 2000 / length) < 150 })
    let steps = Array(transactions.joined())
    let reads = steps.count { $0[0] == "r" && $0[2] == .null }
    #expect(steps.count { $0[0] == .string(write) } == steps.count - reads)
    #expect(abs(reads * 2 - steps.count) < 300)
  }

  @Test(arguments: [1, 2, 5, 10])
  func `each place of the pool is twice as busy as the one before`(keyCount: Int) {
    var counts = [Int](repeating: 0, count: keyCount)
    let steps = Array(run(3, keyCount: keyCount, perKey: .max).joined())
    for step in steps { counts[step[1].integer ?? 0] += 1 }
    let whole = Double((1 << keyCount) - 1)
    for slot in 0..<keyCount {
      let expected = Double(steps.count * (1 << slot)) / whole
      #expect(abs(Double(counts[slot]) - expected) < 4 * expected.squareRoot() + 4, "\(slot)")
    }
  }

  @Test func `a seed gives one schedule`() {
    #expect(run(1) == run(1))
    #expect(run(1) != run(2))
  }
}
