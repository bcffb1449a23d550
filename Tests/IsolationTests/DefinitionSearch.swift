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
    case .writesFollowReads:
      kind == .register ? causes != nil : hasViews(.writesAfterReads).map { $0 && causes != nil }
    case .readYourWrites: hasViews(.ownWrites)
    case .monotonicReads: hasViews(.ownReads)
    case .monotonicWrites: kind == .register ? true : hasViews(.writes)
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

  // MARK: - Causality and sessions

  /// For each transaction those that led to it by what was read, and by the order of processes;
  /// nothing where something led to itself.
  private var causes: [Set<Int>]? {
    var causes = transactions.indices.map { reader -> Set<Int> in
      let before = transactions.indices.filter { precedes($0, reader, .sessions) }
      return Set(sources(of: reader).compactMap(\.writer) + before)
    }
    for middle in causes.indices {
      for effect in causes.indices where causes[effect].contains(middle) {
        causes[effect].formUnion(causes[middle])
      }
    }
    return causes.indices.contains { causes[$0].contains($0) } ? nil : causes
  }

  /// Who wrote the version that each external read shows; nobody wrote the initial one.
  private func sources(of reader: Int) -> [(key: Int, writer: Int?)] {
    (externalReads(reader) + laterReads(reader)).compactMap { read in
      let writer = read.values.last.flatMap { value in
        transactions.indices.first { transactions[$0].writes[read.key].contains(value) }
      }
      return writer == reader ? nil : (read.key, writer)
    }
  }

  /// Whether each read shows what one transaction had written when it was done.
  private var areWholeVersions: Bool {
    transactions.indices.allSatisfy { reader in
      (externalReads(reader) + laterReads(reader)).allSatisfy { read in
        guard let value = read.values.last else { return true }
        return transactions.contains { writer in
          let written = writer.writes[read.key]
          guard written.last == value else { return false }
          return kind == .register || Array(read.values.suffix(written.count)) == written
        }
      } && explainsItself(reader)
    }
  }

  /// Whether a transaction's reads agree with what it had read and written before.
  private func explainsItself(_ reader: Int) -> Bool {
    guard !transactions[reader].isOptional else { return true }
    // What is known of each key, and what it wrote itself.
    var state = [[Int]?](repeating: nil, count: keyCount)
    var own = [[Int]](repeating: [], count: keyCount)
    for step in transactions[reader].steps {
      var current = state[step.key]
      if step.isRead {
        if let current, current != step.values { return false }
        if current == nil, Array(step.values.suffix(own[step.key].count)) != own[step.key] {
          return false
        }
        current = step.values
      } else {
        if kind == .register { current = step.values } else { current? += step.values }
        own[step.key] += step.values
      }
      state[step.key] = current
    }
    return true
  }

  /// Whether what led to each transaction can have happened in an order that explains what it read,
  /// be it another one for each.
  private var hasCausalPasts: Bool {
    guard areWholeVersions, let causes else { return false }
    return transactions.indices.allSatisfy { reader in
      let past = causes[reader].sorted()
      let sources = sources(of: reader)
      return hasOrder(of: past, { causes[$1].contains($0) }) { order in
        sources.allSatisfy { key, writer in
          order.last { !transactions[$0].writes[key].isEmpty } == writer
        }
      }
    }
  }

  private func hasOrder(
    of members: [Int], _ precedes: (Int, Int) -> Bool, _ isWanted: ([Int]) -> Bool
  ) -> Bool {
    func extend(_ order: [Int]) -> Bool {
      guard order.count < members.count else { return isWanted(order) }
      return members.contains { next in
        guard !order.contains(next),
          members.allSatisfy({ order.contains($0) || !precedes($0, next) })
        else { return false }
        return extend(order + [next])
      }
    }
    return extend([])
  }

  /// What each read of a register shows that comes after its own transaction's write of the key, and
  /// that write.
  private var readsAfterOwn: [(read: [Int], wrote: [Int], key: Int)] {
    guard kind == .register else { return [] }
    return transactions.filter { !$0.isOptional }.flatMap { transaction in
      transaction.steps.indices.compactMap { place in
        let step = transaction.steps[place]
        let own = transaction.steps[..<place].last { !$0.isRead && $0.key == step.key }
        guard step.isRead, let own else { return nil }
        return (step.values, own.values, step.key)
      }
    }
  }

  private var readsOwnWrites: Bool { readsAfterOwn.allSatisfy { $0.read == $0.wrote } }

  /// Whether a read that follows its transaction's own write shows what another one wrote over.
  private var readsIntermediate: Bool {
    readsAfterOwn.contains { read, wrote, key in
      guard read != wrote, let value = read.last else { return false }
      return transactions.contains {
        $0.writes[key].contains(value) && $0.writes[key].last != value
          && !$0.writes[key].contains(wrote[0])
      }
    }
  }

  private enum Guarantee { case ownWrites, ownReads, writes, writesAfterReads }

  /// Whether for each process and key there is an order of the key's versions in which the process
  /// reads nothing older than what it had written, or read; of registers.
  private func hasViews(_ guarantee: Guarantee) -> Bool? {
    // Orders are of what transactions left; what they wrote over is no version of these.
    let areWhole = transactions.indices.allSatisfy { reader in
      externalReads(reader).allSatisfy { read in
        read.values.last.map { last in
          transactions.contains { $0.writes[read.key].last == last }
        } ?? true
      }
    }
    guard areWhole else { return nil }
    guard kind == .register else { return hasListOrders(guarantee) }
    if guarantee == .ownWrites, readsAfterOwn.contains(where: \.read.isEmpty) { return false }
    return Set(transactions.map(\.process)).allSatisfy { process in
      let members = transactions.indices.filter {
        transactions[$0].process == process && !transactions[$0].isOptional
      }.sorted { transactions[$0].begin < transactions[$1].begin }
      return (0..<keyCount).allSatisfy { key in
        let writers = transactions.indices.filter { !transactions[$0].writes[key].isEmpty }
        return hasOrder(of: writers, { _, _ in false }) { order in
          var bound = -1
          for member in members {
            for source in sources(of: member) where source.key == key {
              let place = source.writer.flatMap { order.firstIndex(of: $0) } ?? -1
              if place < bound { return false }
              if guarantee == .ownReads { bound = place }
            }
            if guarantee == .ownWrites, let place = order.firstIndex(of: member) {
              bound = max(bound, place)
            }
          }
          return true
        }
      }
    }
  }

  /// Whether there is for each key an order of its writers that explains all lists, and in which each
  /// process reads nothing older than what it had written, or read, or writes nothing older; nothing
  /// where a list shows a part of what one transaction wrote, or interleaved writes.
  private func hasListOrders(_ guarantee: Guarantee) -> Bool? {
    var areAllPlaced = true
    let holds = (0..<keyCount).allSatisfy { key in
      let writers = transactions.indices.filter { !transactions[$0].writes[key].isEmpty }
      var hasOrder = false
      let isKept = self.hasOrder(of: writers, { _, _ in false }) { order in
        let list = version(of: key, after: order[...])
        let explains = transactions.allSatisfy { transaction in
          transaction.isOptional
            || transaction.steps.allSatisfy {
              !$0.isRead || $0.key != key || list.starts(with: $0.values)
            }
        }
        guard explains else { return false }
        hasOrder = true
        return Set(transactions.map(\.process)).allSatisfy {
          keeps(guarantee, $0, key, order, &areAllPlaced)
        }
      }
      areAllPlaced = areAllPlaced && hasOrder
      return isKept
    }
    return areAllPlaced ? holds : nil
  }

  private func keeps(
    _ guarantee: Guarantee, _ process: Int, _ key: Int, _ order: [Int], _ areAllPlaced: inout Bool
  ) -> Bool {
    let members = transactions.indices.filter { transactions[$0].process == process }
      .sorted { transactions[$0].begin < transactions[$1].begin }
    // How many writers a read must show, and how many must precede a write.
    var (shown, before) = (0, 0)
    for member in members {
      var places: [Int] = []
      for read in externalReads(member) + laterReads(member) where read.key == key {
        guard let place = place(of: read.values, key, order) else {
          areAllPlaced = false
          return true
        }
        places.append(place)
      }
      if [.ownWrites, .ownReads].contains(guarantee) {
        for place in places {
          if place < shown { return false }
          if guarantee == .ownReads { shown = place }
        }
      }
      let wrote = order.firstIndex(of: member)
      if let wrote, wrote < before { return false }
      guard !transactions[member].isOptional else { continue }
      switch guarantee {
      case .ownWrites: shown = max(shown, (wrote ?? -1) + 1)
      case .ownReads: break
      case .writes: before = max(before, (wrote ?? -1) + 1)
      case .writesAfterReads: before = max(before, places.max() ?? 0)
      }
    }
    return true
  }

  // MARK: - Orders of versions

  /// The graphs of all orders of versions, those of the writers in such orders of all.
  private func allGraphs() -> [VersionGraph] {
    var graphs: [VersionGraph] = []
    visitGraphs(.none) { graph in
      graphs.append(graph)
      return false
    }
    return graphs
  }

  /// Whether there is such an order, which agrees with another one, in which nobody misses a part of
  /// what it saw another part of before.
  private func hasMonotonicViews(_ precedence: SerialSearch.Precedence) -> Bool {
    guard !readsIntermediate else { return false }
    var isFound = false
    visitGraphs(precedence) { graph in
      isFound = graph.hasMonotonicViews
      return isFound
    }
    return isFound
  }

  private func visitGraphs(
    _ precedence: SerialSearch.Precedence, _ visit: (VersionGraph) -> Bool
  ) {
    var met: Set<[[Int]]> = []
    search([], precedence) { order in
      let versions = (0..<keyCount).map { key in
        order.filter { !transactions[$0].writes[key].isEmpty }
      }
      guard met.insert(versions + [order.sorted()]).inserted, let graph = graph(order) else {
        return false
      }
      return visit(graph)
    }
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

  /// The reads of keys that a transaction had not written before.
  private func externalReads(_ transaction: Int) -> [(place: Int, key: Int, values: [Int])] {
    guard !transactions[transaction].isOptional else { return [] }
    let steps = transactions[transaction].steps
    return steps.indices.compactMap { place in
      let key = steps[place].key
      let hasWritten = steps[..<place].contains { $0.key == key && !$0.isRead }
      guard steps[place].isRead, !hasWritten else { return nil }
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

  /// A read that shows what others wrote.
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
