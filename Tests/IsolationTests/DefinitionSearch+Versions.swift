import Isolation

extension DefinitionSearch {
  /// The graphs of all orders of versions, those of the writers in such orders of all.
  func allGraphs() -> [VersionGraph] {
    var graphs: [VersionGraph] = []
    visitGraphs(.none) { graph in
      graphs.append(graph)
      return false
    }
    return graphs
  }

  /// Whether there is such an order, which agrees with another one, in which nobody misses a part of
  /// what it saw another part of before.
  func hasMonotonicViews(_ precedence: SerialSearch.Precedence) -> Bool {
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
  func externalReads(_ transaction: Int) -> [(place: Int, key: Int, values: [Int])] {
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
  func place(of values: [Int], _ key: Int, _ order: [Int]) -> Int? {
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

  func graph(_ order: [Int]) -> VersionGraph? {
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
  func laterReads(_ transaction: Int) -> [(place: Int, key: Int, values: [Int])] {
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
