import Histories
import Values

/// What the kafka checker should count, straight from the definitions, whatever it costs.
struct DefinedKafka {
  typealias Pair = (offset: Int, message: Value)

  /// An operation with its parts as values.
  struct Act {
    var call: Call
    var send: (key: String, message: Value, offset: Int?)?
    var polled: [String: [Pair]] = [:]

    var isOk: Bool { call.outcome == .ok }
    var mayHaveHappened: Bool { call.outcome != .fail }
  }

  private(set) var counts: [String: Int] = [:]
  private(set) var hasDoubt = false
  private(set) var succeeded = false
  private let acts: [Act]
  private let keys: [String]
  /// For each key the messages known at each offset.
  private var logs: [String: [Int: Set<Value>]] = [:]

  init(_ history: History) {
    acts = history.calls.map { call in
      var act = Act(call: call)
      if call.f == "send", let asked = call.invocation.value.elements {
        let offset = act.isOk ? call.completion?.value.elements?[1].elements?[0].integer : nil
        act.send = (asked[0].name ?? "", asked[1], offset)
      } else if call.f == "poll", act.isOk {
        for entry in call.value.map?.entries ?? [] {
          act.polled[entry.key.name ?? ""] = (entry.value.elements ?? []).map {
            ($0.elements?[0].integer ?? 0, $0.elements?[1] ?? .null)
          }
        }
      }
      return act
    }
    keys = Set(
      acts.compactMap(\.send?.key) + acts.flatMap { $0.polled.keys }
    ).sorted()
    succeeded = acts.contains { $0.isOk && ($0.send != nil || $0.call.f == "poll") }
    for act in acts {
      if let send = act.send, let offset = send.offset {
        logs[send.key, default: [:]][offset, default: []].insert(send.message)
      }
      for (key, pairs) in act.polled {
        for pair in pairs { logs[key, default: [:]][pair.offset, default: []].insert(pair.message) }
      }
    }
    countMessages()
    for process in Set(acts.map(\.call.process.description)) { follow(process) }
    countCycles()
    countCommits()
    counts = counts.filter { $0.value > 0 }
  }

  private mutating func add(_ type: String, _ count: Int = 1) { counts[type, default: 0] += count }

  private func place(_ key: String, _ offset: Int) -> Int {
    (logs[key] ?? [:]).keys.filter { $0 < offset }.count
  }

  private func places(_ key: String, of message: Value) -> [Int] {
    (logs[key] ?? [:]).filter { $0.value.contains(message) }.keys.sorted()
  }

  /// From where a process wanted a key, before an operation of it; nothing where it had not assigned
  /// the key, and `.min` where its assignment did not say.
  private func position(_ act: Act, _ key: String) -> Int? {
    var position: Int? = .min
    for earlier in acts
    where earlier.call.process == act.call.process && earlier.call.position < act.call.position {
      if earlier.call.f == "assign", earlier.isOk {
        guard let offsets = earlier.call.completion?.extra[.string("offsets")]?.map else {
          position = .min
          continue
        }
        position = offsets[.string(key)]?.integer
      } else if let highest = earlier.polled[key]?.map(\.offset).max(), let known = position,
        known != .min
      {
        position = max(known, highest + 1)
      }
    }
    return position
  }
}

// MARK: Messages

extension DefinedKafka {
  private func isPolled(_ key: String, _ message: Value) -> Bool {
    acts.contains { $0.polled[key]?.contains { $0.message == message } == true }
  }

  private mutating func countMessages() {
    for key in keys {
      let log = logs[key] ?? [:]
      add("inconsistent-offsets", log.values.filter { $0.count > 1 }.count)
      for message in Set(log.values.flatMap { $0 }) {
        if places(key, of: message).count > 1 { add("duplicate") }
        guard isPolled(key, message) else { continue }
        let writer = acts.first { $0.send?.key == key && $0.send?.message == message }
        if writer == nil { add("phantom") }
        if writer?.mayHaveHappened == false { add("G1a") }
      }
    }
    for act in acts where act.isOk {
      guard let send = act.send, !isPolled(send.key, send.message) else { continue }
      let last = places(send.key, of: send.message).last ?? 0
      let isPassed = acts.contains { other in
        guard let highest = other.polled[send.key]?.map(\.offset).max() else { return false }
        return highest >= last && position(other, send.key) ?? .min <= last
      }
      if isPassed {
        add("lost-write")
      } else if wasLookedFor(send.key, after: act.call.end ?? 0) {
        add("unseen")
      } else {
        hasDoubt = true
      }
    }
  }

  /// Whether somebody began the key from its beginning later, and then polled.
  private func wasLookedFor(_ key: String, after end: Int) -> Bool {
    acts.contains { assign in
      assign.call.f == "assign" && assign.isOk && assign.call.position > end
        && assign.call.invocation.extra[.string("seek-to-beginning")] == true
        && assign.call.value.elements?.contains(.string(key)) == true
        && {
          let later = acts.filter {
            $0.call.process == assign.call.process && $0.call.position > assign.call.position
              && $0.isOk && ($0.call.f == "poll" || $0.call.f == "assign")
          }
          return later.first?.call.f == "poll"
        }()
    }
  }
}

// MARK: Orders

