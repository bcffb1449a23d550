internal import Histories
internal import Values
internal import Verdicts

/// Judges the order in which each process sends and polls, and keeps where it stands.
///
/// *Internal* anomalies are within one operation, *external* ones between an operation and the one
/// before of the same process on the same key. An assignment ends the comparison for the keys that
/// are not in it; one that seeks to the beginning ends it for all.
struct KafkaOrder {
  /// The last that a process did on a key.
  private struct Last {
    var act: Int32 = -1
    var slot: Int32 = -1
    var message: Int32 = -1
    var offset = KafkaHistory.unknown
  }

  /// What a process did on a key, and the number of its assignment that this is good for.
  private struct Course {
    var read = Last()
    var readTerm: Int32 = -1
    var send = Last()
    var sendTerm: Int32 = -1
    /// What it wants next.
    var position = KafkaHistory.unknown
    var positionTerm: Int32 = -1
  }

  /// From which offset each run was asked, or ``KafkaHistory/unknown``.
  private(set) var asked: [Int]
  /// How often a transaction's next send of a key left a gap, which is allowed.
  private(set) var skippingSends = 0

  private let history: KafkaHistory
  private let logs: KafkaLogs
  private let isCompatible: Bool
  private var courses: [Course] = []
  /// The course of each process and key.
  private var places: [Int: Int] = [:]
  /// How often each process was assigned keys, and whether it is known from where on.
  private var terms: [Int32]
  private var hasPositions: [Bool]

  /// - Parameter isCompatible: Whether positions are left alone, and an assignment also forgets what
  ///   was sent before it.
  init(
    _ history: KafkaHistory, _ logs: KafkaLogs, isCompatible: Bool, into report: inout CaseReport
  ) {
    self.history = history
    self.logs = logs
    self.isCompatible = isCompatible
    asked = Array(repeating: KafkaHistory.unknown, count: history.runs.count)
    terms = Array(repeating: 0, count: history.processCount)
    hasPositions = Array(repeating: false, count: history.processCount)
    for act in history.acts.indices {
      switch history.acts[act].kind {
      case .assign: assign(act)
      case .access:
        judgePolls(act, into: &report)
        judgeSends(act, into: &report)
      case .other: break
      }
    }
  }

  @inline(__always)
  private mutating func course(_ process: Int32, _ key: Int32) -> Int {
    let name = Int(process) * history.keys.count + Int(key)
    if let place = places[name] { return place }
    places[name] = courses.count
    courses.append(Course())
    return courses.count - 1
  }

  private mutating func assign(_ act: Int) {
    let facts = history.acts[act]
    guard facts.outcome != .fail, facts.completion >= 0 else { return }
    let process = Int(facts.process)
    let extra = history.answered(act)
    let (old, new) = (terms[process], terms[process] + 1)
    terms[process] = new
    for key in history.assignedKeys(act) {
      let course = course(facts.process, key)
      if courses[course].readTerm == old, !extra.seeksToBeginning {
        courses[course].readTerm = new
      }
      if isCompatible, courses[course].sendTerm == old { courses[course].sendTerm = new }
    }
    hasPositions[process] = false
    guard !isCompatible, facts.outcome == .ok, let offsets = extra[.string("offsets")]?.map else {
      return
    }
    hasPositions[process] = true
    for entry in offsets.entries {
      guard let key = history.number(ofKey: entry.key), let offset = entry.value.integer else {
        continue
      }
      let course = course(facts.process, key)
      courses[course].position = offset
      courses[course].positionTerm = new
    }
  }
}

// MARK: Polls

extension KafkaOrder {
  private mutating func judgePolls(_ act: Int, into report: inout CaseReport) {
    let facts = history.acts[act]
    for run in history.runs(of: act) {
      let key = history.runs[run].key
      let pairs = history.pairs(of: run)
      let course = course(facts.process, key)
      judgePosition(run, course, into: &report)
      judgeInside(run, into: &report)
      let term = terms[Int(facts.process)]
      if courses[course].readTerm == term {
        judgeStep(from: courses[course].read, to: pairs.lowerBound, run, into: &report)
      }
      guard facts.isOk else { continue }
      let end = pairs.upperBound - 1
      courses[course].readTerm = term
      courses[course].read = Last(
        act: Int32(truncatingIfNeeded: act), slot: logs.slotsOfPairs[end],
        message: history.messages[end], offset: history.offsets[end])
    }
  }

