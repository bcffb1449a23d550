import Values

/// Reads dbcop's binary histories of 2019: numbers of eight bytes, the lowest first, and flags of one.
///
/// The value 0 is the initial one. A transaction without success was aborted; in one with success, a
/// write without is a transaction of its own that was aborted, and a read without is left out.
/// Sessions are numbered from 0.
struct DbcopBincodeReader: ~Copyable {
  var transactions: TransactionBuilder
  private var stream: ByteStream
  private var session = 0
  private var events: [Event] = []

  private struct Event {
    var isWrite: Bool
    var variable: UInt64
    var value: UInt64
    var hasSucceeded: Bool
  }

  init(_ window: consuming TextWindow, file: String, isLean: Bool) {
    stream = ByteStream(window, file: file)
    transactions = TransactionBuilder(isLean: isLean)
  }

  /// Reads everything.
  mutating func read() throws(HistoryFileError) {
    for what in ["the id", "n_node", "n_variable", "n_transaction", "n_event"] {
      _ = try stream.littleEndian(what)
    }
    for what in ["info", "start", "end"] {
      try stream.skip(try stream.littleEndian("the length of \(what)"), what)
    }
    let sessionCount = try stream.littleEndian("the number of sessions")
    for number in 0..<sessionCount {
      session = Int(truncatingIfNeeded: number)
      let transactionCount = try stream.littleEndian(
        "the number of transactions of session \(number)")
      for place in 0..<transactionCount { try readTransaction(isFirst: place == 0) }
    }
    guard try stream.isAtEnd() else {
      throw stream.error(
        at: stream.place, "expected the end of the file after \(sessionCount) sessions, found more")
    }
  }

  private mutating func readTransaction(isFirst: Bool) throws(HistoryFileError) {
    let start = stream.place
    let count = try stream.littleEndian("the number of events")
    events.removeAll(keepingCapacity: true)
    for _ in 0..<count {
      events.append(
        Event(
          isWrite: try flag("a write"), variable: try stream.littleEndian("a variable"),
          value: try stream.littleEndian("a value"), hasSucceeded: try flag("an event's success")))
    }
    let hasSucceeded = try flag("a transaction's success")
    if events.contains(where: { $0.isWrite && $0.value == 0 }) {
      // Tools write the initial values down as a first transaction; that is what we hold without it.
      guard isFirst, events.allSatisfy({ $0.isWrite && $0.value == 0 }) else {
        throw stream.error(
          at: start,
          "expected written values from 1 on in this transaction, found 0, which is the initial value"
        )
      }
      return
    }
    if hasSucceeded {
      for event in events where event.isWrite && !event.hasSucceeded { take(event) }
      if !transactions.isEmpty { try end(.fail) }
    }
    for event in events where !hasSucceeded || event.hasSucceeded { take(event) }
    try end(hasSucceeded ? .ok : .fail)
  }

  private mutating func take(_ event: Event) {
    let variable = transactions.builder.table.code(of: event.variable)
    if event.isWrite {
      transactions.write(variable, transactions.builder.table.code(of: event.value))
    } else {
      transactions.read(
        variable,
        event.value == 0 ? ValueCode.null : transactions.builder.table.code(of: event.value))
    }
  }

  private mutating func end(_ type: Operation.Kind) throws(HistoryFileError) {
    guard transactions.end(type, session: session, line: 0) else {
      throw stream.error(
        at: stream.place, "expected at most 2,147,483,647 transactions, found more")
    }
  }

  private mutating func flag(_ what: String) throws(HistoryFileError) -> Bool {
    let place = stream.place
    switch try stream.byte("the flag of \(what)") {
    case 0: return false
    case 1: return true
    case let byte:
      throw stream.error(at: place, "expected 0 or 1 for the flag of \(what), found \(byte)")
    }
  }
}