extension DefinedKafka {
  private mutating func follow(_ process: String) {
    let own = acts.filter { $0.call.process.description == process }
    for (number, act) in own.enumerated() {
      for key in keys {
        countPoll(act, key, own[..<number])
        guard act.send?.key == key, act.mayHaveHappened, let offset = offsetOf(act) else {
          continue
        }
        let before = own[..<number].last { $0.send?.key == key && $0.mayHaveHappened }
        guard let before, let earlier = offsetOf(before) else { continue }
        if place(key, offset) <= place(key, earlier) { add("nonmonotonic-send") }
      }
    }
  }

  /// The offset of an operation's message: as it was told, or where it was polled last.
  private func offsetOf(_ act: Act) -> Int? {
    act.send.flatMap { send in send.offset ?? places(send.key, of: send.message).last }
  }

  private mutating func countPoll(_ act: Act, _ key: String, _ earlier: ArraySlice<Act>) {
    guard let pairs = act.polled[key], let first = pairs.first else { return }
    for (a, b) in zip(pairs, pairs.dropFirst()) {
      let delta = place(key, b.offset) - place(key, a.offset)
      if delta > 1 { add("int-poll-skip") }
      if delta < 1 { add("int-nonmonotonic-poll") }
    }
    switch position(act, key) {
    case nil: add("unasked")
    case let position?: if pairs.contains(where: { $0.offset < position }) { add("unasked") }
    }
    let last = earlier.lastIndex { $0.polled[key]?.isEmpty == false }
    guard let last, let end = earlier[last].polled[key]?.last else { return }
    let isCut = earlier[last...].contains { assign in
      guard assign.call.f == "assign", assign.isOk else { return false }
      return assign.call.invocation.extra[.string("seek-to-beginning")] == true
        || assign.call.value.elements?.contains(.string(key)) != true
    }
    guard !isCut else { return }
    let delta = place(key, first.offset) - place(key, end.offset)
    if delta > 1 { add("poll-skip") }
    if delta < 1 { add("nonmonotonic-poll") }
  }
}

// MARK: Cycles

extension DefinedKafka {
  private mutating func countCycles() {
    let vertices = acts.indices.filter {
      (acts[$0].send != nil || acts[$0].call.f == "poll") && acts[$0].mayHaveHappened
    }
    func polls(_ a: Int, _ b: Int) -> Bool {
      guard let send = acts[a].send else { return false }
      return acts[b].polled[send.key]?.contains { $0.message == send.message } == true
    }
    func precedes(_ a: Int, _ b: Int) -> Bool {
      acts[a].isOk && (acts[a].call.end ?? .max) < acts[b].call.position
    }
    var explained: Set<Int> = []
    for type in ["G1c", "G1c-process", "G1c-realtime"] {
      var reaches = Array(
        repeating: Array(repeating: false, count: acts.count), count: acts.count)
      for a in vertices {
        for b in vertices where a != b {
          let isSame = acts[a].call.process == acts[b].call.process
          reaches[a][b] =
            polls(a, b) || type == "G1c-realtime" && precedes(a, b)
            || type == "G1c-process" && isSame && precedes(a, b)
        }
      }
      for middle in vertices {
        for a in vertices where reaches[a][middle] {
          for b in vertices where reaches[middle][b] { reaches[a][b] = true }
        }
      }
      var done: Set<Int> = []
      for a in vertices where !done.contains(a) && reaches[a][a] {
        let component = vertices.filter { reaches[a][$0] && reaches[$0][a] }
        done.formUnion(component)
        guard explained.isDisjoint(with: component) else { continue }
        explained.formUnion(component)
        add(type)
      }
    }
  }
}

// MARK: Commits

extension DefinedKafka {
  private mutating func countCommits() {
    for assign in acts where assign.call.f == "assign" && assign.isOk {
      guard let listed = assign.call.completion?.extra[.string("committed")]?.map else { continue }
      for key in assign.call.value.elements ?? [] {
        judge(assign, key.name ?? "", listed[key]?.integer)
      }
    }
  }

  private mutating func judge(_ assign: Act, _ key: String, _ found: Int?) {
    func offset(_ act: Act) -> Int? {
      act.call.completion?.extra[.string("committed")]?.map?[.string(key)]?.integer
    }
    let end = assign.call.end ?? 0
    let commits = acts.filter { $0.call.f == "poll" && $0.isOk && offset($0) != nil }
    let before = commits.filter { $0.call.end ?? 0 < assign.call.position }
    let isExcused =
      found.map { found in
        acts.contains { poll in
          guard poll.call.f == "poll", poll.call.outcome == .info, poll.call.position < end else {
            return false
          }
          let assigned = acts.last {
            $0.call.process == poll.call.process && $0.call.position < poll.call.position
              && $0.call.f == "assign" && $0.isOk
          }
          guard assigned?.call.value.elements?.contains(.string(key)) == true,
            let position = position(poll, key)
          else { return false }
          return position <= found
        }
      } ?? false
    guard let found else {
      if !before.isEmpty { add("lost-commit") }
      return
    }
    let candidates = commits.filter { offset($0) == found && $0.call.position < end }
    if candidates.isEmpty && !isExcused { add("phantom-commit") }
    let isBelow = before.contains { offset($0) ?? 0 > found }
    let mayBeLatest = candidates.contains { candidate in
      !before.contains { $0.call.position > candidate.call.end ?? 0 }
    }
    if isBelow && !candidates.isEmpty && !mayBeLatest && !isExcused { add("lost-commit") }
  }
}
