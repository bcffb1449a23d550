public import Histories
public import Values
public import Verdicts

/// Judges accounts between which money is transferred: Jepsen's bank.
///
/// Operations: `transfer` {from, to, amount}; `read` → {account: balance, …}. Of each read that was
/// answered the first of these is told that holds: it has an account that is none (`unexpected-key`),
/// an account without a balance (`nil-balance`), another sum than there is money (`wrong-total`), or
/// debts (`negative-value`), unless these are allowed.
///
/// What isn't said is told by the history: the accounts are those of transfers and those that most
/// reads have, the money is what most reads add up to; of several that are as frequent, the first.
public struct BankChecker: ColumnChecker {
  public var name: String { "bank" }

  private let accounts: Set<String>?
  private let total: Int?
  private let allowsDebts: Bool

  /// - Parameters:
  ///   - accounts: The accounts, where it is known which there are.
  ///   - total: How much money there is, where that is known.
  ///   - allowsDebts: Whether balances may be negative.
  public init(accounts: [Value]? = nil, total: Int? = nil, allowsDebts: Bool = false) {
    self.accounts = accounts.map { Set($0.map(\.accountName)) }
    self.total = total
    self.allowsDebts = allowsDebts
  }

  /// - Complexity: O(*n* + total length of the reads).
  public func check(_ history: HistoryColumns) -> Finding {
    let bank = BankHistory(history)
    if let problem = bank.problem { return Finding(name, .unknown, reason: problem) }
    let total = total ?? bank.usualTotal
    var facts = ValueMap(facts: [
      "read-count": .integer(bank.reads.count), "transfer-count": .integer(bank.transferCount),
    ])
    facts[fact: "total"] = total.map { .integer($0) }
    var finding = Finding(name, .valid, facts: facts)
    guard !bank.reads.isEmpty else {
      finding.verdict = .unknown
      finding.reason = "no read succeeded"
      return finding
    }
    let accounts = accounts ?? bank.usualAccounts
    let strangers = bank.layouts.map { layout in
      layout.filter { !accounts.contains($0.accountName) }
    }
    var report = CaseReport(BankChecker.meanings)
    for read in bank.reads {
      let index = history.index(at: read.position)
      let (layout, strange) = (bank.layouts[read.layout], strangers[read.layout])
      if !strange.isEmpty {
        report.add(
          "unexpected-key", [index],
          "op \(index) has \(listing(strange.map { $0.text() })), which is no account")
      } else if let place = read.firstNil {
        report.add(
          "nil-balance", [index], "op \(index) has no balance of \(layout[place].text())")
      } else if read.total != total {
        report.add(
          "wrong-total", [index],
          "op \(index) adds up to \(read.total.map { "\($0)" } ?? "more than 64 bits hold"), "
            + "not to \(total.map { "\($0)" } ?? "what others add up to"): "
            + history.table.value(of: history.values[read.position]).text(limit: 120))
      } else if !allowsDebts, let place = read.firstDebt {
        report.add(
          "negative-value", [index], "op \(index) has a balance below 0 of \(layout[place].text())")
      }
    }
    finding.add(report.anomalies)
    return finding
  }

  private static let meanings = [
    ("unexpected-key", "reads of accounts that there are not"),
    ("nil-balance", "reads in which an account has no balance"),
    ("wrong-total", "reads that don't add up to the money that there is"),
    ("negative-value", "reads of debts"),
  ]
}

/// The reads of a bank's history, and what most of them agree on.
private struct BankHistory {
  struct Read {
    var position: Int
    /// The number of its accounts among ``layouts``.
    var layout: Int
    /// Nothing where a balance is missing, or the sum beyond 64 bits.
    var total: Int?
    var firstNil: Int?
    var firstDebt: Int?
  }

  private(set) var reads: [Read] = []
  private(set) var transferCount = 0
  /// Each list of accounts that some read has.
  private(set) var layouts: [[Value]] = []
  private(set) var problem: String?

  private var numbers: [[Value]: Int] = [:]
  /// How many reads have each list of accounts.
  private var layoutCounts: [Int] = []
  private var transferAccounts: Set<Value> = []
  private var totals: [Int: (count: Int, first: Int)] = [:]

  init(_ history: HistoryColumns) {
    for position in history.types.indices where history.processes[position] >= 0 {
      let f = history.f(at: position)
      switch (f, history.types[position]) {
      case ("transfer", .invoke): transfer(history, position)
      case ("read", .ok): read(history, position)
      case ("read", _), ("transfer", _): continue
      default: problem = "op \(history.index(at: position)): bank has no operation \(f)"
      }
      if problem != nil { return }
    }
  }

  private mutating func transfer(_ history: HistoryColumns, _ position: Int) {
    transferCount += 1
    let value = history.table.value(of: history.values[position])
    guard let from = value["from"], let to = value["to"] else {
      problem =
        "op \(history.index(at: position)): a transfer should be {from, to, amount}, not "
        + value.text()
      return
    }
    transferAccounts.insert(from)
    transferAccounts.insert(to)
  }

  private mutating func read(_ history: HistoryColumns, _ position: Int) {
    let value = history.table.value(of: history.values[position])
    guard let entries = value.map?.entries,
      entries.allSatisfy({ $0.value == .null || $0.value.integer != nil })
    else {
      problem =
        "op \(history.index(at: position)): a read should answer {account: balance, …}, not "
        + value.text()
      return
    }
    var read = Read(position: position, layout: layout(entries.map(\.key)))
    var total: Int? = 0
    for (place, entry) in entries.enumerated() {
      guard let balance = entry.value.integer else {
        if read.firstNil == nil { read.firstNil = place }
        continue
      }
      if balance < 0, read.firstDebt == nil { read.firstDebt = place }
      let sum = total?.addingReportingOverflow(balance)
      total = sum.flatMap { $0.overflow ? nil : $0.partialValue }
    }
    if read.firstNil == nil { read.total = total }
    if let total = read.total { totals[total, default: (0, reads.count)].count += 1 }
    reads.append(read)
  }

  private mutating func layout(_ accounts: [Value]) -> Int {
    let number = numbers[accounts] ?? layouts.count
    if number == layouts.count {
      numbers[accounts] = number
      layouts.append(accounts)
      layoutCounts.append(0)
    }
    layoutCounts[number] += 1
    return number
  }

  /// What most reads add up to.
  var usualTotal: Int? {
    totals.max { ($0.value.count, -$0.value.first) < ($1.value.count, -$1.value.first) }?.key
  }

  /// The accounts of transfers and those that most reads have.
  var usualAccounts: Set<String> {
    let most = layoutCounts.indices.max { (layoutCounts[$0], -$0) < (layoutCounts[$1], -$1) }
    return Set((transferAccounts + (most.map { layouts[$0] } ?? [])).map(\.accountName))
  }
}

extension Value {
  /// An account's name: JSON writes the keys of an object as strings, whatever they are elsewhere.
  fileprivate var accountName: String { name ?? json }
}
