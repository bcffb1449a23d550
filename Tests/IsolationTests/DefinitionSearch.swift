import Histories
import Isolation
import Values

/// Decides levels for a small history by their definitions, trying all orders of its transactions.
///
/// Levels with atomic visibility are those of A. Cerone, G. Bernardi and A. Gotsman, A framework for
/// transactional consistency models with atomic visibility, CONCUR 2015: a total order AR, and what
/// is visible to each transaction, in agreement with AR. The others are A. Adya's: no cycles of some
/// sorts in the serialization graph of some order of versions.
struct DefinitionSearch {
  struct Step {
    var isRead: Bool
    var key: Int
    /// The numbers of what was read, oldest first, or of the one value that was written.
    var values: [Int]
  }

  struct Transaction {
    var steps: [Step]
    var process: Int
    var begin: Int
    var end: Int
    /// Whether it may also never have happened; then its reads say nothing.
    var isOptional: Bool

    /// For each key what it writes there.
    var writes: [[Int]] = []
  }

  let kind: TransactionKind
  let transactions: [Transaction]
  let keyCount: Int
  /// Whether a read shows what no order can explain: what nobody wrote or who wrote it took back,
  /// what its own transaction wrote only afterwards, something twice, or a list that begins unlike
  /// another one.
  private let isImpossible: Bool
  /// What was written to lists, for levels that reads may not be of what is committed at.
  var writes: ListWrites?
  /// The serialization graphs of all orders of the versions.
  var graphs: [VersionGraph] = []

  init(_ history: History, _ kind: TransactionKind) {
    self.kind = kind
    var numbers: [Value: Int] = [:]
    var keys: [Value: Int] = [:]
    var all = history.calls.filter { $0.outcome != .fail }.map { call in
      let steps = (call.value.elements ?? []).map { step in
        let parts = step.elements ?? []
        let isRead = parts[0].name == "r"
        let key = keys[parts[1]] ?? keys.count
        keys[parts[1]] = key
        let values: [Value] =
          switch (isRead, parts[2]) {
          case (true, .null): []
          case (true, .list(let list)) where kind == .listAppend: list
          case (_, let value): [value]
          }
        return Step(
          isRead: isRead, key: key,
          values: values.map { value in
            let number = numbers[value] ?? numbers.count
            numbers[value] = number
            return number
          })
      }
      return Transaction(
        steps: steps, process: call.process.number ?? -1, begin: call.position,
        end: call.outcome == .ok ? call.end ?? Int.max : Int.max,
        isOptional: call.outcome != .ok)
    }
    keyCount = keys.count
    for place in all.indices {
      let steps = all[place].steps
      all[place].writes = (0..<keys.count).map { key in
        steps.filter { !$0.isRead && $0.key == key }.flatMap(\.values)
      }
    }
    transactions = all
    if kind == .listAppend {
      let aborted = history.calls.filter { $0.outcome == .fail }.flatMap { call in
        (call.value.elements ?? []).compactMap { $0.elements }.filter { $0[0].name != "r" }
          .map { [keys[$0[1]] ?? -1, numbers[$0[2]] ?? -1] }
      }
      writes = ListWrites(all, keyCount: keyCount, aborted: Set(aborted))
    }
    let written = (0..<keys.count).map { key in all.flatMap { $0.writes[key] } }
    let hasImpossible = all.contains { transaction in
      !transaction.isOptional
        && transaction.steps.indices.contains { place in
          let step = transaction.steps[place]
          guard step.isRead else { return false }
          let later = transaction.steps[place...].filter { !$0.isRead && $0.key == step.key }
          return Set(step.values).count < step.values.count
            || step.values.contains { value in
              later.contains { $0.values == [value] } || !written[step.key].contains(value)
            }
        }
    }
    let reads = all.lazy.filter { !$0.isOptional }.flatMap(\.steps).filter(\.isRead)
    let differ = reads.contains { read in
      reads.contains {
        $0.key == read.key && !$0.values.starts(with: read.values)
          && !read.values.starts(with: $0.values)
      }
    }
    isImpossible = hasImpossible || kind == .listAppend && differ
    if !isImpossible, !readsIntermediate { graphs = allGraphs() }
  }

  private static let empty = DefinitionSearch()

  private init() {
    (kind, transactions, keyCount, isImpossible) = (.listAppend, [], 0, false)
  }

  /// Whether a history is of a model; nothing for a model that this knows no definition of.
  func satisfies(_ model: ConsistencyModel) -> Bool? {
    switch model {
    case .readUncommitted: return writes?.haveOrder { _, _ in false }
    case .strongSessionReadUncommitted:
      return writes?.haveOrder { $0.process == $1.process && $0.end < $1.begin }
    case .strongReadUncommitted: return writes?.haveOrder { $0.end < $1.begin }
    default: break
    }
    guard isImpossible else { return judges(model) }
    switch model {
    // What single reads show wrongly is no matter of sessions.
    case .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads: return nil
    default: break
    }
    return DefinitionSearch.empty.judges(model).map { _ in false }
  }

  private func judges(_ model: ConsistencyModel) -> Bool? {
    switch model {
    case .readAtomic: hasVisibility(.init())
    case .strongSessionReadAtomic: hasVisibility(.init(order: .sessions))
    case .causalCerone: hasVisibility(.init(isTransitive: true))
    case .parallelSnapshotIsolation:
      hasVisibility(.init(isTransitive: true, hasNoConflict: true))
    case .prefix: hasVisibility(.init(isPrefix: true))
    case .snapshotIsolation: hasVisibility(.init(isPrefix: true, hasNoConflict: true))
    case .strongSessionSnapshotIsolation:
      hasVisibility(.init(isPrefix: true, hasNoConflict: true, order: .sessions))
    case .strongSnapshotIsolation:
      hasVisibility(.init(isPrefix: true, hasNoConflict: true, order: .realtime))
    case .serializable: hasVisibility(.init(isTotal: true))
    case .strongSessionSerializable: hasVisibility(.init(isTotal: true, order: .sessions))
    case .strictSerializable: hasVisibility(.init(isTotal: true, order: .realtime))
    case .strongSessionReadCommitted: readsOwnWrites && hasMonotonicViews(.sessions)
    case .strongReadCommitted: readsOwnWrites && hasMonotonicViews(.realtime)
    case .causalConvergence: hasVisibility(.init(isTransitive: true, order: .sessions))
    case .causal: hasCausalPasts
    case .causalMemory: kind == .register ? hasProcessViews(ofCauses: true) : nil
    case .pram: kind == .register ? hasProcessViews(ofCauses: false) : nil
    case .writesFollowReads:
      kind == .register ? causes != nil : hasViews(.writesAfterReads).map { $0 && causes != nil }
    case .readYourWrites: hasViews(.ownWrites)
    case .monotonicReads: hasViews(.ownReads)
    case .monotonicWrites: hasViews(.writes)
    case .readCommitted: !graphs.isEmpty
    case .monotonicAtomicView: graphs.contains { $0.hasMonotonicViews }
    case .cursorStability: graphs.contains { $0.hasStableCursors }
    case .consistentView:
      graphs.contains { !$0.hasCycle { _, kinds in kinds.count { $0 == .rw } == 1 } }
    case .repeatableRead:
      graphs.contains { !$0.hasCycle { _, kinds in kinds.contains(.rw) } }
    case .updateSerializable:
      graphs.contains { graph in
        !graph.hasCycle { nodes, kinds in
          kinds.contains(.rw) && nodes.count { !graph.isUpdate[$0] } <= 1
        }
      }
    default: nil
    }
  }
}
