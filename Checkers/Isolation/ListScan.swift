import Glibc
import Histories
import Verdicts

/// Reads the order of each list's elements off the reads, and finds what is wrong with single reads.
///
/// The longest read of a key tells the order; every other read must be a prefix of it (Kingsbury
/// and Alvaro, Elle, VLDB 2020, section 4.2). An element that no read shows was appended after all
/// that reads show, or not at all.
struct ListScan {
  private(set) var transactions: Transactions
  let scan: StepScan
  var incidents = Incidents()
  /// For each transaction whether it took effect: it committed, or a committed one observed it.
  private(set) var isInstalled: [Bool]
  private(set) var chains: VersionChains

  // Of each key: its longest read without an element that is there twice.
  private var longest: [ValueCode]
  /// The same where the longest of all has such an element; empty as long as none has.
  private var longestUnique: [ValueCode] = []
  /// Where in ``order`` it begins, and where that of one more behind the last would.
  private var orderStarts: [Int32] = [0]
  private var order: [Int32] = []
  /// Whether some read must be looked at element by element.
  private var isOdd: [Bool]
  /// For each version its place in its key's order, or -1.
  private var places: [Int32]
  /// For each key the longest read of it by the transaction that read it last.
  private var longestOwn: [Int32]

  /// - Complexity: O(*n*), where *n* counts the elements of all reads, too, which are compared in
  ///   blocks of memory.
  init(_ transactions: Transactions) {
    self.transactions = transactions
    scan = StepScan(transactions)
    isInstalled = transactions.outcomes.map { $0 == .committed }
    chains = VersionChains(transactions, isObserved: true)
    longest = Array(repeating: .null, count: transactions.keyCount)
    isOdd = Array(repeating: false, count: transactions.keyCount)
    places = Array(repeating: -1, count: transactions.versionCount)
    longestOwn = Array(repeating: -1, count: transactions.keyCount)
    let table = transactions.columns.table
    table.withLists { lists in
      findLongest(lists)
      for key in 0..<Int32(transactions.keyCount) { readOrder(of: key, lists) }
      scanReads(lists)
      findReversed()
      takeSlots(buildChains(), lists)
      findLostUpdates(lists)
    }
  }

  @inline(__always)
  private func length(of step: Int, _ lists: ValueTable.Lists) -> Int {
    lists[ValueCode(raw: transactions.operands[step])]?.count ?? 0
  }

  private func isRead(_ step: Int) -> Bool {
    let kind = transactions.kinds[step]
    return kind != .write && kind != .unread
  }

  private mutating func findLongest(_ lists: ValueTable.Lists) {
    var lengths = [Int](repeating: 0, count: transactions.keyCount)
    for step in transactions.keys.indices where isRead(step) {
      let (key, length) = (Int(transactions.keys[step]), length(of: step, lists))
      guard length > lengths[key] else { continue }
      lengths[key] = length
      longest[key] = ValueCode(raw: transactions.operands[step])
    }
  }

  /// The version that an element of a key's list is, which nobody wrote where it is new.
  private mutating func version(_ element: ValueCode, _ key: Int32) -> Int32 {
    let version = transactions.version(of: element, key)
    if Int(version) == places.count { places.append(-1) }
    return version
  }

  private mutating func readOrder(of key: Int32, _ lists: ValueTable.Lists) {
    defer { orderStarts.append(Int32(truncatingIfNeeded: order.count)) }
    guard !transactions.isAmbiguous[Int(key)] else { return }
    if !place(longest[Int(key)], key, lists) {
      isOdd[Int(key)] = true
      if longestUnique.isEmpty { longestUnique = longestWithoutDuplicates(lists) }
      longest[Int(key)] = longestUnique[Int(key)]
      _ = place(longest[Int(key)], key, lists)
    }
    for place in Int(orderStarts[Int(key)])..<order.count {
      let version = order[place]
      let writer = transactions.writers[Int(version)]
      if writer < 0 || transactions.isAborted(version) {
        isOdd[Int(key)] = true
      } else {
        isInstalled[Int(writer)] = true
      }
    }
  }

