import Values

/// Reads the JSON of Chronos and Aion (TimeKiller): transactions with the times of their starts and
/// commits, in an array or one after the other.
///
/// The times, of a hybrid clock, order the events; a session's transactions stand in its order, and
/// follow each other in time. Starts come before commits of the same time, so that such transactions
/// are concurrent, except that a session's commit comes before its next start.
struct ChronosReader: ~Copyable {
  private var transactions: TransactionBuilder
  private var stream: JSONStream
  private var known: [Transaction] = []
  private var seen = SeenNumbers()
  /// The last transaction of each session.
  private var last: [Int: Int] = [:]
  /// Transactions that read 0 from a register, and whether anybody writes it.
  private var readersOfZero: [Int] = []
  private var isZeroWritten = false
  private var readsZero = false
  /// What the transaction that is read asks for.
  private var asked: [ValueCode] = []
  private var codes: [ValueCode] = []

  /// A time of a hybrid clock.
  private struct Time: Comparable {
    var physical: Int
    var logical: Int

    static func < (one: Time, other: Time) -> Bool {
      (one.physical, one.logical) < (other.physical, other.logical)
    }
  }

  private struct Transaction {
    var session = 0
    var start = Time(physical: 0, logical: 0)
    var commit = Time(physical: 0, logical: 0)
    var asked = ValueCode.null
    var answered = ValueCode.null
    var line: Int32 = 0
    /// The ones before and after it in the session.
    var before: Int32 = -1
    var next: Int32 = -1
  }

  init(_ window: consuming TextWindow, file: String, from position: Int, isLean: Bool) {
    stream = JSONStream(window, file: file, from: position)
    transactions = TransactionBuilder(isLean: isLean)
  }

  /// Reads everything.
  mutating func read() throws(HistoryFileError) -> ColumnBuilder {
    if try stream.take(UInt8(ascii: "[")) {
      var isFirst = true
      while try stream.hasNext(&isFirst, until: UInt8(ascii: "]")) { try readTransaction() }
      try stream.finish()
    } else {
      while try !stream.isAtEnd() { try readTransaction() }
    }
    if !isZeroWritten { takeZeroAsInitial() }
    try appendLines()
    return transactions.builder
  }

  private enum Member: Int {
    case other, tid, sid, sts, cts, ops

    init(_ name: UnsafeRawBufferPointer) {
      self =
        name.reads("tid")
        ? .tid
        : name.reads("sid")
          ? .sid
          : name.reads("sts")
            ? .sts : name.reads("cts") ? .cts : name.reads("ops") ? .ops : .other
    }
  }

  private mutating func readTransaction() throws(HistoryFileError) {
    try stream.pass(UInt8(ascii: "{"))
    var transaction = Transaction()
    transaction.line = Int32(truncatingIfNeeded: stream.line)
    var members = 0
    var number = 0
    readsZero = false
    asked.removeAll(keepingCapacity: true)
    var isFirst = true
    while try stream.hasNext(&isFirst, until: UInt8(ascii: "}")) {
      let member = try stream.name(Member.init)
      guard member == .other || members & 1 << member.rawValue == 0 else {
        throw stream.error("expected each member of a transaction once, found it again")
      }
      members |= 1 << member.rawValue
      switch member {
      case .tid: number = try stream.integer("an integer for \"tid\"")
      case .sid: transaction.session = try stream.integer("an integer for \"sid\"")
      case .sts: transaction.start = try readTime()
      case .cts: transaction.commit = try readTime()
      case .ops: try readOperations()
      case .other: try stream.skip()
      }
    }
    guard members >> 1 == 0b11111 else {
      throw stream.error(
        "expected a transaction with \"tid\", \"sid\", \"sts\", \"cts\" and \"ops\", found one "
          + "without")
    }
    guard seen.insert(number) else {
      throw stream.error("expected each \"tid\" once, found \(number) again")
    }
    guard transaction.start <= transaction.commit else {
      throw stream.error("expected \"sts\" before \"cts\", found it after that in \(number)")
    }
    transaction.asked = transactions.builder.table.list(asked)
    transaction.answered = transactions.takeValue()
    try append(transaction, number)
  }

  private mutating func append(
    _ transaction: Transaction, _ number: Int
  ) throws(HistoryFileError) {
    let place = known.count
    guard place < 1 << 30 else {
      throw stream.error("expected at most 1,073,741,824 transactions, found more")
    }
    if readsZero { readersOfZero.append(place) }
    known.append(transaction)
    guard let before = last.updateValue(place, forKey: transaction.session) else { return }
    guard known[before].commit <= transaction.start else {
      throw stream.error(
        "expected a session's transactions one after the other, found that \(number) of the session "
          + "\(transaction.session) starts before the one before it commits")
    }
    known[before].next = Int32(place)
    known[place].before = Int32(before)
  }

  private mutating func readTime() throws(HistoryFileError) -> Time {
    try stream.pass(UInt8(ascii: "{"))
    var physical: Int?
    var logical: Int?
    var isFirst = true
    while try stream.hasNext(&isFirst, until: UInt8(ascii: "}")) {
      switch try stream.name({ $0.reads("p") ? 1 : $0.reads("l") ? 2 : 0 }) {
      case 1: physical = try stream.integer("an integer for \"p\"")
      case 2: logical = try stream.integer("an integer for \"l\"")
      default: try stream.skip()
      }
    }
    guard let physical, let logical else {
      throw stream.error("expected a time with \"p\" and \"l\" before this, found one without")
    }
    return Time(physical: physical, logical: logical)
  }

  private enum Kind: Int {
    case read = 1
    case write, append
  }

