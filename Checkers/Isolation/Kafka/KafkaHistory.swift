internal import Histories
internal import Values
internal import Verdicts

/// The sends, polls and assignments of a history: integers in flat arrays.
///
/// Keys, and messages within their keys, are numbered. An operation may have several sends and polls:
/// a transaction is read just as the single ones are.
struct KafkaHistory {
  /// A client's operation.
  struct Act {
    enum Kind: UInt8 { case access, assign, other }

    var kind: Kind
    var outcome: Operation.Kind
    /// The number of its process, from 0.
    var process: Int32
    /// The lines of invocation and completion; -1 where there is no completion.
    var invocation: Int32
    var completion: Int32
    /// Its first places in `sends` and in `runs`.
    var firstSend: Int32
    var firstRun: Int32

    var isOk: Bool { outcome == .ok }
    /// The line that says how it ended, or that it began.
    var line: Int { Int(completion < 0 ? invocation : completion) }
  }

  struct Send {
    var act: Int32
    var key: Int32
    var message: Int32
    /// ``unknown`` where it was not told.
    var offset: Int
  }

  /// What an operation polled of one key, in the order in which it was answered.
  struct Run {
    var act: Int32
    var key: Int32
    /// Its first place in `offsets` and `messages`.
    var firstPair: Int32
  }

  static let unknown = Int.min

  let columns: HistoryColumns
  private(set) var acts: [Act] = []
  private(set) var sends: [Send] = []
  private(set) var runs: [Run] = []
  /// The pairs of all runs.
  private(set) var offsets: [Int] = []
  private(set) var messages: [Int32] = []
  private(set) var processCount = 0

  private(set) var keys: [String] = []
  /// The key and the value of each message.
  private(set) var versions = VersionTable()
  /// The send of each message, or -1.
  private(set) var writers: [Int32] = []
  /// Whether an operation that succeeded polled it.
  private(set) var isPolled: [Bool] = []
  /// Why the history can't be judged.
  private(set) var problem: String?

  private var keyNumbers: [String: Int32] = [:]
  /// The keys' numbers by what histories call them.
  private var keysOfValues: [Value: Int32] = [:]
  private var keysOfCodes: [ValueCode: Int32] = [:]
  /// The history's values, and messages that occur within maps only.
  private var table: ValueTable
  /// What the words at the beginnings of micro-operations mean.
  private var words: [(code: ValueCode, word: Word)] = []

  private enum Word { case send, poll, other }

  /// - Complexity: O(*n*) for *n* messages sent and polled.
  init(_ columns: HistoryColumns) {
    self.columns = columns
    table = columns.table
    var processes = DenseNumbers(bound: 4 * columns.count + 1_024)
    columns.table.withLists { lists in
      for position in columns.types.indices
      where columns.types[position] == .invoke && columns.processes[position] >= 0 {
        let partner = columns.partners[position]
        var act = Act(
          kind: .access, outcome: partner < 0 ? .info : columns.types[Int(partner)],
          process: processes.number(of: columns.processes[position]),
          invocation: Int32(truncatingIfNeeded: position), completion: partner,
          firstSend: Int32(truncatingIfNeeded: sends.count),
          firstRun: Int32(truncatingIfNeeded: runs.count))
        let f = columns.f(at: position)
        switch f {
        case "send", "poll", "txn": read(act, f, lists)
        case "assign": act.kind = .assign
        case "crash", "debug-topic-partitions": act.kind = .other
        default:
          problem = "op \(columns.index(at: position)): kafka has no operation \(f)"
        }
        acts.append(act)
        if problem != nil { return }
      }
    }
    processCount = processes.count
  }

  func sends(of act: Int) -> Range<Int> {
    Int(acts[act].firstSend)..<(act + 1 < acts.count ? Int(acts[act + 1].firstSend) : sends.count)
  }

  func runs(of act: Int) -> Range<Int> {
    Int(acts[act].firstRun)..<(act + 1 < acts.count ? Int(acts[act + 1].firstRun) : runs.count)
  }

  func pairs(of run: Int) -> Range<Int> {
    let end = run + 1 < runs.count ? Int(runs[run + 1].firstPair) : offsets.count
    return Int(runs[run].firstPair)..<end
  }

  var messageCount: Int { writers.count }

  /// The `index` of the line that says how an operation ended, or that it began.
  func index(_ act: Int) -> Int { columns.index(at: acts[act].line) }

  func process(_ act: Int) -> String { columns.process(at: acts[act].line).description }

