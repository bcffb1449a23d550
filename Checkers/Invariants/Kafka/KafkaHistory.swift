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
    enum Kind { case access, assign, other }

    var kind: Kind
    var process: Int
    /// The lines of invocation and completion; -1 where there is no completion.
    var invocation: Int
    var completion: Int
    var outcome: Operation.Kind
    /// Its places in `sends` and in `runs`.
    var sends = 0..<0
    var runs = 0..<0

    var isOk: Bool { outcome == .ok }
  }

  struct Send {
    var act: Int
    var key: Int
    var message: Int
    /// ``unknown`` where it was not told.
    var offset: Int
  }

  /// What an operation polled of one key, in the order in which it was answered.
  struct Run {
    var act: Int
    var key: Int
    /// Its places in `offsets` and `messages`.
    var pairs: Range<Int>
  }

  static let unknown = Int.min

  let lines: [Operation]
  private(set) var acts: [Act] = []
  private(set) var sends: [Send] = []
  private(set) var runs: [Run] = []
  /// The pairs of all runs.
  private(set) var offsets: [Int] = []
  private(set) var messages: [Int] = []

  private(set) var keys: [String] = []
  private(set) var texts: [Value] = []
  /// The key of each message, and the send of it, or -1.
  private(set) var keyOfMessage: [Int] = []
  private(set) var writers: [Int] = []
  /// Whether an operation that succeeded polled it.
  private(set) var isPolled: [Bool] = []
  /// Why the history can't be judged.
  private(set) var problem: String?

  private var keyNumbers: [String: Int] = [:]
  private var messageNumbers: [Message: Int] = [:]

  private struct Message: Hashable {
    var key: Int
    var value: Value
  }

  init(_ history: History) {
    lines = history.operations
    for position in lines.indices where problem == nil {
      let line = lines[position]
      guard line.type == .invoke, let process = line.process.number else { continue }
      let partner = Int(history.partners[position])
      let outcome = partner < 0 ? .info : lines[partner].type
      var act = Act(
        kind: .access, process: process, invocation: position, completion: partner,
        outcome: outcome)
      switch line.f {
      case "send", "poll", "txn": read(&act)
      case "assign": act.kind = .assign
      case "crash", "debug-topic-partitions": act.kind = .other
      default: problem = "op \(line.index): kafka has no operation \(line.f)"
      }
      acts.append(act)
    }
  }

  /// The line that says how an operation ended, or that it began.
  func line(_ act: Int) -> Operation {
    lines[acts[act].completion < 0 ? acts[act].invocation : acts[act].completion]
  }

  /// The `index` of that line.
  func index(_ act: Int) -> Int { line(act).index }

  /// The numbers of a key that some operation named.
  func number(ofKey value: Value) -> Int? { keyNumbers[value.keyName] }

  func keyText(_ key: Int) -> String { keys[key] }

  func text(_ message: Int) -> String { texts[message].text(limit: 24) }

  /// Whether an act's sends took effect for certain: it succeeded, or somebody polled one of them.
  func isCommitted(_ act: Int) -> Bool {
    switch acts[act].outcome {
    case .ok: true
    case .fail: false
    case .info, .invoke: acts[act].sends.contains { isPolled[sends[$0].message] }
    }
  }
}

// MARK: Reading