  /// Makes a list a key's order.
  ///
  /// - Returns: Whether no element is there twice; else nothing is changed.
  private mutating func place(
    _ list: ValueCode, _ key: Int32, _ lists: ValueTable.Lists
  ) -> Bool {
    let start = order.count
    for element in lists[list] ?? UnsafeBufferPointer(start: nil, count: 0) {
      let version = version(element, key)
      guard places[Int(version)] < 0 else {
        for version in order[start...] { places[Int(version)] = -1 }
        order.removeSubrange(start...)
        return false
      }
      places[Int(version)] = Int32(truncatingIfNeeded: order.count - start)
      order.append(version)
    }
    return true
  }

  /// For each key its longest read in which no element is there twice.
  private func longestWithoutDuplicates(_ lists: ValueTable.Lists) -> [ValueCode] {
    var longest = [ValueCode](repeating: .null, count: transactions.keyCount)
    for step in transactions.keys.indices where isRead(step) {
      let (key, code) = (Int(transactions.keys[step]), ValueCode(raw: transactions.operands[step]))
      guard let list = lists[code], list.count > lists[longest[key]]?.count ?? 0,
        Set(list).count == list.count
      else { continue }
      longest[key] = code
    }
    return longest
  }
}

// MARK: - Reads

extension ListScan {
  private mutating func scanReads(_ lists: ValueTable.Lists) {
    for transaction in 0..<transactions.count
    where transactions.outcomes[transaction] == .committed {
      for step in transactions.steps(of: transaction) {
        let key = Int(transactions.keys[step])
        guard !transactions.isAmbiguous[key] else { continue }
        switch transactions.kinds[step] {
        case .externalRead, .repeatedRead, .laterRead:
          if transactions.kinds[step] != .externalRead { judgeLaterRead(step, transaction, lists) }
          take(step, of: transaction, key, lists)
        case .write: judgeWrite(step, transaction, lists)
        case .unread: continue
        }
      }
    }
  }

  private mutating func take(
    _ step: Int, of transaction: Int, _ key: Int, _ lists: ValueTable.Lists
  ) {
    let code = ValueCode(raw: transactions.operands[step])
    let length = lists[code]?.count ?? 0
    if isOdd[key] || !ListScan.isPrefix(code, of: longest[key], lists) {
      scanElements(of: code, step, transaction, lists)
      guard ListScan.isPrefix(code, of: longest[key], lists) else { return }
    }
    let known = Int(longestOwn[key])
    if known < Int(transactions.starts[transaction]) || self.length(of: known, lists) < length {
      longestOwn[key] = Int32(truncatingIfNeeded: step)
    }
    guard transactions.kinds[step] == .externalRead, length > 0 else { return }
    let last = order[Int(orderStarts[key]) + length - 1]
    addIfIntermediate(last, step, transaction)
  }

  @inline(__always)
  private static func isPrefix(
    _ code: ValueCode, of longest: ValueCode, _ lists: ValueTable.Lists
  ) -> Bool {
    guard code != longest, let list = lists[code], !list.isEmpty, let start = list.baseAddress
    else {
      return true
    }
    guard let whole = lists[longest], let wholeStart = whole.baseAddress,
      list.count <= whole.count
    else { return false }
    return memcmp(start, wholeStart, list.count * MemoryLayout<ValueCode>.stride) == 0
  }

  private mutating func addIfIntermediate(_ last: Int32, _ step: Int, _ transaction: Int) {
    let writer = Int(transactions.writers[Int(last)])
    guard writer >= 0, writer != transaction, scan.isOverwritten[Int(last)],
      !transactions.isAborted(last), let later = scan.laterWrite(than: last, in: transactions)
    else { return }
    guard incidents.note(.g1b) else { return }
    incidents.show(
      .g1b, [transaction, writer],
      "\(read(step)), which ends with \(transactions.text(of: last)) of T2, "
        + "but T2 goes on to write \(transactions.text(of: later))",
      transactions.witness(ofReading: last, by: step))
  }

