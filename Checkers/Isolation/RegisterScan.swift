/// Reads the order of each register's versions off transactions that read one and wrote the next,
/// and finds what is wrong with single reads.
///
/// Where reads are committed, who reads a version and writes the key wrote a later one; where no
/// update is lost, the next one. So versions form chains, in which nothing else comes between. The
/// initial state begins one of them, and comes before all others.
struct RegisterScan {
  let transactions: Transactions
  let scan: StepScan
  var incidents = Incidents()
  /// For each transaction whether it took effect: it committed, or a committed one observed it.
  private(set) var isInstalled: [Bool]
  private(set) var chains: VersionChains

  // Of each version: the version that a transaction wrote after reading it, and whether its own
  // writer had read the one before; -1 where nobody did. The initial state of a key comes after all
  // versions.
  private var next: [Int32]
  private var isNext: [Bool]
  /// For each version the slot that it is; those of initial states come after all others.
  private var slotsByVersion: [Int32]

  /// - Parameter ordersVersions: Whether the order of versions is of interest; without that no version
  ///   has a place in a chain.
  /// - Complexity: O(*n*).
  init(_ transactions: Transactions, ordersVersions: Bool = true) {
    self.transactions = transactions
    scan = StepScan(transactions)
    isInstalled = transactions.outcomes.map { $0 == .committed }
    chains = VersionChains(transactions, isObserved: false)
    let count = ordersVersions ? transactions.versionCount + transactions.keyCount : 0
    next = Array(repeating: -1, count: count)
    isNext = Array(repeating: false, count: ordersVersions ? transactions.versionCount : 0)
    slotsByVersion = Array(repeating: -1, count: count)
    scanReads()
    guard ordersVersions else { return }
    linkVersions()
    buildChains()
  }

  /// Where a read of a step's operand is kept.
  private func place(of step: Int) -> Int {
    let version = Int(transactions.operands[step])
    return version >= 0 ? version : transactions.versionCount + Int(transactions.keys[step])
  }
}

// MARK: - Reads

extension RegisterScan {
  private mutating func scanReads() {
    for transaction in 0..<transactions.count
    where transactions.outcomes[transaction] == .committed {
      for step in transactions.steps(of: transaction)
      where transactions.kinds[step] != .write && transactions.kinds[step] != .unread {
        guard !transactions.isAmbiguous[Int(transactions.keys[step])] else { continue }
        let version = transactions.operands[step]
        let before = Int(scan.previous[step])
        let isNew = before < 0 || transactions.operands[before] != version
        if before >= 0, isNew { addInternal(step, transaction) }
        if isNew, transactions.kinds[step] == .laterRead { addUnreadOwn(step, transaction) }
        if version >= 0 { judge(version, isNew, step, transaction) }
      }
    }
  }

  /// - Parameter isNew: Whether it is another version than that of the step before on the key.
  private mutating func judge(
    _ version: Int32, _ isNew: Bool, _ step: Int, _ transaction: Int
  ) {
    let writer = Int(transactions.writers[Int(version)])
    guard writer >= 0 else { return addGarbage(version, step, transaction) }
    guard !transactions.isAborted(version) else { return addAborted(version, step, transaction) }
    isInstalled[writer] = true
    if writer == transaction {
      if Int(transactions.writeSteps[Int(version)]) > step {
        addFuture(version, step, transaction)
      }
    } else if isNew, scan.isOverwritten[Int(version)] {
      addIntermediate(version, step, transaction)
    }
  }

  /// Whether a read of what others wrote shows a version that its writer installed.
  private func isResolved(_ step: Int, of transaction: Int) -> Bool {
    let version = transactions.operands[step]
    guard version >= 0 else { return true }
    let writer = Int(transactions.writers[Int(version)])
    return writer >= 0 && writer != transaction && !transactions.isAborted(version)
      && !scan.isOverwritten[Int(version)]
  }
}

// MARK: - Chains

extension RegisterScan {
  private mutating func linkVersions() {
    for transaction in 0..<transactions.count
    where transactions.outcomes[transaction] == .committed {
      for step in transactions.steps(of: transaction)
      where transactions.kinds[step] == .write && scan.previous[step] >= 0 {
        let written = transactions.operands[step]
        guard !scan.isOverwritten[Int(written)],
          !transactions.isAmbiguous[Int(transactions.keys[step])]
        else { continue }
        var read = step
        while scan.previous[read] >= 0 { read = Int(scan.previous[read]) }
        guard transactions.kinds[read] == .externalRead, isResolved(read, of: transaction) else {
          continue
        }
        let place = place(of: read)
        if next[place] < 0 {
          next[place] = written
          isNext[Int(written)] = true
        } else {
          chains.isOrdered[Int(transactions.keys[step])] = false
          addLostUpdate(
            Int(transactions.writers[Int(next[place])]), transaction, read)
        }
      }
    }
  }

