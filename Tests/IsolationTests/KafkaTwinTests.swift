import Histories
import Isolation
import Testing
import Values
import Verdicts

/// A small cluster that does what it should, but for flaws, and writes down what its clients see.
private struct FlawedKafka {
  private struct Client {
    var pending: Operation?
    /// What it wants next of each assigned key.
    var offsets: [String: Int] = [:]
    var process: Int
  }

  var draws: Draws
  private let flaws: Double
  private let keys = ["a", "b"]
  private var logs: [String: [(offset: Int, message: Int)]] = [:]
  private var committed: [String: Int] = [:]
  private var sent: [String: Int] = [:]
  private var clients: [Client] = [0, 1, 2].map { Client(process: $0) }
  private(set) var lines: [Operation] = []

  init(seed: UInt64) {
    draws = Draws(seed: seed)
    flaws = draws.chance(0.3) ? 0 : draws.chance(0.5) ? 0.04 : 0.15
  }

  mutating func run() {
    for _ in 0..<(6 + draws.below(50)) {
      let place = draws.below(clients.count)
      if clients[place].pending == nil { invoke(place) } else { complete(place) }
    }
    if draws.chance(0.7) { look() }
  }

  private mutating func write(
    _ place: Int, _ type: Operation.Kind, _ f: String, _ value: Value, _ extra: ValueMap
  ) {
    lines.append(
      Operation(
        index: lines.count, time: .milliseconds(Int64(lines.count)), type: type,
        process: .client(clients[place].process), f: f, value: value, extra: extra))
  }

  private mutating func invoke(_ place: Int) {
    var value = Value.null
    var extra = ValueMap()
    let f = ["send", "send", "send", "poll", "poll", "poll", "assign", "crash"][draws.below(8)]
    if f == "send" {
      let key = draws.element(of: keys)
      sent[key, default: 0] += 1
      value = [.string(key), .integer(sent[key, default: 0])]
    } else if f == "assign" {
      value = .list(keys.filter { _ in draws.chance(0.7) }.map { .string($0) })
      if draws.chance(0.2) { extra[.string("seek-to-beginning")] = true }
    }
    write(place, .invoke, f, value, extra)
    clients[place].pending = lines[lines.count - 1]
  }

  private mutating func complete(_ place: Int) {
    guard let pending = clients[place].pending else { return }
    clients[place].pending = nil
    var extra = pending.extra
    var value = pending.value
    let isLost = pending.f == "crash" || draws.chance(0.08)
    switch pending.f {
    case "send": value = send(pending, isLost: isLost, place)
    case "poll":
      let polled = poll(place)
      if !isLost || draws.chance(0.5) { commit(polled, place, &extra, isLost: isLost) }
      value = .map(
        ValueMap(
          polled.map { key, pairs in
            .init(
              key: .string(key),
              value: .list(pairs.map { [.integer($0.offset), .integer($0.message)] }))
          }))
    case "assign": assign(place, pending, &extra, isLost: isLost)
    default: break
    }
    if isLost {
      write(place, .info, pending.f, pending.value, pending.extra)
      clients[place] = Client(process: clients[place].process + 3)
    } else if value == .null {
      write(place, .fail, pending.f, pending.value, pending.extra)
    } else {
      write(place, .ok, pending.f, value, extra)
    }
  }

  /// The completed value; null where the send is told to have failed.
  private mutating func send(_ pending: Operation, isLost: Bool, _ place: Int) -> Value {
    guard let key = pending.value.elements?[0].name,
      let message = pending.value.elements?[1].integer
    else { return .null }
    let isRefused = draws.chance(0.08)
    let isKept = isRefused || isLost ? draws.chance(isLost ? 0.5 : flaws) : !draws.chance(flaws)
    var offset = (logs[key]?.last?.offset ?? -1) + 1 + (draws.chance(0.2) ? draws.below(3) : 0)
    if draws.chance(flaws) { offset = draws.below(offset + 1) }
    if isKept { logs[key, default: []].append((offset, message)) }
    logs[key]?.sort { $0.offset < $1.offset }
    if draws.chance(flaws) { logs[key, default: []].append((offset + 1, message)) }
    if draws.chance(flaws) { offset = max(0, offset - 1) }
    return isRefused ? .null : [.string(key), [.integer(offset), .integer(message)]]
  }

  private mutating func poll(_ place: Int) -> [(String, [(offset: Int, message: Int)])] {
    var polled: [(String, [(offset: Int, message: Int)])] = []
    for key in keys {
      guard let wanted = clients[place].offsets[key] ?? (draws.chance(flaws) ? 0 : nil) else {
        continue
      }
      let from = draws.chance(flaws) ? max(0, wanted - 1 + draws.below(3)) : wanted
      var pairs = (logs[key] ?? []).filter { $0.offset >= from }
      pairs = Array(pairs.prefix(1 + draws.below(4)))
      if draws.chance(flaws), pairs.count > 1 { pairs.remove(at: draws.below(pairs.count)) }
      if draws.chance(flaws), pairs.count > 1 { pairs.swapAt(0, pairs.count - 1) }
      if draws.chance(flaws), let first = pairs.first { pairs.append(first) }
      if draws.chance(flaws) { pairs.append(invented(key)) }
      if !pairs.isEmpty || draws.chance(0.2) { polled.append((key, pairs)) }
    }
    return polled
  }