  /// Looks at each element of a read that is not simply a beginning of its key's order.
  private mutating func scanElements(
    of code: ValueCode, _ step: Int, _ transaction: Int, _ lists: ValueTable.Lists
  ) {
    let key = transactions.keys[step]
    let list = lists[code] ?? UnsafeBufferPointer(start: nil, count: 0)
    let isUnique = Set(list).count == list.count
    if !isUnique { addDuplicate(step, transaction, list) }
    var aborted: Int32 = -1
    var (isDirtyUpdate, isFuture, isGarbage) = (false, false, false)
    for element in list {
      let version = version(element, key)
      let writer = Int(transactions.writers[Int(version)])
      guard writer >= 0 else {
        if !isGarbage { addGarbage(version, step, transaction) }
        isGarbage = true
        continue
      }
      if transactions.isAborted(version) {
        if aborted < 0 { addAborted(version, step, transaction) }
        aborted = version
      } else {
        isInstalled[writer] = true
        if aborted >= 0, !isDirtyUpdate {
          isDirtyUpdate = true
          addDirtyUpdate(version, on: aborted, step, transaction)
        }
      }
      if writer == transaction, Int(transactions.writeSteps[Int(version)]) > step, !isFuture,
        places[Int(version)] < 0 || !ListScan.isPrefix(code, of: longest[Int(key)], lists)
      {
        isFuture = true
        addFuture(version, step, transaction)
      }
    }
    guard !ListScan.isPrefix(code, of: longest[Int(key)], lists) else { return }
    if isUnique {
      chains.isOrdered[Int(key)] = false
      addIncompatible(step, transaction)
    } else {
      isOdd[Int(key)] = true
    }
    guard transactions.kinds[step] == .externalRead, let element = list.last else { return }
    let last = version(element, key)
    if Int(last) < scan.isOverwritten.count { addIfIntermediate(last, step, transaction) }
  }

  /// Judges a read of a key that its transaction had read or written before.
  private mutating func judgeLaterRead(
    _ step: Int, _ transaction: Int, _ lists: ValueTable.Lists
  ) {
    var own: [Int32] = []
    var before = Int(scan.previous[step])
    while before >= 0, transactions.kinds[before] == .write {
      own.append(transactions.operands[before])
      before = Int(scan.previous[before])
    }
    own.reverse()
    let list = lists[ValueCode(raw: transactions.operands[step])]
    let count = list?.count ?? 0
    let base = before >= 0 ? lists[ValueCode(raw: transactions.operands[before])] : nil
    let baseCount = base?.count ?? 0
    var isExpected =
      before >= 0 ? count == baseCount + own.count : count >= own.count
    if isExpected {
      for place in 0..<own.count
      where list?[count - own.count + place] != transactions.versions.values[Int(own[place])] {
        isExpected = false
      }
      if before >= 0 {
        for place in 0..<baseCount where list?[place] != base?[place] { isExpected = false }
      }
    }
    if !isExpected { addInternal(step, transaction, base: before, own) }
  }

  /// Whether an earlier read of the transaction, which begins its key's order, shows what it wrote
  /// only afterwards.
  private mutating func judgeWrite(
    _ step: Int, _ transaction: Int, _ lists: ValueTable.Lists
  ) {
    let place = places[Int(transactions.operands[step])]
    let read = Int(longestOwn[Int(transactions.keys[step])])
    guard place >= 0, read >= Int(transactions.starts[transaction]),
      length(of: read, lists) > Int(place)
    else { return }
    addFuture(transactions.operands[step], read, transaction)
  }
}

// MARK: - Order