  /// The versions of each key that begin a chain, by key.
  private func heads() -> (starts: [Int32], versions: [Int32]) {
    var starts = [Int32](repeating: 0, count: transactions.keyCount + 1)
    var found: [Int32] = []
    for version in 0..<Int32(transactions.versionCount) {
      let writer = Int(transactions.writers[Int(version)])
      guard writer >= 0, isInstalled[writer], !isNext[Int(version)],
        !scan.isOverwritten[Int(version)]
      else { continue }
      starts[Int(transactions.versions.keys[Int(version)]) + 1] += 1
      found.append(version)
    }
    for key in 0..<transactions.keyCount { starts[key + 1] += starts[key] }
    var place = starts
    var versions = [Int32](repeating: 0, count: found.count)
    for version in found {
      let key = Int(transactions.versions.keys[Int(version)])
      versions[Int(place[key])] = version
      place[key] += 1
    }
    return (starts, versions)
  }

  private mutating func buildChains() {
    let heads = heads()
    var expected = [Int32](repeating: 0, count: transactions.keyCount)
    for version in 0..<transactions.versionCount {
      let writer = Int(transactions.writers[version])
      if writer >= 0, isInstalled[writer], !scan.isOverwritten[version] {
        expected[Int(transactions.versions.keys[version])] += 1
      }
    }
    for key in 0..<transactions.keyCount {
      defer { chains.endKey() }
      guard chains.isOrdered[key] else { continue }
      let (chain, slot) = (chains.keys.count, chains.writers.count)
      addChain(from: Transactions.initial, Int32(truncatingIfNeeded: key))
      for place in heads.starts[key]..<heads.starts[key + 1] {
        addChain(from: heads.versions[Int(place)], Int32(truncatingIfNeeded: key))
      }
      // What no chain leads to goes in a circle, which reads tell by themselves.
      guard chains.writers.count - slot == Int(expected[key]) + 1 else {
        chains.drop(from: chain, slot)
        chains.isOrdered[key] = false
        continue
      }
    }
    takeSlots()
  }

  private mutating func takeSlots() {
    for transaction in 0..<transactions.count {
      for step in transactions.steps(of: transaction)
      where chains.isOrdered[Int(transactions.keys[step])] {
        switch transactions.kinds[step] {
        case .write: chains.slots[step] = slotsByVersion[place(of: step)]
        case .externalRead where isResolved(step, of: transaction),
          .repeatedRead where isResolved(step, of: transaction):
          chains.slots[step] = slotsByVersion[place(of: step)]
        case .externalRead, .repeatedRead, .laterRead, .unread: continue
        }
      }
    }
  }

  private mutating func addChain(from version: Int32, _ key: Int32) {
    var version = version
    var isLinked = false
    while true {
      let writer = version < 0 ? -1 : transactions.writers[Int(version)]
      let slot = chains.addSlot(version, by: writer, isReadBefore: isLinked)
      let place = version < 0 ? transactions.versionCount + Int(key) : Int(version)
      slotsByVersion[place] = slot
      guard next[place] >= 0 else { break }
      (version, isLinked) = (next[place], true)
    }
    chains.endChain(of: key)
  }
}

// MARK: - Evidence

extension RegisterScan {
  private func read(_ step: Int) -> String {
    "T1 read \(transactions.text(observedBy: step)) from "
      + transactions.keyText(transactions.keys[step])
  }

  private mutating func addInternal(_ step: Int, _ transaction: Int) {
    guard incidents.note(.internalInconsistency) else { return }
    let before = Int(scan.previous[step])
    let verb = transactions.kinds[before] == .write ? "written" : "read"
    incidents.show(
      .internalInconsistency, [transaction],
      "\(read(step)), where it had \(verb) \(transactions.text(of: transactions.operands[before]))")
  }

  /// Whatever another transaction's write of the key is, a transaction's own comes before it by what was
  /// read, and after it by having been read from: no order of commits explains that.
  private mutating func addUnreadOwn(_ step: Int, _ transaction: Int) {
    guard let own = scan.previous(step, where: { transactions.kinds[$0] == .write }),
      transactions.operands[own] != transactions.operands[step],
      incidents.note(.observedTransactionVanishesProcess)
    else { return }
    incidents.show(
      .observedTransactionVanishesProcess,
      Incidents.Incident(
        transactions: [transaction],
        reasons: [
          "\(read(step)).",
          "However, T1 had written \(transactions.text(of: transactions.operands[own])) there "
            + "before: a contradiction!",
        ]))
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

  private mutating func addFuture(_ version: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.futureRead) else { return }
    incidents.show(
      .futureRead, [transaction],
      "\(read(step)), and writes \(transactions.text(of: version)) only after that")
  }

  private mutating func addIntermediate(_ version: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.g1b),
      let later = scan.laterWrite(than: version, in: transactions)
    else { return }
    incidents.show(
      .g1b, [transaction, Int(transactions.writers[Int(version)])],
      "\(read(step)), which is \(transactions.text(of: version)) of T2, "
        + "but T2 goes on to write \(transactions.text(of: later))",
      transactions.witness(ofReading: version, by: step))
  }

  private mutating func addLostUpdate(_ first: Int, _ second: Int, _ read: Int) {
    guard incidents.note(.lostUpdate) else { return }
    incidents.show(
      .lostUpdate, [first, second],
      "T1 and T2 both read \(transactions.text(observedBy: read)) from "
        + "\(transactions.keyText(transactions.keys[read])), and both wrote it",
      transactions.witness(ofOverwriting: transactions.keys[read], [first, second]))
  }
}
