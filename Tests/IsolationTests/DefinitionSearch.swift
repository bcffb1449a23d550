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
  private let keyCount: Int
  /// Whether a read shows what no order can explain: what nobody wrote or who wrote it took back,
  /// what its own transaction wrote only afterwards, something twice, or a list that begins unlike
  /// another one.
  private let isImpossible: Bool
  /// What was written to lists, for levels that reads may not be of what is committed at.
  private var writes: ListWrites?
  /// The serialization graphs of all orders of the versions.
  private var graphs: [VersionGraph] = []

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
    if !isImpossible { graphs = allGraphs() }
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
    case .strongSessionReadCommitted: hasOrder(.sessions)
    case .strongReadCommitted: hasOrder(.realtime)
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

  // MARK: - Atomic visibility

  private struct Axioms {
    var isTransitive = false
    var isPrefix = false
    var isTotal = false
    var hasNoConflict = false
    var order = SerialSearch.Precedence.none
  }

  private func precedes(_ a: Int, _ b: Int, _ order: SerialSearch.Precedence) -> Bool {
    let (first, second) = (transactions[a], transactions[b])
    guard a != b, !first.isOptional else { return false }
    return switch order {
    case .none: false
    case .sessions: first.process == second.process && first.begin < second.begin
    case .realtime: first.end < second.begin
    }
  }

  private func hasVisibility(_ axioms: Axioms) -> Bool { place([], [], axioms) }

  /// - Parameter visible: For each transaction in order the set of the places that it sees.
  private func place(_ order: [Int], _ visible: [Int], _ axioms: Axioms) -> Bool {
    if transactions.indices.allSatisfy({ order.contains($0) || transactions[$0].isOptional }) {
      return true
    }
    for next in transactions.indices where !order.contains(next) {
      var needed = 0
      var isReady = true
      for other in transactions.indices where precedes(other, next, axioms.order) {
        guard let place = order.firstIndex(of: other) else {
          isReady = false
          continue
        }
        needed |= 1 << place
      }
      guard isReady else { continue }
      if axioms.hasNoConflict {
        for (place, other) in order.enumerated() where haveConflict(other, next) {
          needed |= 1 << place
        }
      }
      let whole = (1 << order.count) - 1
      // To see less is never worse for those that come later.
      var tried: [Int] = []
      for seen in 0...whole
      where seen & needed == needed && !tried.contains(where: { seen & $0 == $0 }) {
        if axioms.isTotal, seen != whole { continue }
        if axioms.isPrefix, seen & (seen + 1) != 0 { continue }
        if axioms.isTransitive,
          order.indices.contains(where: { seen >> $0 & 1 == 1 && visible[$0] & ~seen != 0 })
        {
          continue
        }
        guard explains(next, order, seen) else { continue }
        tried.append(seen)
        if place(order + [next], visible + [seen], axioms) { return true }
        if !axioms.isTransitive { break }
      }
    }
    return false
  }

  private func haveConflict(_ a: Int, _ b: Int) -> Bool {
    (0..<keyCount).contains {
      !transactions[a].writes[$0].isEmpty && !transactions[b].writes[$0].isEmpty
    }
  }

  /// Whether what a transaction sees explains all that it read.
  private func explains(_ next: Int, _ order: [Int], _ seen: Int) -> Bool {
    guard !transactions[next].isOptional else { return true }
    var state = [[Int]?](repeating: nil, count: keyCount)
    for step in transactions[next].steps {
      var current = state[step.key] ?? snapshot(of: step.key, order, seen)
      if step.isRead {
        if current != step.values { return false }
      } else {
        current = kind == .listAppend ? current + step.values : step.values
      }
      state[step.key] = current
    }
    return true
  }

  private func snapshot(of key: Int, _ order: [Int], _ seen: Int) -> [Int] {
    let last = order.indices.last {
      seen >> $0 & 1 == 1 && !transactions[order[$0]].writes[key].isEmpty
    }
    guard let last else { return [] }
    return version(of: key, after: order[...last])
  }

  private func version(of key: Int, after order: ArraySlice<Int>) -> [Int] {
    let writes = order.flatMap { transactions[$0].writes[key] }
    return kind == .listAppend ? writes : Array(writes.suffix(1))
  }

  // MARK: - Orders of versions

  /// Whether the transactions can be put into an order in which what is read comes before who reads
  /// it, and which agrees with another one.
  private func hasOrder(_ precedence: SerialSearch.Precedence) -> Bool {
    var isFound = false
    search([], precedence) { _ in
      isFound = true
      return true
    }
    return isFound
  }

  /// The graphs of all orders of versions, those of the writers in such orders of all.
  private func allGraphs() -> [VersionGraph] {
    var met: Set<[[Int]]> = []
    var graphs: [VersionGraph] = []
    search([], .none) { order in
      let versions = (0..<keyCount).map { key in
        order.filter { !transactions[$0].writes[key].isEmpty }
      }
      if met.insert(versions + [order.sorted()]).inserted, let graph = graph(order) {
        graphs.append(graph)
      }
      return false
    }
    return graphs
  }

  /// Visits such orders until the visitor has seen enough.
  @discardableResult
  private func search(
    _ order: [Int], _ precedence: SerialSearch.Precedence, _ visit: ([Int]) -> Bool
  ) -> Bool {
    if transactions.indices.allSatisfy({ order.contains($0) || transactions[$0].isOptional }),
      areBeginnings(order), visit(order)
    {
      return true
    }
    for next in transactions.indices where !order.contains(next) {
      guard
        transactions.indices.allSatisfy({
          !precedes($0, next, precedence) || order.contains($0)
        }), areRead(by: next, after: order)
      else { continue }
      if search(order + [next], precedence, visit) { return true }
    }
    return false
  }

  /// The first read of each key that a transaction had not written before.
  private func externalReads(_ transaction: Int) -> [(place: Int, key: Int, values: [Int])] {
    guard !transactions[transaction].isOptional else { return [] }
    let steps = transactions[transaction].steps
    return steps.indices.compactMap { place in
      let key = steps[place].key
      guard steps[place].isRead, !steps[..<place].contains(where: { $0.key == key }) else {
        return nil
      }
      return (place, key, steps[place].values)
    }
  }

  /// The number of transactions of an order after which a key has a value.
  private func place(of values: [Int], _ key: Int, _ order: [Int]) -> Int? {
    if values.isEmpty { return 0 }
    return order.indices.first {
      !transactions[order[$0]].writes[key].isEmpty
        && version(of: key, after: order[...$0]) == values
    }.map { $0 + 1 }
  }

  private func areRead(by next: Int, after order: [Int]) -> Bool {
    externalReads(next).allSatisfy { place(of: $0.values, $0.key, order) != nil }
  }

  /// Whether each read of a list shows a beginning of the order of all its elements.
  private func areBeginnings(_ order: [Int]) -> Bool {
    guard kind == .listAppend else { return true }
    let lists = (0..<keyCount).map { version(of: $0, after: order[...]) }
    return transactions.allSatisfy { transaction in
      transaction.isOptional
        || transaction.steps.allSatisfy { !$0.isRead || lists[$0.key].starts(with: $0.values) }
    }
  }

  private func graph(_ order: [Int]) -> VersionGraph? {
    var graph = VersionGraph(
      isUpdate: transactions.map { $0.steps.contains { !$0.isRead } })
    func writers(of key: Int) -> [Int] {
      order.indices.filter { !transactions[order[$0]].writes[key].isEmpty }
    }
    for key in 0..<keyCount {
      let writers = writers(of: key).map { order[$0] }
      for (first, second) in zip(writers, writers.dropFirst()) {
        graph.edges.append((first, second, .ww))
      }
    }
    for reader in order {
      var reads: [VersionGraph.Read] = []
      let later = laterReads(reader)
      for read in (externalReads(reader) + later).sorted(by: { $0.place < $1.place }) {
        guard let end = place(of: read.values, read.key, order) else {
          if later.contains(where: { $0.place == read.place }) { continue }
          return nil
        }
        let writers = writers(of: read.key)
        let writer = writers.last { $0 < end }
        let missed = writers.filter { $0 >= end }.map { order[$0] }
        if let writer { graph.edges.append((order[writer], reader, .wr)) }
        if let next = missed.first, next != reader {
          graph.edges.append((reader, next, .rw))
        }
        reads.append(
          VersionGraph.Read(writer: writer.map { order[$0] }, later: missed, reader: reader))
      }
      graph.reads.append(reads)
    }
    return graph
  }

  /// What reads of lists show that come after their transaction's appends alone: what others had
  /// appended before.
  private func laterReads(_ transaction: Int) -> [(place: Int, key: Int, values: [Int])] {
    guard kind == .listAppend, !transactions[transaction].isOptional else { return [] }
    let steps = transactions[transaction].steps
    return steps.indices.compactMap { place in
      let step = steps[place]
      let before = steps[..<place].filter { $0.key == step.key }
      let own = before.flatMap(\.values)
      guard step.isRead, !before.isEmpty, before.allSatisfy({ !$0.isRead }),
        Array(step.values.suffix(own.count)) == own
      else { return nil }
      return (place, step.key, Array(step.values.dropLast(own.count)))
    }
  }
}

