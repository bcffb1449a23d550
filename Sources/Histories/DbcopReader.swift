import Glibc
import Values

/// Reads dbcop's JSON: an array of sessions, each an array of transactions, bare or under `data`.
///
/// A read of the version null is one of the initial state. A transaction that was not committed was
/// aborted. Sessions are numbered from 0.
struct DbcopReader: ~Copyable {
  var transactions: TransactionBuilder
  private var stream: JSONStream

  init(_ window: consuming TextWindow, file: String, from position: Int, isLean: Bool) {
    stream = JSONStream(window, file: file, from: position)
    transactions = TransactionBuilder(isLean: isLean)
  }

  /// Reads everything.
  mutating func read() throws(HistoryFileError) {
    if try stream.take(UInt8(ascii: "{")) {
      var hasData = false
      var isFirst = true
      while try stream.hasNext(&isFirst, until: UInt8(ascii: "}")) {
        if try stream.name({ $0.reads("data") }) {
          guard !hasData else { throw stream.error("expected \"data\" once, found it again") }
          hasData = true
          try readSessions()
        } else {
          try stream.skip()
        }
      }
      guard hasData else { throw stream.error("expected a member \"data\", found none") }
    } else {
      try readSessions()
    }
    try stream.finish()
  }

  private mutating func readSessions() throws(HistoryFileError) {
    try stream.pass(UInt8(ascii: "["))
    var session = 0
    var isFirst = true
    while try stream.hasNext(&isFirst, until: UInt8(ascii: "]")) {
      try stream.pass(UInt8(ascii: "["))
      var isFirstTransaction = true
      while try stream.hasNext(&isFirstTransaction, until: UInt8(ascii: "]")) {
        try readTransaction(session)
      }
      session += 1
    }
  }

  private mutating func readTransaction(_ session: Int) throws(HistoryFileError) {
    try stream.pass(UInt8(ascii: "{"))
    let line = stream.line
    var isCommitted: Bool?
    var hasEvents = false
    var isFirst = true
    while try stream.hasNext(&isFirst, until: UInt8(ascii: "}")) {
      switch try stream.name({ $0.reads("events") ? 1 : $0.reads("committed") ? 2 : 0 }) {
      case 1 where !hasEvents:
        hasEvents = true
        try readEvents()
      case 2 where isCommitted == nil: isCommitted = try stream.flag("\"committed\"")
      case 0: try stream.skip()
      default: throw stream.error("expected each member of a transaction once, found it again")
      }
    }
    guard hasEvents, let isCommitted else {
      throw stream.error(
        "expected a transaction with \"events\" and \"committed\", found one without")
    }
    guard transactions.end(isCommitted ? .ok : .fail, session: session, line: line) else {
      throw stream.error("expected at most 2,147,483,647 transactions, found more")
    }
  }

  private mutating func readEvents() throws(HistoryFileError) {
    try stream.pass(UInt8(ascii: "["))
    var isFirst = true
    while try stream.hasNext(&isFirst, until: UInt8(ascii: "]")) {
      if try stream.next() == UInt8(ascii: "[") { try readTuple() } else { try readEvent() }
    }
  }

  /// Reads `{"Write":{"variable":0,"version":1}}`.
  private mutating func readEvent() throws(HistoryFileError) {
    try stream.pass(UInt8(ascii: "{"))
    let kind = try stream.name { $0.reads("Write") ? 2 : $0.reads("Read") ? 1 : 0 }
    guard kind > 0 else { throw stream.error("expected \"Read\" or \"Write\", found another name") }
    try stream.pass(UInt8(ascii: "{"))
    var variable: ValueCode?
    var version: ValueCode?
    var isFirst = true
    while try stream.hasNext(&isFirst, until: UInt8(ascii: "}")) {
      switch try stream.name({ $0.reads("variable") ? 1 : $0.reads("version") ? 2 : 0 }) {
      case 1:
        variable = try stream.scalar("a variable", into: &transactions.builder.table)
      case 2:
        version = try stream.scalar("a version or null", into: &transactions.builder.table)
      default: try stream.skip()
      }
    }
    try take(isWrite: kind == 2, variable, version)
    try stream.pass(UInt8(ascii: "}"))
  }

  /// Reads `["w",0,1]`.
  private mutating func readTuple() throws(HistoryFileError) {
    try stream.pass(UInt8(ascii: "["))
    let kind = try stream.scalar("\"r\" or \"w\"", into: &transactions.builder.table)
    let word = transactions.builder.table.value(of: kind)
    guard word == "r" || word == "w" else {
      throw stream.error("expected \"r\" or \"w\" before this, found \(word.json)")
    }
    try stream.pass(UInt8(ascii: ","))
    let variable = try stream.scalar("a variable", into: &transactions.builder.table)
    try stream.pass(UInt8(ascii: ","))
    let version = try stream.scalar("a version or null", into: &transactions.builder.table)
    try take(isWrite: word == "w", variable, version)
    try stream.pass(UInt8(ascii: "]"))
  }

  private mutating func take(
    isWrite: Bool, _ variable: ValueCode?, _ version: ValueCode?
  ) throws(HistoryFileError) {
    guard let variable, let version, variable != .null else {
      throw stream.error("expected an event with \"variable\" and \"version\", found one without")
    }
    if isWrite {
      guard version != .null else {
        throw stream.error("expected a written version before this, found null")
      }
      transactions.write(variable, version)
    } else {
      transactions.read(variable, version)
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these bytes are a word.
  @inline(__always)
  func reads(_ word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount, let start = baseAddress else { return false }
    return memcmp(start, word.utf8Start, count) == 0
  }
}
