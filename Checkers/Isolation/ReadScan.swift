/// What each transaction's reads say of the transaction itself and of single versions: the passes
/// that need no order of versions.
struct ReadScan {
  private let history: Transactions
  private(set) var incidents = Incidents()
  /// For each step whether it is a read that shows what others wrote: its transaction has neither
  /// read nor written the key before.
  private(set) var isExternal: [Bool]
  /// For each transaction whether it took effect: it committed, or a committed one observed it.
  private(set) var isInstalled: [Bool]

  // What the transaction at hand did to each key so far, valid where the stamp is the transaction's.
  private var stamps: [Int32]
  /// The last read of the key, or -1.
  private var bases: [Int32]
  /// The writes of the key since then.
  private var since: [[Int32]]
  /// For each write the read that has met it last.
  private var met: [Int32]

  /// - Complexity: O(*n*), where *n* counts the elements of reads, too.
  init(_ history: Transactions) {
    self.history = history
    isExternal = Array(repeating: false, count: history.keys.count)
    isInstalled = history.outcomes.map { $0 == .committed }
    stamps = Array(repeating: -1, count: history.keyCount)
    bases = Array(repeating: -1, count: history.keyCount)
    since = Array(repeating: [], count: history.keyCount)
    met = Array(repeating: -1, count: history.writeCount)
    for element in history.elements where element >= 0 && !history.isAborted(element) {
      // Of an ambiguous version nobody knows whose it is.
      guard !history.isAmbiguous[Int(history.key(of: element))] else { continue }
      isInstalled[Int(history.writers[Int(element)])] = true
    }
    for transaction in 0..<history.count where history.outcomes[transaction] == .committed {
      for step in history.steps(of: transaction) { take(step, of: transaction) }
    }
  }

  private mutating func take(_ step: Int, of transaction: Int) {
    let key = Int(history.keys[step])
    let isFirst = stamps[key] != Int32(transaction)
    if isFirst {
      stamps[key] = Int32(transaction)
      bases[key] = -1
      since[key].removeAll(keepingCapacity: true)
    }
    if history.writes[step] >= 0 {
      if history.kind == .register { since[key].removeAll(keepingCapacity: true) }
      since[key].append(history.writes[step])
      return
    }
    guard let observed = history.observed(by: step) else { return }
    isExternal[step] = isFirst
    guard !history.isAmbiguous[key] else { return }
    if !isFirst, !isExpected(observed, key) { addInternal(step, transaction, key) }
    bases[key] = Int32(step)
    since[key].removeAll(keepingCapacity: true)
    scan(observed, step, transaction)
  }

  /// Whether a read follows from what its transaction did before.
  private func isExpected(_ observed: Range<Int>, _ key: Int) -> Bool {
    let elements = history.elements[observed]
    let own = since[key]
    if history.kind == .register, let last = own.last { return same(elements, [last]) }
    guard let base = bases[key] >= 0 ? history.observed(by: Int(bases[key])) : nil else {
      return same(elements.suffix(own.count), own[...])
    }
    guard elements.count == base.count + own.count else { return false }
    return same(elements.prefix(base.count), history.elements[base])
      && same(elements.suffix(own.count), own[...])
  }

  /// Whether values are the same, written or not.
  private func same(_ left: ArraySlice<Int32>, _ right: ArraySlice<Int32>) -> Bool {
    left.elementsEqual(right) { a, b in
      a == b || (a < 0 && b < 0 && history.garbage[Int(~a)] == history.garbage[Int(~b)])
    }
  }

  private mutating func addInternal(_ step: Int, _ transaction: Int, _ key: Int) {
    var done: [String] = []
    if bases[key] >= 0 { done.append("had read \(history.text(observedBy: Int(bases[key])))") }
    let own = since[key].map { history.text(of: $0) }.joined(separator: ", ")
    if !own.isEmpty {
      let verb = history.kind == .listAppend ? "appended" : "written"
      done.append("\(bases[key] >= 0 ? "then" : "had") \(verb) \(own)")
    }
    let reason =
      "T1 read \(history.text(observedBy: step)) from \(history.keyText(Int32(key))), where it "
      + done.joined(separator: " and ")
    guard incidents.note(.internalInconsistency) else { return }
    incidents.show(
      .internalInconsistency,
      Incidents.Incident(transactions: [transaction], reasons: [reason]))
  }
}

