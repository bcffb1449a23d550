import Histories

extension ListScan {
  /// Finds transactions whose elements stand in another order than they appended them.
  mutating func findReversed() {
    for transaction in 0..<transactions.count where isInstalled[transaction] {
      for step in transactions.steps(of: transaction)
      where transactions.kinds[step] == .write && scan.previous[step] >= 0 {
        let key = Int(transactions.keys[step])
        let place = places[Int(transactions.operands[step])]
        let kinds = transactions.kinds
        guard place >= 0, chains.isOrdered[key],
          let first = scan.previous(step, where: { kinds[$0] == .write })
        else { continue }
        let before = places[Int(transactions.operands[first])]
        guard before < 0 || before > place else { continue }
        chains.isOrdered[key] = false
        addReversed(first, step, transaction)
      }
    }
  }

  /// The elements of each key that nobody observed, by key.
  private func unobserved() -> (starts: [Int32], steps: [Int32]) {
    var starts = [Int32](repeating: 0, count: transactions.keyCount + 1)
    var found: [Int32] = []
    for transaction in 0..<transactions.count where isInstalled[transaction] {
      for step in transactions.steps(of: transaction)
      where transactions.kinds[step] == .write && places[Int(transactions.operands[step])] < 0 {
        starts[Int(transactions.keys[step]) + 1] += 1
        found.append(Int32(truncatingIfNeeded: step))
      }
    }
    for key in 0..<transactions.keyCount { starts[key + 1] += starts[key] }
    var next = starts
    var steps = [Int32](repeating: 0, count: found.count)
    for step in found {
      let key = Int(transactions.keys[Int(step)])
      steps[Int(next[key])] = step
      next[key] += 1
    }
    return (starts, steps)
  }

  /// - Returns: For each place of an order, and one before the first of each key, the slot that ends
  ///   there.
  mutating func buildChains() -> [Int32] {
    let unobserved = unobserved()
    var slotsByPlace = [Int32](repeating: -1, count: order.count + transactions.keyCount)
    for key in 0..<transactions.keyCount {
      defer { chains.endKey() }
      guard chains.isOrdered[key] else { continue }
      var slot = chains.addSlot(Transactions.initial, by: -1)
      slotsByPlace[Int(orderStarts[key]) + key] = slot
      for place in Int(orderStarts[key])..<Int(orderStarts[key + 1]) {
        let version = order[place]
        let writer = transactions.writers[Int(version)]
        if writer >= 0, !transactions.isAborted(version) {
          if chains.writers[Int(slot)] == writer {
            chains.versions[Int(slot)] = version
          } else {
            slot = chains.addSlot(version, by: writer)
          }
        }
        slotsByPlace[place + key + 1] = slot
      }
      chains.endChain(of: Int32(truncatingIfNeeded: key))
      addUnobserved(unobserved.steps, unobserved.starts[key]..<unobserved.starts[key + 1], slot)
    }
    return slotsByPlace
  }

  /// Makes each transaction's elements that nobody observed a chain.
  private mutating func addUnobserved(_ steps: [Int32], _ range: Range<Int32>, _ last: Int32) {
    var slot = last
    for place in range {
      let step = Int(steps[Int(place)])
      let version = transactions.operands[step]
      let writer = transactions.writers[Int(version)]
      if chains.writers[Int(slot)] != writer {
        guard chains.writers[Int(last)] != writer else {
          chains.slots[step] = last
          continue
        }
        slot = chains.addSlot(version, by: writer)
        chains.endChain(of: transactions.keys[step])
      }
      chains.versions[Int(slot)] = version
      chains.slots[step] = slot
    }
  }

  mutating func takeSlots(_ slotsByPlace: [Int32], _ lists: ValueTable.Lists) {
    for step in transactions.keys.indices {
      let key = Int(transactions.keys[step])
      guard chains.isOrdered[key] else { continue }
      let base = Int(orderStarts[key]) + key
      switch transactions.kinds[step] {
      case .write:
        let place = places[Int(transactions.operands[step])]
        if place >= 0 { chains.slots[step] = slotsByPlace[base + Int(place) + 1] }
      case .externalRead, .repeatedRead:
        let code = ValueCode(raw: transactions.operands[step])
        guard !isOdd[key] || ListScan.isPrefix(code, of: longest[key], lists) else { continue }
        chains.slots[step] = slotsByPlace[base + (lists[code]?.count ?? 0)]
      case .laterRead:
        guard let length = lengthBeforeOwn(step, lists) else { continue }
        chains.slots[step] = slotsByPlace[base + length]
      case .unread: continue
      }
    }
  }

  /// How many elements a read shows before those that its transaction had appended, where it is the
  /// first read of the key: it has shown what others wrote as any first read does.
  @inline(__always)
  private func lengthBeforeOwn(_ step: Int, _ lists: ValueTable.Lists) -> Int? {
    let key = Int(transactions.keys[step])
    let list = lists[ValueCode(raw: transactions.operands[step])]
    var length = list?.count ?? 0
    var before = Int(scan.previous[step])
    while before >= 0 {
      guard transactions.kinds[before] == .write, length > 0,
        list?[length - 1] == transactions.versions.values[Int(transactions.operands[before])]
      else { return nil }
      length -= 1
      before = Int(scan.previous[before])
    }
    let code = ValueCode(raw: transactions.operands[step])
    return ListScan.isPrefix(code, of: longest[key], lists) ? length : nil
  }

  mutating func findLostUpdates(_ lists: ValueTable.Lists) {
    // For each length of each key's list the first transaction that read it and wrote the key.
    var first = [Int32](repeating: -1, count: order.count + transactions.keyCount)
    for transaction in 0..<transactions.count
    where transactions.outcomes[transaction] == .committed {
      for step in transactions.steps(of: transaction)
      where transactions.kinds[step] == .write && scan.previous[step] >= 0 {
        // The first write of the key, where a read goes before it.
        guard let read = readBefore(step), chains.slots[read] >= 0 else { continue }
        let key = Int(transactions.keys[step])
        let code = ValueCode(raw: transactions.operands[read])
        let place = Int(orderStarts[key]) + key + (lists[code]?.count ?? 0)
        if first[place] < 0 {
          first[place] = Int32(truncatingIfNeeded: transaction)
        } else {
          addLostUpdate(Int(first[place]), transaction, read)
        }
      }
    }
  }

  /// The external read of a key that a write follows, with no other write in between.
  @inline(__always)
  private func readBefore(_ step: Int) -> Int? {
    var before = Int(scan.previous[step])
    while before >= 0, transactions.kinds[before] == .repeatedRead {
      before = Int(scan.previous[before])
    }
    return before >= 0 && transactions.kinds[before] == .externalRead ? before : nil
  }
}
