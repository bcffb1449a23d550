import Generators
import Histories
import Testing
import Values

@Suite struct LongForkOperationsTests {
  @Test(arguments: UInt64(0)..<10, 2...4)
  func `each key is written once, and groups are read whole`(seed: UInt64, size: Int) {
    let run = GeneratorSimulation(
      concurrency: 4, answers: .perfect, operationsMax: 1000, seed: seed
    ).run(Clients(LongForkOperations(seed: seed, groupSize: size)))
    var written: [Int] = []
    var orders: Set<[Int]> = []
    for invocation in run.invocations {
      let steps = (invocation.value.elements ?? []).compactMap { $0.elements }
      let keys = steps.compactMap { $0[1].integer }
      guard invocation.f == "read" else {
        #expect(steps == [["w", .integer(written.count), 1]])
        written += keys
        continue
      }
      #expect(steps.allSatisfy { $0[0] == "r" && $0[2] == .null })
      let first = (keys.min() ?? 0)
      #expect(first.isMultiple(of: size) && keys.sorted() == Array(first..<first + size))
      // Of the group that is being written, or one of the two before it.
      #expect(first <= written.count && first + 3 * size > written.count)
      orders.insert(keys.map { $0 - first })
    }
    #expect(abs(written.count - 500) < 80)
    #expect(orders.count > 1)
  }
}