  /// What the line of an operation's invocation, or the one that says how it ended, carries beside.
  func asked(_ act: Int) -> ValueMap { extra(Int(acts[act].invocation)) }

  func answered(_ act: Int) -> ValueMap { extra(acts[act].line) }

  private func extra(_ line: Int) -> ValueMap { columns.remark(at: line)?.extra ?? ValueMap() }

  func time(_ line: Int) -> Nanoseconds { columns.times?[line] ?? -1 }

  /// The numbers of the keys that an assignment names, as far as there are messages of them.
  func assignedKeys(_ act: Int) -> [Int32] {
    assigned(act).compactMap { number(ofKey: $0) }
  }

  /// What an assignment calls its keys.
  func assigned(_ act: Int) -> [Value] {
    columns.table.value(of: columns.values[acts[act].line]).elements ?? []
  }

  /// The number of a key that some operation named.
  func number(ofKey value: Value) -> Int32? { keysOfValues[value] ?? keyNumbers[value.keyName] }

  func keyText(_ key: Int32) -> String { keys[Int(key)] }

  func text(_ message: Int32) -> String {
    table.value(of: versions.values[Int(message)]).text(limit: 24)
  }

  /// Whether an act's sends took effect for certain: it succeeded, or somebody polled one of them.
  func isCommitted(_ act: Int) -> Bool {
    switch acts[act].outcome {
    case .ok: true
    case .fail: false
    case .info, .invoke: sends(of: act).contains { isPolled[Int(sends[$0].message)] }
    }
  }
}

// MARK: Reading

extension KafkaHistory {
  /// What was asked or answered of an operation's parts: single ones are written without the shell of
  /// a list of micro-operations.
  private enum Parts {
    case list(UnsafeBufferPointer<ValueCode>)
    /// A send's key, and its message or what became of it.
    case send(UnsafeBufferPointer<ValueCode>)
    case poll(ValueCode)
    case other
  }

  private mutating func parts(
    _ code: ValueCode, _ f: String, _ lists: ValueTable.Lists
  ) -> Parts {
    if let list = lists[code] {
      if let first = list.first.flatMap({ lists[$0] })?.first, word(first) != .other {
        return .list(list)
      }
      if f == "send" { return .send(list) }
    }
    return f == "poll" ? .poll(code) : .other
  }

  private mutating func word(_ code: ValueCode) -> Word {
    for word in words where word.code == code { return word.word }
    let word: Word
    switch table.value(of: code).name {
    case "send": word = .send
    case "poll": word = .poll
    default: return .other
    }
    words.append((code, word))
    return word
  }

  private mutating func read(_ act: Act, _ f: String, _ lists: ValueTable.Lists) {
    let asked = parts(columns.values[Int(act.invocation)], f, lists)
    let answered =
      act.completion < 0 ? Parts.other : parts(columns.values[Int(act.completion)], f, lists)
    var polled: [Polled] = []
    switch asked {
    case .send(let request) where request.count == 2:
      var answer: ValueCode?
      if case .send(let parts) = answered { answer = parts.last }
      if case .list(let list) = answered { answer = list.first.flatMap { lists[$0] }?.last }
      readSend(request[0], request[1], answer, act, lists)
    case .poll:
      var answer: ValueCode?
      if case .poll(let code) = answered { answer = code }
      if case .list(let list) = answered, let parts = list.first.flatMap({ lists[$0] }),
        parts.count > 1
      {
        answer = parts[1]
      }
      guard let answer, answer != .null else { return }
      readPoll(answer, act, &polled)
    case .list(let requests):
      readMany(requests, answered, act, &polled, lists)
    case .send, .other: refuse(act)
    }
    append(polled, of: act)
  }

  private mutating func readMany(
    _ requests: UnsafeBufferPointer<ValueCode>, _ answered: Parts, _ act: Act,
    _ polled: inout [Polled], _ lists: ValueTable.Lists
  ) {
    var pollCount = 0
    for (place, code) in requests.enumerated() {
      guard let request = lists[code], let first = request.first else { return refuse(act) }
      var answer: UnsafeBufferPointer<ValueCode>?
      if case .list(let answers) = answered, place < answers.count {
        answer = lists[answers[place]]
      }
      switch word(first) {
      case .send where request.count == 3:
        readSend(request[1], request[2], answer?.last, act, lists)
      case .poll:
        guard let answer, answer.count > 1, answer[1] != .null else { continue }
        pollCount += 1
        guard readPoll(answer[1], act, &polled) else { return }
      case .send, .other: return refuse(act)
      }
    }
    // One poll has each key once; what several polled of a key is taken together.
    if pollCount > 1 {
      polled = polled.enumerated().sorted {
        ($0.element.key, $0.offset) < ($1.element.key, $1.offset)
      }.map(\.element)
    }
  }