  /// Whether a run answers what was asked; then its process goes on from the run's end.
  private mutating func judgePosition(_ run: Int, _ course: Int, into report: inout CaseReport) {
    let act = Int(history.runs[run].act)
    let process = Int(history.acts[act].process)
    guard history.acts[act].isOk, hasPositions[process] else { return }
    guard courses[course].positionTerm == terms[process] else {
      report.add(
        "unasked", [history.index(act)],
        "op \(history.index(act)) of process \(history.process(act)) was answered key "
          + "\(history.keyText(history.runs[run].key)), which it had not assigned")
      return
    }
    let position = courses[course].position
    asked[run] = position
    var (lowest, highest) = (Int.max, KafkaHistory.unknown)
    for pair in history.pairs(of: run) where history.offsets[pair] != KafkaHistory.unknown {
      lowest = min(lowest, history.offsets[pair])
      highest = max(highest, history.offsets[pair])
    }
    if lowest < position {
      report.add(
        "unasked", [history.index(act)],
        "op \(history.index(act)) of process \(history.process(act)) asked key "
          + "\(history.keyText(history.runs[run].key)) from offset \(position) and was answered "
          + "offset \(lowest)")
    }
    guard highest != KafkaHistory.unknown else { return }
    courses[course].position = max(position, highest &+ 1)
  }

  private func judgeInside(_ run: Int, into report: inout CaseReport) {
    let pairs = history.pairs(of: run)
    for pair in pairs.dropFirst() {
      let (before, after) = (Int(logs.slotsOfPairs[pair - 1]), Int(logs.slotsOfPairs[pair]))
      guard before >= 0, after >= 0, after - before != 1 else { continue }
      let act = Int(history.runs[run].act)
      let key = history.runs[run].key
      report.add(
        after - before > 1 ? "int-poll-skip" : "int-nonmonotonic-poll", [history.index(act)],
        "op \(history.index(act)) polled \(described(key, pair - 1)) and then "
          + described(key, pair) + skipped(from: before, to: after))
    }
  }

  private func judgeStep(
    from last: Last, to pair: Int, _ run: Int, into report: inout CaseReport
  ) {
    let (before, after) = (Int(last.slot), Int(logs.slotsOfPairs[pair]))
    guard before >= 0, after >= 0, after - before != 1 else { return }
    let (first, second) = (Int(last.act), Int(history.runs[run].act))
    let key = history.runs[run].key
    report.add(
      after - before > 1 ? "poll-skip" : "nonmonotonic-poll",
      [history.index(first), history.index(second)],
      "process \(history.process(second)): op \(history.index(first)) ended with "
        + described(key, last.offset, last.message)
        + ", op \(history.index(second)) began with \(described(key, pair))"
        + skipped(from: before, to: after))
  }

  private func described(_ key: Int32, _ pair: Int) -> String {
    described(key, history.offsets[pair], history.messages[pair])
  }

  private func described(_ key: Int32, _ offset: Int, _ message: Int32) -> String {
    let place = offset == KafkaHistory.unknown ? "" : " at offset \(offset)"
    return "message \(history.text(message))\(place) of key \(history.keyText(key))"
  }

  /// What stands between two slots.
  private func skipped(from: Int, to: Int) -> String {
    guard to - from > 1 else { return "" }
    let shown = (from + 1..<to).prefix(4).map { slot in
      "\(history.text(logs.messages(at: slot).first ?? 0)) at \(logs.offsets[slot])"
    }
    let more = to - from - 1 - shown.count
    return "; skipped \(shown.joined(separator: ", "))" + (more > 0 ? " and \(more) more" : "")
  }
}

// MARK: Sends

extension KafkaOrder {
  private mutating func judgeSends(_ act: Int, into report: inout CaseReport) {
    let facts = history.acts[act]
    guard facts.outcome != .fail else { return }
    let term = isCompatible ? terms[Int(facts.process)] : 0
    for place in history.sends(of: act) {
      let send = history.sends[place]
      let next = Last(
        act: send.act, slot: logs.slotsOfSends[place], message: send.message, offset: send.offset)
      let course = course(facts.process, send.key)
      let last = courses[course].send
      if courses[course].sendTerm == term, last.slot >= 0, next.slot >= 0, next.slot <= last.slot {
        let (before, after) = (history.index(Int(last.act)), history.index(act))
        report.add(
          last.act == send.act ? "int-nonmonotonic-send" : "nonmonotonic-send", [before, after],
          "process \(history.process(act)): op \(before) sent \(described(send.key, last)), then op "
            + "\(after) sent \(described(send.key, next))")
      }
      if courses[course].sendTerm == term, last.act == send.act, last.slot >= 0,
        next.slot > last.slot + 1
      {
        skippingSends += 1
      }
      courses[course].send = next
      courses[course].sendTerm = term
    }
  }

  private func described(_ key: Int32, _ last: Last) -> String {
    described(key, logs.offsets[Int(last.slot)], last.message)
  }
}

extension ValueMap {
  /// Whether what an assignment carries says that it begins all of its keys at their beginning.
  var seeksToBeginning: Bool {
    self[.string("seek-to-beginning")] == true || self[.string("seek-to-beginning?")] == true
  }
}
