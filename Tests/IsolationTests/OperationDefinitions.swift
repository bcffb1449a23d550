import Isolation
import Values

/// Decides levels of a few single reads and writes by their definitions, trying all orders.
///
/// Causality is that of Bouajjani and others (On verifying causal consistency, POPL 2017, sections 3 and 4),
/// PRAM that of Lipton and Sandberg, the session guarantees those of Terry and others (PDIS 1994), each
/// by itself: a read is answered by some replica, whose writes are a set of all in an order.
struct OperationDefinitions {
  struct Operation {
    var process: Int
    var key: Int
    /// What is read, 0 for the initial state, or written.
    var value: Int
    var isRead: Bool
    /// Whether it may also never have happened, and precedes nothing.
    var isOptional = false
  }

  let all: [Operation]
  /// For each operation the write that it reads, if it reads one.
  private let sources: [Int?]
  private let isExplained: Bool
  /// Whether one operation precedes another in its process.
  private var program: [[Bool]]
  private var causes: [[Bool]]

  init(_ operations: [Operation]) {
    // What may never have happened, and nobody read, did not happen.
    all = operations.filter { one in
      !one.isOptional
        || !one.isRead
          && operations.contains { $0.isRead && $0.key == one.key && $0.value == one.value }
    }
    let all = all
    sources = all.map { read in
      read.isRead
        ? all.firstIndex { !$0.isRead && $0.key == read.key && $0.value == read.value } : nil
    }
    let sources = sources
    isExplained = all.indices.allSatisfy {
      !all[$0].isRead || all[$0].value == 0 || sources[$0] != nil
    }
    program = all.indices.map { first in
      all.indices.map { second in
        first < second && all[first].process == all[second].process && !all[first].isOptional
      }
    }
    causes = program
    for (read, source) in sources.enumerated() { if let source { causes[source][read] = true } }
    causes = OperationDefinitions.closure(causes)
  }

  private static func closure(_ relation: [[Bool]]) -> [[Bool]] {
    var closure = relation
    for middle in closure.indices {
      for from in closure.indices where closure[from][middle] {
        for to in closure.indices where closure[middle][to] { closure[from][to] = true }
      }
    }
    return closure
  }

  private var areCausesAcyclic: Bool { causes.indices.allSatisfy { !causes[$0][$0] } }

  func satisfies(_ model: ConsistencyModel) -> Bool {
    guard isExplained else { return false }
    switch model {
    case .causal: return areCausesAcyclic && all.indices.allSatisfy { hasPast($0) { $0 == $1 } }
    case .causalMemory:
      return areCausesAcyclic
        && all.indices.allSatisfy { hasPast($0) { $0 == $1 || program[$0][$1] } }
    case .causalConvergence: return areCausesAcyclic && isConvergent
    case .pram: return processes.allSatisfy(hasPipelined)
    case .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads:
      return processes.allSatisfy { hasReplicas($0, model) }
    case .sequential:
      return hasOrder(of: Array(all.indices), program) { order, read in explains(read, order) }
    default: preconditionFailure("there is no definition of \(model)")
    }
  }

  private var processes: Set<Int> { Set(all.map(\.process)) }

  /// Whether what came before in an order explains a read.
  private func explains(_ read: Int, _ order: [Int]) -> Bool {
    !all[read].isRead
      || order.last { !all[$0].isRead && all[$0].key == all[read].key } == sources[read]
  }

  /// Whether some order of operations that agrees with a relation explains each as it is met.
  private func hasOrder(
    of members: [Int], _ precedes: [[Bool]], _ explains: ([Int], Int) -> Bool
  ) -> Bool {
    func extend(_ order: [Int]) -> Bool {
      guard order.count < members.count else { return true }
      return members.contains { next in
        !order.contains(next)
          && members.allSatisfy { order.contains($0) || !precedes[$0][next] }
          && explains(order, next) && extend(order + [next])
      }
    }
    return extend([])
  }

  /// Whether the causes of an operation have an order that explains those of them that are looked at.
  private func hasPast(_ operation: Int, _ isLookedAt: (Int, Int) -> Bool) -> Bool {
    let past = all.indices.filter { $0 == operation || causes[$0][operation] }
    return hasOrder(of: past, causes) { order, next in
      !isLookedAt(next, operation) || explains(next, order)
    }
  }

  /// Whether one order of all explains each read by those of its causes that it has.
  private var isConvergent: Bool {
    let writes = all.indices.filter { !all[$0].isRead }
    func extend(_ order: [Int]) -> Bool {
      guard order.count < writes.count else {
        return all.indices.allSatisfy { read in
          !all[read].isRead || explains(read, order.filter { causes[$0][read] })
        }
      }
      return writes.contains { next in
        !order.contains(next)
          && writes.allSatisfy { order.contains($0) || !causes[$0][next] }
          && extend(order + [next])
      }
    }
    return extend([])
  }

  private func hasPipelined(_ process: Int) -> Bool {
    let members = all.indices.filter { !all[$0].isRead || all[$0].process == process }
    return hasOrder(of: members, program) { order, next in explains(next, order) }
  }

  /// Whether, with some order of all writes, each read of a process is answered by a set of writes that
  /// the guarantee allows.
  private func hasReplicas(_ process: Int, _ guarantee: ConsistencyModel) -> Bool {
    let writes = all.indices.filter { !all[$0].isRead }
    let reads = all.indices.filter { all[$0].isRead && all[$0].process == process }
    let order = order(of: guarantee)
    func answers(_ place: Int, _ arbitration: [Int], _ seen: Set<Int>) -> Bool {
      guard place < reads.count else { return true }
      let read = reads[place]
      return (0..<1 << arbitration.count).contains { mask in
        let set = arbitration.indices.filter { mask >> $0 & 1 == 1 }.map { arbitration[$0] }
        switch guarantee {
        case .readYourWrites:
          guard writes.allSatisfy({ !program[$0][read] || set.contains($0) }) else { return false }
        case .monotonicReads: guard seen.isSubset(of: set) else { return false }
        default:
          let isClosed = set.allSatisfy { write in
            writes.allSatisfy { !order[$0][write] || set.contains($0) }
          }
          guard isClosed else { return false }
        }
        return explains(read, set) && answers(place + 1, arbitration, Set(set))
      }
    }
    func extend(_ arbitration: [Int]) -> Bool {
      guard arbitration.count < writes.count else { return answers(0, arbitration, []) }
      return writes.contains { next in
        !arbitration.contains(next)
          && writes.allSatisfy { arbitration.contains($0) || !order[$0][next] }
          && extend(arbitration + [next])
      }
    }
    return extend([])
  }

  /// What writes must precede each other by a guarantee alone.
  private func order(of guarantee: ConsistencyModel) -> [[Bool]] {
    var order = program.map { $0.map { _ in false } }
    for first in all.indices {
      for second in all.indices where !all[first].isRead && !all[second].isRead {
        switch guarantee {
        case .monotonicWrites: order[first][second] = program[first][second]
        case .writesFollowReads:
          order[first][second] = all.indices.contains {
            sources[$0] == first && program[$0][second]
          }
        default: break
        }
      }
    }
    return OperationDefinitions.closure(order)
  }
}