  private mutating func refuse(_ act: Act) {
    problem =
      "op \(columns.index(at: Int(act.invocation))): neither a send of [key, message] nor a poll"
  }

  private struct Polled {
    var key: Int32
    var offset: Int
    var message: Int32
  }

  private mutating func append(_ polled: [Polled], of act: Act) {
    for (place, pair) in polled.enumerated() {
      if place == 0 || polled[place - 1].key != pair.key {
        runs.append(
          Run(
            act: Int32(truncatingIfNeeded: acts.count), key: pair.key,
            firstPair: Int32(truncatingIfNeeded: offsets.count)))
      }
      offsets.append(pair.offset)
      messages.append(pair.message)
      if act.isOk { isPolled[Int(pair.message)] = true }
    }
  }

  private mutating func readSend(
    _ keyCode: ValueCode, _ value: ValueCode, _ answer: ValueCode?, _ act: Act,
    _ lists: ValueTable.Lists
  ) {
    let key = number(key: keyCode)
    let message = number(key: key, message: value)
    var offset = KafkaHistory.unknown
    if let pair = answer.flatMap({ lists[$0] }), pair.count == 2, pair[1] == value {
      offset = pair[0].integer ?? table.value(of: pair[0]).integer ?? KafkaHistory.unknown
    } else if act.isOk {
      problem =
        "op \(columns.index(at: Int(act.completion))): a send should answer [key, [offset, "
        + "\(text(message))]]"
    }
    if writers[Int(message)] >= 0 {
      let sender = Int(sends[Int(writers[Int(message)])].act)
      let first = sender < acts.count ? acts[sender].invocation : act.invocation
      problem =
        "op \(columns.index(at: Int(act.invocation))): message \(text(message)) of key "
        + "\(keyText(key)) was sent at op \(columns.index(at: Int(first))) already; the messages of "
        + "a key must be unique"
    }
    writers[Int(message)] = Int32(truncatingIfNeeded: sends.count)
    sends.append(
      Send(
        act: Int32(truncatingIfNeeded: acts.count), key: key, message: message, offset: offset))
  }

  /// - Returns: Whether the answer is one of a poll.
  @discardableResult
  private mutating func readPoll(
    _ answer: ValueCode, _ act: Act, _ polled: inout [Polled]
  ) -> Bool {
    let value = table.value(of: answer)
    if let map = value.map, readPoll(map, &polled) { return true }
    let line = act.completion < 0 ? act.invocation : act.completion
    problem =
      "op \(columns.index(at: Int(line))): a poll should answer {key: [[offset, message], …]}, not "
      + value.text()
    return false
  }

  private mutating func readPoll(_ map: ValueMap, _ polled: inout [Polled]) -> Bool {
    for entry in map.entries {
      let key = number(key: entry.key)
      guard let pairs = entry.value == .null ? [] : entry.value.elements else { return false }
      for pair in pairs {
        guard let parts = pair.elements, parts.count == 2,
          parts[0] == .null || parts[0].integer != nil
        else { return false }
        polled.append(
          Polled(
            key: key, offset: parts[0].integer ?? KafkaHistory.unknown,
            message: number(key: key, message: table.code(of: parts[1]))))
      }
    }
    return true
  }

  private mutating func number(key code: ValueCode) -> Int32 {
    if let number = keysOfCodes[code] { return number }
    let number = number(key: table.value(of: code))
    keysOfCodes[code] = number
    return number
  }

  private mutating func number(key value: Value) -> Int32 {
    if let number = keysOfValues[value] { return number }
    let name = value.keyName
    let number = keyNumbers[name] ?? Int32(truncatingIfNeeded: keys.count)
    keysOfValues[value] = number
    if Int(number) == keys.count {
      keyNumbers[name] = number
      keys.append(name)
    }
    return number
  }

  private mutating func number(key: Int32, message: ValueCode) -> Int32 {
    let number = versions.number(of: message, key)
    if Int(number) == writers.count {
      writers.append(-1)
      isPolled.append(false)
    }
    return number
  }
}

extension Value {
  /// A key's name: JSON writes the keys of an object as strings, whatever they are elsewhere.
  fileprivate var keyName: String { name ?? json }
}