extension ListScan {
  /// Finds transactions whose elements stand in another order than they appended them.
  private mutating func findReversed() {
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
  private mutating func buildChains() -> [Int32] {
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

  private mutating func takeSlots(_ slotsByPlace: [Int32], _ lists: ValueTable.Lists) {
    for step in transactions.keys.indices {
      let key = Int(transactions.keys[step])
      guard chains.isOrdered[key] else { continue }
      let base = Int(orderStarts[key]) + key
      switch transactions.kinds[step] {
      case .write:
        let place = places[Int(transactions.operands[step])]
        if place >= 0 { chains.slots[step] = slotsByPlace[base + Int(place) + 1] }
      case .externalRead:
        let code = ValueCode(raw: transactions.operands[step])
        guard !isOdd[key] || ListScan.isPrefix(code, of: longest[key], lists) else { continue }
        chains.slots[step] = slotsByPlace[base + (lists[code]?.count ?? 0)]
      case .laterRead:
        guard let length = lengthBeforeOwn(step, lists) else { continue }
        chains.slots[step] = slotsByPlace[base + length]
      case .repeatedRead, .unread: continue
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

  private mutating func findLostUpdates(_ lists: ValueTable.Lists) {
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

// MARK: - Evidence

extension ListScan {
  func read(_ step: Int) -> String {
    "T1 read \(transactions.text(observedBy: step)) from "
      + transactions.keyText(transactions.keys[step])
  }

  private mutating func addDuplicate(
    _ step: Int, _ transaction: Int, _ list: UnsafeBufferPointer<ValueCode>
  ) {
    guard incidents.note(.duplicateElements) else { return }
    var met: Set<ValueCode> = []
    let twice = list.first { !met.insert($0).inserted } ?? .null
    let text = transactions.columns.table.value(of: twice).text(limit: 40)
    incidents.show(
      .duplicateElements, [transaction], "\(read(step)), where \(text) is more than once")
  }

  private mutating func addGarbage(_ version: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.garbageVersions) else { return }
    incidents.show(
      .garbageVersions, [transaction],
      "\(read(step)), but no transaction writes \(transactions.text(of: version)) there")
  }

  private mutating func addAborted(_ version: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.g1a) else { return }
    incidents.show(
      .g1a, [transaction, Int(transactions.writers[Int(version)])],
      "\(read(step)), where \(transactions.text(of: version)) is of T2, which aborted",
      transactions.witness(ofReading: version, by: step))
  }

  private mutating func addDirtyUpdate(
    _ version: Int32, on aborted: Int32, _ step: Int, _ transaction: Int
  ) {
    guard incidents.note(.dirtyUpdate) else { return }
    incidents.show(
      .dirtyUpdate,
      [transaction] + [version, aborted].map { Int(transactions.writers[Int($0)]) },
      "\(read(step)), where T2's \(transactions.text(of: version)) stands on top of T3's "
        + "\(transactions.text(of: aborted)), and T3 aborted")
  }

  private mutating func addFuture(_ version: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.futureRead) else { return }
    incidents.show(
      .futureRead, [transaction],
      "\(read(step)), and writes \(transactions.text(of: version)) only after that")
  }

  private mutating func addInternal(
    _ step: Int, _ transaction: Int, base: Int, _ own: [Int32]
  ) {
    guard incidents.note(.internalInconsistency) else { return }
    var done: [String] = []
    if base >= 0 { done.append("had read \(transactions.text(observedBy: base))") }
    if !own.isEmpty {
      let texts = own.map { transactions.text(of: $0) }.joined(separator: ", ")
      done.append("\(base >= 0 ? "then" : "had") appended \(texts)")
    }
    incidents.show(
      .internalInconsistency, [transaction],
      "\(read(step)), where it \(done.joined(separator: " and "))")
  }

  private mutating func addIncompatible(_ step: Int, _ transaction: Int) {
    guard incidents.note(.incompatibleOrder) else { return }
    let key = transactions.keys[step]
    let code = longest[Int(key)].raw
    let other = transactions.keys.indices.first {
      transactions.keys[$0] == key && isRead($0) && transactions.operands[$0] == code
    }
    guard let other else { return }
    incidents.show(
      .incompatibleOrder, [transaction, transactions.transaction(of: other)],
      "\(read(step)), where T2 read \(transactions.text(observedBy: other)): neither is the "
        + "other's beginning")
  }

  private mutating func addReversed(_ first: Int, _ second: Int, _ transaction: Int) {
    guard incidents.note(.incompatibleOrder) else { return }
    let key = transactions.keys[first]
    let code = longest[Int(key)].raw
    let reader = transactions.keys.indices.first {
      transactions.keys[$0] == key && isRead($0) && transactions.operands[$0] == code
    }
    guard let reader else { return }
    let texts = [first, second].map { transactions.text(of: transactions.operands[$0]) }
    incidents.show(
      .incompatibleOrder, [transaction, transactions.transaction(of: reader)],
      "T1 appended \(texts[0]) before \(texts[1]), but T2 read "
        + "\(transactions.text(observedBy: reader)) from \(transactions.keyText(key))")
  }

  private mutating func addLostUpdate(_ first: Int, _ second: Int, _ read: Int) {
    guard incidents.note(.lostUpdate) else { return }
    incidents.show(
      .lostUpdate, [first, second],
      "T1 and T2 both read \(transactions.text(observedBy: read)) from "
        + "\(transactions.keyText(transactions.keys[read])), and both appended to it",
      transactions.witness(ofOverwriting: transactions.keys[read], [first, second]))
  }
}
