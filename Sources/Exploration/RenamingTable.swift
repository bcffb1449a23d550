import Values

/// One way to exchange names, with what becomes of all that has a number, for one thread to read.
final class RenamingTable {
  private typealias Layout = StateList.Layout
  private static let unknown = UInt32.max

  private let places: [Int]
  private let shared: SharedDynamics
  @exclusivity(unchecked) private var processes = GrowingBuffer<UInt32>()
  @exclusivity(unchecked) private var messages = GrowingBuffer<UInt32>()
  @exclusivity(unchecked) private var memories = GrowingBuffer<UInt32>()

  /// - Parameter places: For each node its new place.
  init(_ places: [Int], _ shared: SharedDynamics) {
    self.places = places
    self.shared = shared
  }

  deinit {
    processes.deallocate()
    messages.deallocate()
    memories.deallocate()
  }

  var bytes: Int { processes.bytes + messages.bytes + memories.bytes }

  /// Writes a state as it is with names exchanged; what is new then has been learned.
  func write(
    _ words: UnsafePointer<UInt32>, count: Int, to target: UnsafeMutablePointer<UInt32>,
    _ table: OutcomeTable
  ) {
    target[Layout.clients] = words[Layout.clients]
    target[Layout.memory] = find(words[Layout.memory], &memories, table) {
      $0.renamed(memory: $1, $2)
    }
    target[Layout.budgets] = words[Layout.budgets]
    target[Layout.marks] = words[Layout.marks]
    for node in places.indices {
      target[Layout.processes + places[node]] =
        find(words[Layout.processes + node], &processes, table) { $0.renamed(process: $1, $2) }
    }
    let first = Layout.processes + places.count
    for place in first..<max(count, first) {
      target[place] = find(words[place], &messages, table) { $0.renamed(message: $1, $2) }
    }
  }

  @inline(__always)
  private func find(
    _ number: UInt32, _ known: inout GrowingBuffer<UInt32>, _ table: OutcomeTable,
    _ rename: (any Dynamics, UInt32, [Int]) -> UInt32
  ) -> UInt32 {
    if Int(number) < known.count, known[Int(number)] != RenamingTable.unknown {
      return known[Int(number)]
    }
    let missing = max(0, Int(number) + 1 - known.count)
    known.extend(by: missing).initialize(repeating: RenamingTable.unknown, count: missing)
    let renamed = shared.withLock { dynamics in
      let renamed = rename(dynamics, number, places)
      table.learn(dynamics)
      return renamed
    }
    known.base[Int(number)] = renamed
    return renamed
  }
}