extension KafkaHistory {
  private mutating func read(_ act: inout Act) {
    let asked = lines[act.invocation]
    let answered = act.completion < 0 ? nil : lines[act.completion]
    let requests = asked.microOperations
    let answers = answered?.microOperations ?? []
    let place = acts.count
    let firstSend = sends.count
    let firstRun = runs.count
    var polled: [(key: Int, offset: Int, message: Int)] = []
    var pollCount = 0
    for (number, request) in requests.enumerated() {
      let answer = number < answers.count ? answers[number] : nil
      switch request.first?.name {
      case "send" where request.count == 3: readSend(request, answer, act, place)
      case "poll":
        guard let answer, answer.count > 1, answer[1] != .null else { continue }
        pollCount += 1
        guard let map = answer[1].map, readPoll(map, &polled) else {
          problem =
            "op \(answered?.index ?? asked.index): a poll should answer "
            + "{key: [[offset, message], …]}, not \(answer[1].text())"
          return
        }
      default:
        problem = "op \(asked.index): neither a send of [key, message] nor a poll"
        return
      }
    }
    // One poll has each key once; what several polled of a key is taken together.
    if pollCount > 1 { polled.sort { $0.key < $1.key } }
    for (number, pair) in polled.enumerated() {
      if number == 0 || polled[number - 1].key != pair.key {
        runs.append(Run(act: place, key: pair.key, pairs: offsets.count..<offsets.count))
      }
      offsets.append(pair.offset)
      messages.append(pair.message)
      runs[runs.count - 1].pairs = runs[runs.count - 1].pairs.lowerBound..<offsets.count
      if act.isOk { isPolled[pair.message] = true }
    }
    act.sends = firstSend..<sends.count
    act.runs = firstRun..<runs.count
  }

  private mutating func readSend(
    _ request: [Value], _ answer: [Value]?, _ act: Act, _ place: Int
  ) {
    let key = number(key: request[1])
    let message = number(key: key, message: request[2])
    var offset = KafkaHistory.unknown
    if let pair = answer?.last?.elements, pair.count == 2, pair[1] == request[2] {
      offset = pair[0].integer ?? KafkaHistory.unknown
    } else if act.isOk {
      problem =
        "op \(lines[act.completion].index): a send should answer [key, [offset, "
        + "\(request[2].text(limit: 24))]]"
    }
    if writers[message] >= 0 {
      let first = lines[acts[sends[writers[message]].act].invocation].index
      problem =
        "op \(lines[act.invocation].index): message \(request[2].text(limit: 24)) of key "
        + "\(keys[key]) was sent at op \(first) already; the messages of a key must be unique"
    }
    writers[message] = sends.count
    sends.append(Send(act: place, key: key, message: message, offset: offset))
  }

  private mutating func readPoll(
    _ map: ValueMap, _ polled: inout [(key: Int, offset: Int, message: Int)]
  ) -> Bool {
    for entry in map.entries {
      let key = number(key: entry.key)
      guard let pairs = entry.value == .null ? [] : entry.value.elements else { return false }
      for pair in pairs {
        guard let parts = pair.elements, parts.count == 2,
          parts[0] == .null || parts[0].integer != nil
        else { return false }
        polled.append(
          (
            key, parts[0].integer ?? KafkaHistory.unknown, number(key: key, message: parts[1])
          ))
      }
    }
    return true
  }

  private mutating func number(key value: Value) -> Int {
    let name = value.keyName
    if let number = keyNumbers[name] { return number }
    keyNumbers[name] = keys.count
    keys.append(name)
    return keys.count - 1
  }

  private mutating func number(key: Int, message: Value) -> Int {
    let name = Message(key: key, value: message)
    if let number = messageNumbers[name] { return number }
    messageNumbers[name] = texts.count
    texts.append(message)
    keyOfMessage.append(key)
    writers.append(-1)
    isPolled.append(false)
    return texts.count - 1
  }
}

extension Operation {
  /// The operation as a list of `["send", k, v]` and `["poll", …]`: single ones are written without
  /// that shell.
  fileprivate var microOperations: [[Value]] {
    if let list = value.elements, let first = list.first?.elements?.first?.name,
      first == "send" || first == "poll"
    {
      return list.map { $0.elements ?? [] }
    }
    switch (f, value) {
    case ("send", .list(let pair)): return [["send"] + pair]
    case ("poll", _): return [["poll", value]]
    default: return [[value]]
    }
  }
}

extension Value {
  /// A key's name: JSON writes the keys of an object as strings, whatever they are elsewhere.
  fileprivate var keyName: String { name ?? json }
}