  /// A pair that is not in the log: of no message, or of the next one to be sent.
  private mutating func invented(_ key: String) -> (offset: Int, message: Int) {
    let next = (sent[key] ?? 0) + 1
    return (draws.below(6), draws.chance(0.5) ? next : 1 + draws.below(12))
  }

  private mutating func commit(
    _ polled: [(String, [(offset: Int, message: Int)])], _ place: Int, _ extra: inout ValueMap,
    isLost: Bool
  ) {
    var highest: [ValueMap.Entry] = []
    for (key, pairs) in polled {
      guard let offset = pairs.map(\.offset).max() else { continue }
      highest.append(.init(key: .string(key), value: .integer(offset)))
      if !draws.chance(flaws) {
        committed[key] = draws.chance(0.5) ? offset : max(offset, committed[key] ?? 0)
      }
      if let wanted = clients[place].offsets[key] {
        clients[place].offsets[key] = max(wanted, offset + 1)
      }
    }
    if !highest.isEmpty { extra[.string("committed")] = .map(ValueMap(highest)) }
  }

  private mutating func assign(
    _ place: Int, _ pending: Operation, _ extra: inout ValueMap, isLost: Bool
  ) {
    let assigned = (pending.value.elements ?? []).compactMap(\.name)
    let isFromBeginning = pending.extra[.string("seek-to-beginning")] == true
    var listed: [ValueMap.Entry] = []
    var offsets: [String: Int] = [:]
    for key in assigned {
      var found = committed[key]
      if draws.chance(flaws) { found = draws.chance(0.5) ? nil : draws.below(6) }
      if let found { listed.append(.init(key: .string(key), value: .integer(found))) }
      offsets[key] = isFromBeginning ? 0 : clients[place].offsets[key] ?? found ?? 0
    }
    clients[place].offsets = offsets
    if !isFromBeginning { extra[.string("committed")] = .map(ValueMap(listed)) }
    // Histories of others do not say where an assignment begins.
    guard draws.chance(0.8) else { return }
    extra[.string("offsets")] = .map(
      ValueMap(offsets.map { .init(key: .string($0.key), value: .integer($0.value)) }))
  }

  /// Ends what is under way, and has one client look at everything.
  private mutating func look() {
    for place in clients.indices where clients[place].pending != nil { complete(place) }
    let extra = ValueMap(facts: ["seek-to-beginning": true])
    write(0, .invoke, "assign", .list(keys.map { .string($0) }), extra)
    clients[0].pending = lines[lines.count - 1]
    complete(0)
    for _ in 0..<(1 + draws.below(8)) {
      write(0, .invoke, "poll", nil, ValueMap())
      clients[0].pending = lines[lines.count - 1]
      complete(0)
    }
  }
}

@Suite("kafka agrees with its definition")
struct KafkaTwinTests {
  @Test("on random histories", arguments: 0..<20 as Range<UInt64>)
  func random(batch: UInt64) throws {
    var seen: [String: Int] = [:]
    for seed in batch * 300..<batch * 300 + 300 {
      var cluster = FlawedKafka(seed: seed)
      cluster.run()
      let history = try History(cluster.lines)
      let expected = DefinedKafka(history)
      let finding = KafkaChecker().check(history)
      let text = cluster.lines.map { line in
        var bytes: [UInt8] = []
        line.writeJSON(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
      }.joined(separator: "\n")
      #expect(finding.counts == expected.counts, "seed \(seed)\n\(text)")
      let verdict: Verdict =
        !expected.counts.isEmpty
        ? .invalid : expected.hasDoubt || !expected.succeeded ? .unknown : .valid
      #expect(finding.verdict == verdict, "seed \(seed)\n\(text)")
      for type in finding.counts.keys { seen[type, default: 0] += 1 }
      seen[finding.verdict.rawValue, default: 0] += 1
    }
    for type in [
      "valid", "invalid", "unknown", "inconsistent-offsets", "duplicate", "lost-write", "unseen",
      "G1a", "phantom", "G1c-realtime", "poll-skip", "nonmonotonic-poll", "int-poll-skip",
      "int-nonmonotonic-poll", "nonmonotonic-send", "unasked", "lost-commit", "phantom-commit",
    ] {
      #expect(seen[type, default: 0] >= 2, "\(type): \(seen)")
    }
  }
}
