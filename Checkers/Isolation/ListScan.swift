import Histories

/// Reads the order of each list's elements off the reads, and finds what is wrong with single reads.
///
/// The longest read of a key tells the order; every other read must be a prefix of it (Kingsbury
/// and Alvaro, Elle, VLDB 2020, section 4.2). An element that no read shows was appended after all
/// that reads show, or not at all.
struct ListScan {
  var transactions: Transactions
  let scan: StepScan
  var incidents = Incidents()
  /// For each transaction whether it took effect: it committed, or a committed one observed it.
  var isInstalled: [Bool]
  var chains: VersionChains

  // Of each key: its longest read without an element that is there twice.
  var longest: [ValueCode]
  /// The same where the longest of all has such an element; empty as long as none has.
  private var longestUnique: [ValueCode] = []
  /// Where in ``order`` it begins, and where that of one more behind the last would.
  var orderStarts: [Int32] = [0]
  var order: [Int32] = []
  /// Whether some read must be looked at element by element.
  var isOdd: [Bool]
  /// For each version its place in its key's order, or -1.
  var places: [Int32]
  /// For each key the longest read of it by the transaction that read it last.
  var longestOwn: [Int32]

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
  func length(of step: Int, _ lists: ValueTable.Lists) -> Int {
    lists[ValueCode(raw: transactions.operands[step])]?.count ?? 0
  }

  func isRead(_ step: Int) -> Bool {
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
  mutating func version(_ element: ValueCode, _ key: Int32) -> Int32 {
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
  mutating func place(
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