/// The serialization graph of one order of versions.
struct VersionGraph {
  enum Kind { case ww, wr, rw }

  /// A read that a transaction made first of its key.
  struct Read {
    var writer: Int?
    /// Who wrote later versions of the key, in order.
    var later: [Int]
    var reader: Int
  }

  var isUpdate: [Bool]
  var edges: [(from: Int, to: Int, kind: Kind)] = []
  /// Those of each transaction in the order of its steps.
  var reads: [[Read]] = []

  /// Whether nobody misses a part of what it saw another part of before.
  var hasMonotonicViews: Bool {
    reads.allSatisfy { reads in
      reads.indices.allSatisfy { place in
        reads[..<place].allSatisfy { earlier in
          earlier.writer.map { !reads[place].later.contains($0) } ?? true
        }
      }
    }
  }

  /// Whether nobody wrote a key over what it missed when it read it.
  var hasStableCursors: Bool {
    reads.allSatisfy { reads in
      reads.allSatisfy { read in
        guard let own = read.later.firstIndex(of: read.reader) else { return true }
        return own == 0
      }
    }
  }

  /// Whether there is a cycle without repeated nodes for which a predicate holds.
  func hasCycle(_ isBad: (_ nodes: [Int], _ kinds: [Kind]) -> Bool) -> Bool {
    isUpdate.indices.contains { extend([$0], [], isBad) }
  }

  private func extend(
    _ nodes: [Int], _ kinds: [Kind], _ isBad: (_ nodes: [Int], _ kinds: [Kind]) -> Bool
  ) -> Bool {
    edges.contains { edge in
      guard edge.from == nodes[nodes.count - 1], edge.to >= nodes[0] else { return false }
      if edge.to == nodes[0] { return isBad(nodes, kinds + [edge.kind]) }
      guard !nodes.contains(edge.to) else { return false }
      return extend(nodes + [edge.to], kinds + [edge.kind], isBad)
    }
  }
}
