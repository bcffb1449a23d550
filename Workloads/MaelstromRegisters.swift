import Generators
import Values

/// Maelstrom's own operations on registers, of Jepsen's linearizable-register test.
///
/// Keys 0, 1, 2, … have 2*n* threads each, for *n* nodes: the first *n* of all threads only read,
/// the others write (one third) and compare-and-set values from 0 to 4. A key ends when more than
/// twenty processes could touch it.
enum MaelstromRegisters {
  static let processLimit = 20
  static let valueCount = 5

  /// Why there is no such test for so many nodes and clients, where there is none.
  static func refusal(nodeCount: Int, concurrency: Int) -> String? {
    let threads = 2 * nodeCount
    if threads > processLimit {
      return "Maelstrom's lin-kv has at most \(processLimit / 2) nodes, not \(nodeCount)"
    }
    guard concurrency % threads != 0 else { return nil }
    return "Maelstrom's lin-kv needs a multiple of \(threads) clients for \(nodeCount) nodes, "
      + "not \(concurrency): --concurrency 2n"
  }

  static func generator(seed: UInt64, nodeCount: Int, concurrency: Int) -> any Generator {
    ConcurrentKeys(threadsPerKey: 2 * nodeCount, .integers()) { key in
      let draws = Draws(seed: seed, stream: UInt64(key.integer ?? 0))
      let readers = ThreadSet(0..<nodeCount)
      let others = ThreadSet(nodeCount..<concurrency)
      let read = Generate(draws) { _, context in Invocation(f: "read", in: context) }
      return ProcessLimit(
        processLimit,
        AnyOf(OnThreads(readers, read), OnThreads(others, Generate(draws, change))))
    }
  }

  private static func change(_ draws: inout Draws, _ context: GeneratorContext) -> Invocation {
    let (from, to) = (draws.below(valueCount), draws.below(valueCount))
    guard draws.below(3) > 0 else {
      return Invocation(f: "write", value: .integer(to), in: context)
    }
    return Invocation(f: "cas", value: [.integer(from), .integer(to)], in: context)
  }
}
