import Isolation

extension DefinitionSearch {
  /// For each transaction those that led to it by what was read, and by the order of processes;
  /// nothing where something led to itself.
  var causes: [Set<Int>]? {
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
  func sources(of reader: Int) -> [(key: Int, writer: Int?)] {
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
  var hasCausalPasts: Bool {
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

  /// Whether each process can have seen all that led to what it did, or all that others wrote, in an
  /// order of its own that explains what it read.
  func hasProcessViews(ofCauses isOfCauses: Bool) -> Bool {
    guard areWholeVersions, readsOwnWrites else { return false }
    let causes = causes
    guard causes != nil || !isOfCauses else { return false }
    let isRead = Set(transactions.indices.flatMap { sources(of: $0).compactMap(\.writer) })
    return Set(transactions.map(\.process)).allSatisfy { process in
      let own = transactions.indices.filter {
        transactions[$0].process == process && !transactions[$0].isOptional
      }
      let others = transactions.indices.filter { other in
        guard !own.contains(other) else { return false }
        guard !transactions[other].isOptional || isRead.contains(other) else { return false }
        guard let causes, isOfCauses else {
          return transactions[other].writes.contains { !$0.isEmpty }
        }
        return own.contains { causes[$0].contains(other) }
      }
      return hasOrder(
        of: own + others,
        { first, second in
          guard let causes, isOfCauses else { return precedes(first, second, .sessions) }
          return causes[second].contains(first)
        }
      ) { order in
        own.allSatisfy { member in
          let before = order.prefix { $0 != member }
          return sources(of: member).allSatisfy { key, writer in
            before.last { !transactions[$0].writes[key].isEmpty } == writer
          }
        }
      }
    }
  }

  func hasOrder(
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
  var readsAfterOwn: [(read: [Int], wrote: [Int], key: Int)] {
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

  var readsOwnWrites: Bool { readsAfterOwn.allSatisfy { $0.read == $0.wrote } }

  /// Whether a read that follows its transaction's own write shows what another one wrote over.
  var readsIntermediate: Bool {
    readsAfterOwn.contains { read, wrote, key in
      guard read != wrote, let value = read.last else { return false }
      return transactions.contains {
        $0.writes[key].contains(value) && $0.writes[key].last != value
          && !$0.writes[key].contains(wrote[0])
      }
    }
  }
}