extension ReadScan {
  /// Looks at each version that a read shows.
  private mutating func scan(_ observed: Range<Int>, _ step: Int, _ transaction: Int) {
    var aborted: Int32 = -1
    var (isDirtyUpdate, isDuplicate, isFuture, isGarbage) = (false, false, false, false)
    for element in history.elements[observed] {
      guard element >= 0 else {
        if !isGarbage { addGarbage(element, step, transaction) }
        isGarbage = true
        continue
      }
      let write = Int(element)
      if met[write] == Int32(step), !isDuplicate {
        isDuplicate = true
        addDuplicate(element, step, transaction)
      }
      met[write] = Int32(step)
      let writer = Int(history.writers[write])
      if history.isAborted(element) {
        if aborted < 0 { addAborted(element, step, transaction) }
        aborted = element
      } else if aborted >= 0, !isDirtyUpdate {
        isDirtyUpdate = true
        addDirtyUpdate(element, on: aborted, step, transaction)
      }
      if writer == transaction, history.writeSteps[write] > step, !isFuture {
        isFuture = true
        addFuture(element, step, transaction)
      }
    }
    guard isExternal[step], let last = history.elements[observed].last, last >= 0 else { return }
    let writer = Int(history.writers[Int(last)])
    if writer != transaction, !history.isAborted(last), let later = laterWrite(than: last) {
      addIntermediate(last, later, step, transaction)
    }
  }

  /// The next write of the same key by the same transaction.
  private func laterWrite(than write: Int32) -> Int32? {
    let step = Int(history.writeSteps[Int(write)])
    let steps = history.steps(of: Int(history.writers[Int(write)]))
    return (step + 1..<steps.upperBound).first {
      history.keys[$0] == history.keys[step] && history.writes[$0] >= 0
    }.map { history.writes[$0] }
  }

  private func read(_ step: Int) -> String {
    "T1 read \(history.text(observedBy: step)) from \(history.keyText(history.keys[step]))"
  }

  private mutating func addGarbage(_ element: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.garbageVersions) else { return }
    incidents.show(
      .garbageVersions,
      Incidents.Incident(
        transactions: [transaction],
        reasons: ["\(read(step)), but no transaction writes \(history.text(of: element)) there"]))
  }

  private mutating func addDuplicate(_ element: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.duplicateElements) else { return }
    incidents.show(
      .duplicateElements,
      Incidents.Incident(
        transactions: [transaction],
        reasons: ["\(read(step)), where \(history.text(of: element)) is more than once"]))
  }

  private mutating func addAborted(_ element: Int32, _ step: Int, _ transaction: Int) {
    let writer = Int(history.writers[Int(element)])
    guard incidents.note(.g1a) else { return }
    incidents.show(
      .g1a,
      Incidents.Incident(
        transactions: [transaction, writer],
        reasons: ["\(read(step)), where \(history.text(of: element)) is of T2, which aborted"]))
  }

  private mutating func addDirtyUpdate(
    _ element: Int32, on aborted: Int32, _ step: Int, _ transaction: Int
  ) {
    let writers = [element, aborted].map { Int(history.writers[Int($0)]) }
    guard incidents.note(.dirtyUpdate) else { return }
    incidents.show(
      .dirtyUpdate,
      Incidents.Incident(
        transactions: [transaction] + writers,
        reasons: [
          "\(read(step)), where T2's \(history.text(of: element)) stands on top of T3's "
            + "\(history.text(of: aborted)), and T3 aborted"
        ]))
  }

  private mutating func addFuture(_ element: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.futureRead) else { return }
    incidents.show(
      .futureRead,
      Incidents.Incident(
        transactions: [transaction],
        reasons: ["\(read(step)), and writes \(history.text(of: element)) only after that"]))
  }

  private mutating func addIntermediate(
    _ element: Int32, _ later: Int32, _ step: Int, _ transaction: Int
  ) {
    let writer = Int(history.writers[Int(element)])
    guard incidents.note(.g1b) else { return }
    incidents.show(
      .g1b,
      Incidents.Incident(
        transactions: [transaction, writer],
        reasons: [
          "\(read(step)), which ends with \(history.text(of: element)) of T2, "
            + "but T2 goes on to write \(history.text(of: later))"
        ]))
  }
}
