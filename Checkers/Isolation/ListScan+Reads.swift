import Glibc
import Histories

extension ListScan {
  mutating func scanReads(_ lists: ValueTable.Lists) {
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
    guard transactions.showsOthers(step), length > 0 else { return }
    let last = order[Int(orderStarts[key]) + length - 1]
    addIfIntermediate(last, step, transaction)
  }

  @inline(__always)
  static func isPrefix(
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
    guard transactions.showsOthers(step), let element = list.last else { return }
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