  private mutating func readOperations() throws(HistoryFileError) {
    try stream.pass(UInt8(ascii: "["))
    var isFirst = true
    while try stream.hasNext(&isFirst, until: UInt8(ascii: "]")) { try readOperation() }
  }

  private mutating func readOperation() throws(HistoryFileError) {
    try stream.pass(UInt8(ascii: "{"))
    var kind: Kind?
    var key: ValueCode?
    var value = ValueCode.null
    var isFirst = true
    while try stream.hasNext(&isFirst, until: UInt8(ascii: "}")) {
      switch try stream.name({ $0.reads("t") ? 1 : $0.reads("k") ? 2 : $0.reads("v") ? 3 : 0 }) {
      case 1: kind = try readKind()
      case 2: key = try stream.scalar("a key", into: &transactions.builder.table)
      case 3: value = try readValue()
      default: try stream.skip()
      }
    }
    guard let kind, let key, key != .null, kind == .read || value != .null else {
      throw stream.error(
        "expected an operation with \"t\" and \"k\", and what is written, found one without")
    }
    if value.integer == 0 {
      if kind == .read { readsZero = true } else { isZeroWritten = true }
    }
    if kind != .read, transactions.builder.table.isList(value) {
      throw stream.error("expected a single value that is written before this, found a list")
    }
    switch kind {
    case .read:
      asked.append(transactions.codeOfRead(key, .null))
      transactions.read(key, value)
    case .write:
      asked.append(transactions.write(key, value))
    case .append:
      asked.append(transactions.append(key, value))
    }
  }

  private mutating func readKind() throws(HistoryFileError) -> Kind {
    let code = try stream.scalar("r, w or a", into: &transactions.builder.table)
    let word = transactions.builder.table.value(of: code).name?.lowercased() ?? ""
    switch word {
    case "r", "read": return .read
    case "w", "write": return .write
    case "a", "append": return .append
    default: throw stream.error("expected r, w or a before this, found \"\(word)\"")
    }
  }

  private mutating func readValue() throws(HistoryFileError) -> ValueCode {
    guard try stream.take(UInt8(ascii: "[")) else {
      return try stream.scalar("a value, or a list of them", into: &transactions.builder.table)
    }
    codes.removeAll(keepingCapacity: true)
    var isFirst = true
    while try stream.hasNext(&isFirst, until: UInt8(ascii: "]")) {
      codes.append(try stream.scalar("an element", into: &transactions.builder.table))
    }
    return transactions.builder.table.list(codes)
  }

  /// Where nobody writes 0, it is what registers hold at first.
  private mutating func takeZeroAsInitial() {
    guard let zero = ValueCode(0) else { return }
    for place in readersOfZero {
      let operations = Array(transactions.builder.table.elements(of: known[place].answered) ?? [])
      let mended = operations.map { operation in
        let parts = Array(transactions.builder.table.elements(of: operation) ?? [])
        return parts.count == 3 && parts[2] == zero
          ? transactions.builder.table.list([parts[0], parts[1], .null]) : operation
      }
      known[place].answered = transactions.builder.table.list(mended)
    }
  }

  /// Appends the starts and the commits in the order of their times.
  private mutating func appendLines() throws(HistoryFileError) {
    // Even numbers are starts, odd ones commits.
    let events = (0..<2 * known.count).sorted { one, other in
      let (first, second) = (time(of: one), time(of: other))
      return first == second ? one < other : first < second
    }
    var begin = 0
    while begin < events.count {
      var end = begin + 1
      while end < events.count, time(of: events[end]) == time(of: events[begin]) { end += 1 }
      try appendGroup(events[begin..<end])
      begin = end
    }
  }

  private func time(of event: Int) -> Time {
    event & 1 == 0 ? known[event / 2].start : known[event / 2].commit
  }

  /// Appends events of one time: starts first, as far as their sessions have nothing open; then the
  /// commits that the other starts wait for, and so on.
  private mutating func appendGroup(_ group: ArraySlice<Int>) throws(HistoryFileError) {
    if group.count == 1, let event = group.first { return try appendLine(event) }
    let time = time(of: group[group.startIndex])
    var starts = group.filter { $0 & 1 == 0 && !waits($0 / 2) }
    var commits = group.filter {
      $0 & 1 == 1 && known[$0 / 2].start < time && isFollowedAtOnce($0 / 2)
    }
    while !starts.isEmpty || !commits.isEmpty {
      for event in starts { try appendLine(event) }
      for event in starts where known[event / 2].commit == time && isFollowedAtOnce(event / 2) {
        commits.append(event + 1)
      }
      for event in commits { try appendLine(event) }
      starts = commits.map { 2 * Int(known[$0 / 2].next) }
      commits = []
    }
    for event in group where event & 1 == 1 && !isFollowedAtOnce(event / 2) {
      try appendLine(event)
    }
  }

  /// Whether the transaction before one in its session commits at the time when that one starts.
  private func waits(_ place: Int) -> Bool {
    let before = Int(known[place].before)
    return before >= 0 && known[before].commit == known[place].start
  }

  /// Whether the transaction after one in its session starts at the time when that one commits.
  private func isFollowedAtOnce(_ place: Int) -> Bool {
    let next = Int(known[place].next)
    return next >= 0 && known[next].start == known[place].commit
  }

  private mutating func appendLine(_ event: Int) throws(HistoryFileError) {
    let transaction = known[event / 2]
    let isStart = event & 1 == 0
    guard
      transactions.append(
        isStart ? .invoke : .ok, isStart ? transaction.asked : transaction.answered,
        session: transaction.session, line: Int(transaction.line))
    else { throw stream.error("expected fewer transactions") }
  }
}
