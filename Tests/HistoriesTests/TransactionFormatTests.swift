import Glibc
import Histories
import Testing
import Values

@Suite("Formats of transactions")
struct TransactionFormatTests {
  private func read(
    _ bytes: [UInt8], _ format: HistoryFormat? = nil
  ) throws(HistoryFileError) -> HistoryColumns {
    try bytes.withUnsafeBufferPointer { (bytes) throws(HistoryFileError) in
      try HistoryColumns(reading: UnsafeRawBufferPointer(bytes), named: "h", format: format)
    }
  }

  /// What a line says: its type, its process and its value.
  private struct Line: Hashable {
    var type: Operation.Kind
    var process: Int
    var value: Value

    init(_ type: Operation.Kind, _ process: Int, _ value: Value) {
      (self.type, self.process, self.value) = (type, process, value)
    }

    init(_ transaction: DrawnTransaction) {
      self.init(transaction.isCommitted ? .ok : .fail, transaction.session, transaction.value)
    }
  }

  private func lines(_ columns: HistoryColumns) -> [Line] {
    (0..<columns.count).map {
      let operation = columns.operation(at: $0)
      return Line(operation.type, operation.process.number ?? -1, operation.value)
    }
  }

  // MARK: - Examples

  @Test("Plume's lines are operations of transactions, 0 is null and -1 aborted")
  func plume() throws {
    let text = """
      w(17,42,3,105)
      r(5,0,3,105)
      w(17,43,0,-1)
      w(18,44,0,-1)
      r(17,42,4,9)
      """
    let read = try read(Array(text.utf8))
    #expect(read.format == .plume && !read.isTimed && read.partners.allSatisfy { $0 == -1 })
    #expect(
      lines(read) == [
        Line(.ok, 3, [["w", 17, 42], ["r", 5, .null]]), Line(.fail, 0, [["w", 17, 43]]),
        Line(.fail, 0, [["w", 18, 44]]), Line(.ok, 4, [["r", 17, 42]]),
      ])
    // As AWDIT writes what it converted: the initial values are a transaction of their own.
    let converted = try self.read(Array("r(1,0,0,0)\nw(1,0,1,1)\nw(2,0,1,1)\n".utf8))
    #expect(lines(converted) == [Line(.ok, 0, [["r", 1, .null]])])
  }

  @Test("AWDIT's tests have dashes between transactions and equals signs between sessions")
  func awdit() throws {
    let text = "w 0 0\r\nw 1 0\n=====\nw 0 1\n-----\n\n  r 0 1\nr 1 0\n=====\n====\nw 1 1"
    let read = try read(Array(text.utf8))
    #expect(read.format == .awditTest && !read.isTimed)
    #expect(
      lines(read) == [
        Line(.ok, 0, [["w", 0, 0], ["w", 1, 0]]), Line(.ok, 1, [["w", 0, 1]]),
        Line(.ok, 1, [["r", 0, 1], ["r", 1, 0]]), Line(.ok, 2, [["w", 1, 1]]),
      ])
  }

  @Test("dbcop's JSON, bare or wrapped")
  func dbcop() throws {
    let bare = """
      [[{"events":[{"Write":{"variable":0,"version":1}}],"committed":true}],\
      [{"events":[{"Read":{"variable":0,"version":1}}],"committed":true},\
      {"events":[{"Read":{"variable":1,"version":null}}],"committed":false}]]
      """
    for text in [bare, "{\"params\":{\"id\":0},\"info\":\"i\",\"start\":\"\",\"data\":\(bare)}\n"] {
      let read = try read(Array(text.utf8))
      #expect(read.format == .dbcop && !read.isTimed)
      #expect(
        lines(read) == [
          Line(.ok, 0, [["w", 0, 1]]), Line(.ok, 1, [["r", 0, 1]]),
          Line(.fail, 1, [["r", 1, .null]]),
        ])
    }
  }

  @Test("a write without success in a committed transaction of dbcop's was aborted")
  func unsuccessful() throws {
    let transaction = DrawnTransaction(
      session: 0,
      steps: [.write(key: 1, value: 5), .write(key: 2, value: 6), .read(key: 3, value: 9)])
    var bytes = [transaction].dbcopBincode
    // The events' flags of success; the transaction's is the last byte of all.
    bytes[bytes.count - 2] = 0
    bytes[bytes.count - 2 - 2 * 18] = 0
    let read = try read(bytes)
    #expect(read.format == .dbcop)
    #expect(lines(read) == [Line(.fail, 0, [["w", 1, 5]]), Line(.ok, 0, [["w", 2, 6]])])
  }

  @Test("Chronos' times order the events, and make intervals of transactions")
  func chronos() throws {
    let text = """
      {"tid":67,"sid":19,"sts":{"p":1691420095436341,"l":61},"cts":{"p":1691420095659914,"l":18},\
      "ops":[{"t":"w","k":7,"v":2},{"t":"r","k":8,"v":3}]}
      {"tid":66,"sid":4,"sts":{"p":1691420095436341,"l":60},"cts":{"p":1691420095659914,"l":17},\
      "ops":[{"t":"append","k":3,"v":1},{"t":"r","k":6,"v":[4,5,9]},{"k":1,"t":"READ"}]}
      """
    let read = try read(Array(text.utf8))
    #expect(read.format == .chronos && read.isTimed && read.partners == [2, 3, 0, 1])
    #expect(
      lines(read) == [
        Line(.invoke, 4, [["append", 3, 1], ["r", 6, .null], ["r", 1, .null]]),
        Line(.invoke, 19, [["w", 7, 2], ["r", 8, .null]]),
        Line(.ok, 4, [["append", 3, 1], ["r", 6, [4, 5, 9]], ["r", 1, .null]]),
        Line(.ok, 19, [["w", 7, 2], ["r", 8, 3]]),
      ])
  }

  @Test(
    "transactions of one time are concurrent, those of one session follow each other",
    arguments: [
      // Session, start and commit of each; the events as ±(place + 1).
      ([(0, 1, 2), (1, 2, 3)], [1, 2, -1, -2]),
      ([(0, 1, 2), (0, 2, 3)], [1, -1, 2, -2]),
      (
        [(0, 1, 2), (1, 1, 2), (0, 2, 2), (0, 2, 2), (2, 2, 2)],
        [1, 2, 5, -1, 3, -3, 4, -2, -4, -5]
      ),
      ([(0, 5, 5), (1, 5, 5)], [1, 2, -1, -2]),
    ] as [([(Int, Int, Int)], [Int])])
  func ties(times: [(session: Int, start: Int, commit: Int)], expected: [Int]) throws {
    let text = times.enumerated().map { place, time in
      "{\"tid\":\(place),\"sid\":\(time.session),\"sts\":{\"p\":\(time.start),\"l\":0},"
        + "\"cts\":{\"p\":\(time.commit),\"l\":0},\"ops\":[{\"t\":\"w\",\"k\":1,\"v\":\(place + 1)}]}"
    }.joined(separator: "\n")
    let events = lines(try read(Array(text.utf8), .chronos)).map { line -> Int in
      guard case .list(let steps) = line.value, case .list(let parts)? = steps.first,
        case .integer(let number)? = parts.last
      else { return 0 }
      return line.type == .invoke ? number : -number
    }
    #expect(events == expected)
  }

  @Test("a register's 0 in Chronos is the initial value where nobody writes it", arguments: [5, 0])
  func zeros(written: Int) throws {
    let text = """
      [{"tid":1,"sid":1,"sts":{"p":1,"l":0},"cts":{"p":2,"l":0},"ops":[{"t":"r","k":1,"v":0}]},
       {"tid":2,"sid":2,"sts":{"p":3,"l":0},"cts":{"p":4,"l":0},
        "ops":[{"t":"w","k":2,"v":\(written)}]}]
      """
    let first = lines(try read(Array(text.utf8)))[1]
    #expect(first == Line(.ok, 1, [["r", 1, written == 0 ? 0 : Value.null]]))
  }

  // MARK: - Round trips

  @Test("drawn histories are read as they were written", arguments: 0..<60 as Range<UInt64>)
  func roundTrips(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    let drawn = draws.transactions(1 + draws.below(80))
    let bySession = drawn.bySession.flatMap { $0 }.map { Line($0) }

    let plume = drawn.flatMap { transaction -> [DrawnTransaction] in
      if transaction.isCommitted { return [transaction] }
      return transaction.steps.map {
        DrawnTransaction(session: transaction.session, isCommitted: false, steps: [$0])
      }
    }
    #expect(lines(try read(drawn.plume, .plume)) == plume.map { Line($0) })
    #expect(try read(drawn.plume).format == .plume)

    for (isWrapped, areTuples) in [(false, false), (true, false), (false, true), (true, true)] {
      let bytes = drawn.dbcopJSON(isWrapped: isWrapped, areTuples: areTuples)
      let read = try read(bytes)
      #expect(read.format == .dbcop && lines(read) == bySession)
    }
    let bincode = try read(drawn.dbcopBincode)
    #expect(bincode.format == .dbcop && lines(bincode) == bySession)

    let committed = draws.transactions(1 + draws.below(40), aborts: false)
    for isArray in [true, false] {
      let read = try read(committed.chronos(isArray: isArray))
      #expect(read.format == .chronos && read.isTimed)
      #expect(lines(read).filter { $0.type == .ok } == committed.map { Line($0) })
      #expect(read.partners == read.partners.indices.map { Int32($0 ^ 1) })
    }
  }

  @Test(
    "AWDIT's tests and Cobra's logs are read as they were written",
    arguments: 0..<40 as Range<UInt64>)
  func moreRoundTrips(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    let drawn = draws.transactions(1 + draws.below(80), aborts: false)
    var session = -1
    let numbered = drawn.bySession.filter { !$0.isEmpty }.flatMap { transactions in
      session += 1
      return transactions.map { transaction in
        var value = transaction
        value.session = session
        value.steps = value.steps.map {
          if case .read(let key, nil) = $0 { .read(key: key, value: 0) } else { $0 }
        }
        return Line(value)
      }
    }
    #expect(lines(try read(drawn.awditTest)) == numbered)
    let log = drawn.map { Line(.ok, 0, $0.value) }
    #expect(lines(try read(drawn.cobra())) == log)
    // Without the last commit the last transaction is indeterminate.
    let cut = Array(drawn.cobra().dropLast(9))
    #expect(
      lines(try read(cut, .cobra)) == log.dropLast() + [Line(.info, 0, log[log.count - 1].value)])
  }

  @Test("a folder of Cobra's logs is a history, a session a log, in the order of their numbers")
  func folder() throws {
    var template = Array("/tmp/shrike-cobra-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer {
      for name in ["T2.log", "T10.log", "other"] { unlink("\(path)/\(name)") }
      rmdir(path)
    }
    func write(_ bytes: [UInt8], _ name: String) throws {
      let file = try #require(fopen("\(path)/\(name)", "w"))
      defer { fclose(file) }
      #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
    let first = DrawnTransaction(session: 0, steps: [.write(key: 1, value: 5)])
    let second = DrawnTransaction(
      session: 1, steps: [.read(key: 1, value: 5), .read(key: -2, value: nil)])
    try write([first].cobra(firstNumber: 1), "T2.log")
    try write([second].cobra(firstNumber: 2), "T10.log")
    try write([7], "other")
    for format in [nil, HistoryFormat.cobra] {
      let read = try HistoryColumns(path: path, format: format)
      #expect(read.format == .cobra && !read.isTimed)
      #expect(lines(read) == [Line(first), Line(second)])
    }
    let file = try HistoryFile(path: path)
    #expect(file.operations.count == 2 && file.format == .cobra)
    try write([second].cobra(firstNumber: 1), "T10.log")
    #expect {
      try HistoryColumns(path: path)
    } throws: {
      "\($0)" == "\(path)/T10.log: byte 0: expected each transaction once, found 1 a second time"
    }
  }

  @Test("converted to other formats and back nothing is lost", arguments: 0..<10 as Range<UInt64>)
  func conversions(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    let drawn = draws.transactions(40)
    let committed = draws.transactions(40, aborts: false)
    for bytes in [drawn.plume, drawn.dbcopBincode, committed.chronos(isArray: true)] {
      let original = try read(bytes)
      for format in HistoryFormat.written {
        var copied: [UInt8] = []
        original.write(format) { copied.append(contentsOf: $0) }
        let copy = try read(copied)
        #expect(copy.isTimed == original.isTimed && copy.partners == original.partners)
        #expect(copy.types == original.types && copy.processes == original.processes)
        #expect(lines(copy).map(\.value) == lines(original).map(\.value))
      }
    }
  }

  // MARK: - What is broken

  @Test(
    "a broken text is named by line and column, with what was expected there",
    arguments: [
      (
        .plume, "w(1,2,3,4)\nx(1,2,3,4)",
        "h:2:1: expected r(key,value,session,transaction) or w(…), found 'x(1,2,3,4)'"
      ),
      (.plume, "w(1,2,3,4", "h:1:10: expected ')', found the end of the line"),
      (.plume, "w(1,-2,3,4)", "h:1:5: expected a value from 0 to 2⁶⁴ − 1, found '-2,3,4)'"),
      (
        .plume, "w(1,2,3,-4)", "h:1:9: expected a transaction from 0 to 2⁶³ − 1, or -1, found '-4)'"
      ),
      (.plume, "w(1,2,3)", "h:1:8: expected ',', found ')'"),
      (.plume, "w(1,2,3,4) 5", "h:1:11: expected the end of the line, found ' 5'"),
      (
        .plume, "w(18446744073709551616,2,3,4)",
        "h:1:3: expected a key from 0 to 2⁶⁴ − 1, found '18446744073709551616'"
      ),
      (.plume, "w[1,2,3,4]", "h:1:2: expected '(', found '[1,2,3,4]'"),
      (
        .plume, "w(1,2,3,4)\nw(1,3,3,5)\nw(1,4,3,4)",
        "h:3:1: expected the lines of the transaction 4 one after the other, all in one session, found one of the session 3 behind those of another transaction"
      ),
      (
        .plume, "w(1,2,3,4)\nw(1,3,5,4)",
        "h:2:1: expected the lines of the transaction 4 one after the other, all in one session, found one of the session 5 behind those of another transaction"
      ),
      (
        .plume, "w(1,2,3,4)\nw(2,0,3,4)",
        "h:2:1: expected a written value from 1 on, found 0, which is the initial value"
      ),
      (
        .plume, "w(1,2,3,4)\nw(2,0,3,5)\n",
        "h:2:1: expected a written value from 1 on, found 0, which is the initial value"
      ),
      (.awditTest, "w 1 2\nx", "h:2:1: expected r k v, w k v, dashes or equals signs, found 'x'"),
      (
        .awditTest, "w 1",
        "h:1:4: expected a blank and a value from 0 to 2⁶⁴ − 1, found the end of the line"
      ),
      (.awditTest, "w 1 -2", "h:1:5: expected a blank and a value from 0 to 2⁶⁴ − 1, found '-2'"),
      (.awditTest, "---- w 1 2", "h:1:6: expected the end of the line, found 'w 1 2'"),
      (
        .dbcop, "[[{\"events\":[],\"committed\":true}]",
        "h:1:34: expected ',' or ']', found the end of the file"
      ),
      (
        .dbcop, "[[{\"events\":[]}]]",
        "h:1:16: expected a transaction with \"events\" and \"committed\", found one without"
      ),
      (.dbcop, "[[]]\n[]", "h:2:1: expected the end of the file, found '[]'"),
      (
        .dbcop,
        "[[{\"events\":[{\"Write\":{\"variable\":0,\"version\":null}}],\"committed\":true}]]",
        "h:1:52: expected a written version before this, found null"
      ),
      (
        .dbcop, "[[{\"events\":[{\"Cas\":{}}],\"committed\":true}]]",
        "h:1:21: expected \"Read\" or \"Write\", found another name"
      ),
      (
        .dbcop, "[[{\"events\":[{\"Read\":{\"variable\":1.5,\"version\":1}}],\"committed\":true}]]",
        "h:1:34: expected a variable, found '1.5,\"version\":1}}],\"'"
      ),
      (.dbcop, "{\"params\":{}}", "h:1:14: expected a member \"data\", found none"),
      (
        .dbcop, "[[{\"events\":[],\"committed\":1}]]",
        "h:1:28: expected true or false for \"committed\", found '1}]]'"
      ),
      (
        .chronos, "[{\"tid\":1}]",
        "h:1:11: expected a transaction with \"tid\", \"sid\", \"sts\", \"cts\" and \"ops\", found one without"
      ),
      (.chronos, "[{\"tid\":true}]", "h:1:9: expected an integer for \"tid\", found 'true}]'"),
      (
        .chronos, "{\"ops\":[{\"t\":\"x\",\"k\":1}]}",
        "h:1:17: expected r, w or a before this, found \"x\""
      ),
      (
        .chronos, "{\"ops\":[{\"t\":\"w\",\"k\":1}]}",
        "h:1:24: expected an operation with \"t\" and \"k\", and what is written, found one without"
      ),
      (.chronos, "[\n]\n1", "h:3:1: expected the end of the file, found '1'"),
    ] as [(HistoryFormat, String, String)])
  func broken(format: HistoryFormat, text: String, problem: String) {
    #expect {
      try read(Array(text.utf8), format)
    } throws: {
      "\($0)" == problem
    }
  }

  @Test(
    "times and numbers of Chronos' transactions that contradict each other are named",
    arguments: [
      ((1, 0, 5, 4), "expected \"sts\" before \"cts\", found it after that in 1"),
      ((0, 7, 5, 6), "expected each \"tid\" once, found 0 again"),
      (
        (1, 7, 1, 6),
        "expected a session's transactions one after the other, found that 1 of the session 7 starts "
          + "before the one before it commits"
      ),
    ])
  func contradictions(second: (tid: Int, sid: Int, start: Int, commit: Int), problem: String) {
    let text = [(0, 7, 1, 2), second].map { tid, sid, start, commit in
      "{\"tid\":\(tid),\"sid\":\(sid),\"sts\":{\"p\":\(start),\"l\":0},"
        + "\"cts\":{\"p\":\(commit),\"l\":0},\"ops\":[]}"
    }.joined(separator: "\n")
    #expect {
      try read(Array(text.utf8), .chronos)
    } throws: {
      "\($0)".hasPrefix("h:2:") && "\($0)".hasSuffix(problem)
    }
  }

  @Test("a broken binary history is named by the byte")
  func brokenBinary() throws {
    let drawn = [DrawnTransaction(session: 0, steps: [.write(key: 1, value: 5)])]
    func problem(_ bytes: [UInt8], _ format: HistoryFormat) -> String? {
      do throws(HistoryFileError) { _ = try read(bytes, format) } catch { return "\(error)" }
      return nil
    }
    let bincode = drawn.dbcopBincode
    for count in 8..<bincode.count {
      let text = problem(Array(bincode[..<count]), .dbcop) ?? "none"
      #expect(text.hasPrefix("h: byte ") && text.hasSuffix(", found the end of the file"))
    }
    let size = bincode.count
    #expect(
      problem(bincode + [0], .dbcop)
        == "h: byte \(size): expected the end of the file after 1 sessions, found more")
    var changed = bincode
    changed[size - 1] = 2
    #expect(
      problem(changed, .dbcop)
        == "h: byte \(size - 1): expected 0 or 1 for the flag of a transaction's success, found 2")
    changed = bincode
    // More transactions than there are.
    changed[size - 1 - 18 - 16] = 2
    #expect(
      problem(changed, .dbcop)
        == "h: byte \(size): expected the number of events of 8 bytes, found the end of the file")

    let log = drawn.cobra(firstNumber: 3)
    #expect(
      problem(log + log, .cobra)
        == "h: byte \(log.count): expected each transaction once, found 3 a second time")
    for count in 1..<log.count where ![9, 34].contains(count) {
      let text = problem(Array(log[..<count]), .cobra) ?? "none"
      #expect(text.hasPrefix("h: byte ") && text.hasSuffix(", found the end of the file"))
    }
    var other = log
    other[log.count - 1] = 9
    #expect(
      problem(other, .cobra)
        == "h: byte 34: expected the commit of the transaction 3, found that of 9")
    other = log
    other[9] = UInt8(ascii: "A")
    #expect(
      problem(other, .cobra)
        == "h: byte 9: expected R, W, or C of the open transaction, found 'A'")
    #expect(
      problem([0], .cobra) == "h: byte 0: expected S of a transaction, found the byte 0")
  }

  // MARK: - Anything

  @Test(
    "no change to a file crashes a reader, and each error names a place",
    arguments: 0..<60 as Range<UInt64>)
  func mutations(seed: UInt64) {
    var draws = Draws(seed: seed)
    let drawn = draws.transactions(1 + draws.below(8))
    let committed = draws.transactions(1 + draws.below(8), aborts: false)
    let files: [(HistoryFormat, [UInt8])] = [
      (.plume, drawn.plume), (.awditTest, committed.awditTest),
      (.dbcop, drawn.dbcopJSON(isWrapped: draws.chance(0.5), areTuples: draws.chance(0.5))),
      (.dbcop, drawn.dbcopBincode), (.cobra, committed.cobra()),
      (.chronos, committed.chronos(isArray: draws.chance(0.5))),
    ]
    var errors = 0
    for (format, whole) in files {
      for _ in 0..<60 {
        var bytes = whole
        for _ in 0...draws.below(3) where !bytes.isEmpty {
          let place = draws.below(bytes.count)
          switch draws.below(4) {
          case 0: bytes.remove(at: place)
          case 1: bytes.insert(bytes[draws.below(bytes.count)], at: place)
          case 2:
            bytes[place] = draws.element(of: Array("0-9,()[]{}\" \n\\rw".utf8) + [0, 255, 127])
          default: bytes.removeLast(min(bytes.count, draws.below(20)))
          }
        }
        let copy = bytes
        for capacity in [1 << 16, 16 + draws.below(100)] {
          do throws(HistoryFileError) {
            let read = try copy.withUnsafeBufferPointer { (bytes) throws(HistoryFileError) in
              try HistoryColumns(
                reading: UnsafeRawBufferPointer(bytes), named: "h", format: format, order: .index,
                byPiecesOf: capacity)
            }
            _ = lines(read)
          } catch {
            errors += 1
            let text = "\(error)"
            #expect(!text.contains("\n") && text.hasPrefix("h:"))
            #expect(error.line != nil || text.hasPrefix("h: byte "), "\(text)")
          }
        }
        _ = try? copy.withUnsafeBytes { try HistoryColumns(reading: $0, named: "h") }
      }
    }
    #expect(errors > 100)
  }

  @Test("pieces of any size are read as the whole is", arguments: 0..<20 as Range<UInt64>)
  func pieces(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    let drawn = draws.transactions(30)
    let committed = draws.transactions(30, aborts: false)
    let files: [(HistoryFormat, [UInt8])] = [
      (.plume, drawn.plume), (.awditTest, committed.awditTest),
      (.dbcop, drawn.dbcopJSON(isWrapped: true, areTuples: false)), (.dbcop, drawn.dbcopBincode),
      (.cobra, committed.cobra()), (.chronos, committed.chronos(isArray: true)),
    ]
    for (format, bytes) in files {
      let whole = try read(bytes, format)
      let capacity = 16 + draws.below(200)
      let pieces = try bytes.withUnsafeBytes {
        try HistoryColumns(
          reading: $0, named: "h", format: format, order: .index, byPiecesOf: capacity)
      }
      #expect(lines(pieces) == lines(whole))
    }
  }
}
