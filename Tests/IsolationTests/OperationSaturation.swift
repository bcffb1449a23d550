import Isolation

/// Decides causality and PRAM of single reads and writes by the patterns of Bouajjani and others, with
/// relations as matrices: for histories that are too long to try all orders.
struct OperationSaturation {
  private typealias Relation = [[Bool]]

  private let all: [OperationDefinitions.Operation]
  private let sources: [Int?]
  private let isExplained: Bool
  private var program: Relation
  private var causes: Relation

  init(_ operations: [OperationDefinitions.Operation]) {
    all = operations.filter { one in
      !one.isOptional
        || operations.contains { $0.isRead && $0.key == one.key && $0.value == one.value }
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
    OperationSaturation.close(&causes)
  }

  private static func close(_ relation: inout Relation) {
    for middle in relation.indices {
      for from in relation.indices where relation[from][middle] {
        for to in relation.indices where relation[middle][to] { relation[from][to] = true }
      }
    }
  }

  private func isAcyclic(_ relation: Relation) -> Bool {
    relation.indices.allSatisfy { !relation[$0][$0] }
  }

  func satisfies(_ model: ConsistencyModel) -> Bool {
    guard isExplained else { return false }
    switch model {
    case .causal: return isAcyclic(causes) && all.indices.allSatisfy(isCurrent)
    case .causalConvergence:
      guard satisfies(.causal) else { return false }
      var order = causes
      for (read, source) in sources.enumerated() {
        guard let source else { continue }
        for write in writes(of: all[source].key) where write != source && causes[write][read] {
          order[write][source] = true
        }
      }
      OperationSaturation.close(&order)
      return isAcyclic(order)
    case .causalMemory:
      return satisfies(.causal) && all.indices.allSatisfy { hasView($0, causes) }
    case .pram: return all.indices.allSatisfy { hasView($0, program) }
    default: preconditionFailure("there is no saturation for \(model)")
    }
  }

  private func writes(of key: Int) -> [Int] {
    all.indices.filter { !all[$0].isRead && all[$0].key == key }
  }

  /// Whether a read shows nothing that its causes had overwritten.
  private func isCurrent(_ read: Int) -> Bool {
    guard all[read].isRead else { return true }
    return writes(of: all[read].key).allSatisfy { write in
      guard write != sources[read], causes[write][read] else { return true }
      return sources[read].map { !causes[$0][write] } ?? false
    }
  }

  /// Whether HB(o) has no circle and no read of an overwritten initial state, for the last operation of
  /// a process.
  private func hasView(_ last: Int, _ base: Relation) -> Bool {
    let own = all.indices.filter { $0 == last || program[$0][last] }
    let isLast = !all.indices.contains { program[last][$0] && !all[$0].isOptional }
    guard isLast, !all[last].isOptional else { return true }
    var order = base
    for read in own { if let source = sources[read] { order[source][read] = true } }
    OperationSaturation.close(&order)
    while true {
      var isDone = true
      for read in own where all[read].isRead {
        for write in writes(of: all[read].key) where write != sources[read] && order[write][read] {
          guard let source = sources[read] else { return false }
          if !order[write][source] {
            order[write][source] = true
            isDone = false
          }
        }
      }
      guard !isDone else { break }
      OperationSaturation.close(&order)
    }
    return own.allSatisfy { !order[$0][$0] }
      && all.indices.allSatisfy { one in !order[one][one] || !order[one][last] }
  }
}
