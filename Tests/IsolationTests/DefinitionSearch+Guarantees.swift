import Isolation

extension DefinitionSearch {
  enum Guarantee { case ownWrites, ownReads, writes, writesAfterReads }

  /// Whether for each process and key there is an order of the key's versions in which the process
  /// reads nothing older than what it had written, or read; of registers.
  func hasViews(_ guarantee: Guarantee) -> Bool? {
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
    if guarantee == .writes { return hasWritesInOrder }
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

  /// Whether each read of a register can be explained by what it shows and all that the writer's
  /// process had written before, in that order.
  private var hasWritesInOrder: Bool {
    transactions.indices.allSatisfy { reader in
      sources(of: reader).allSatisfy { key, writer in
        guard let writer else { return true }
        let written = transactions.indices.filter {
          $0 == writer || precedes($0, writer, .sessions)
        }
        return hasOrder(of: written, { precedes($0, $1, .sessions) }) { order in
          order.last { !transactions[$0].writes[key].isEmpty } == writer
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
}
