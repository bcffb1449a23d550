internal import Histories
internal import Values

/// Judges the order in which each process sends and polls, and keeps where it stands.
///
/// *Internal* anomalies are within one operation, *external* ones between an operation and the one
/// before of the same process on the same key. An assignment ends the comparison for the keys that
/// are not in it; one that seeks to the beginning ends it for all.
struct KafkaOrder {
  /// The last that a process did on a key.
  private struct Last {
    var act: Int
    var slot: Int
    var offset: Int
    var message: Int
  }

  private struct Consumer {
    var reads: [Int: Last] = [:]
    var sends: [Int: Last] = [:]
    /// What it wants next of each assigned key; nothing where an assignment did not say.
    var positions: [Int: Int]?
  }

  /// From which offset each run was asked, or ``KafkaHistory/unknown``.
  private(set) var asked: [Int]

  private let history: KafkaHistory
  private let logs: KafkaLogs
  private let isCompatible: Bool
  private var consumers: [Int: Consumer] = [:]

  /// - Parameter isCompatible: Whether positions are left alone, and an assignment also forgets what
  ///   was sent before it.
  init(
    _ history: KafkaHistory, _ logs: KafkaLogs, isCompatible: Bool, into report: inout KafkaReport
  ) {
    self.history = history
    self.logs = logs
    self.isCompatible = isCompatible
    asked = Array(repeating: KafkaHistory.unknown, count: history.runs.count)
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

  private mutating func assign(_ act: Int) {
    let (process, outcome) = (history.acts[act].process, history.acts[act].outcome)
    guard outcome != .fail, history.acts[act].completion >= 0 else { return }
    let line = history.line(act)
    let keys = Set((line.value.elements ?? []).compactMap { history.number(ofKey: $0) })
    var consumer = consumers[process] ?? Consumer()
    consumer.reads =
      line.seeksToBeginning ? [:] : consumer.reads.filter { keys.contains($0.key) }
    if isCompatible { consumer.sends = consumer.sends.filter { keys.contains($0.key) } }
    consumer.positions = nil
    if !isCompatible, outcome == .ok, let offsets = line.extra[.string("offsets")]?.map {
      var positions: [Int: Int] = [:]
      for entry in offsets.entries {
        guard let key = history.number(ofKey: entry.key) else { continue }
        positions[key] = entry.value.integer
      }
      consumer.positions = positions
    }
    consumers[process] = consumer
  }
}

// MARK: Polls

extension KafkaOrder {
  private mutating func judgePolls(_ act: Int, into report: inout KafkaReport) {
    let process = history.acts[act].process
    for place in history.acts[act].runs {
      let run = history.runs[place]
      guard let first = run.pairs.first else { continue }
      judgePosition(place, into: &report)
      let slots = run.pairs.map { slot(of: $0, run.key) }
      judgeInside(run, slots, into: &report)
      if let last = consumers[process]?.reads[run.key] {
        judgeStep(from: last, to: slots[0], pair: first, run, into: &report)
      }
      guard history.acts[act].isOk else { continue }
      let end = run.pairs.upperBound - 1
      consumers[process, default: Consumer()].reads[run.key] = Last(
        act: act, slot: slots[slots.count - 1], offset: history.offsets[end],
        message: history.messages[end])
    }
  }

  private func slot(of pair: Int, _ key: Int) -> Int {
    logs.slot(of: key, history.offsets[pair], history.messages[pair])
  }

  /// Whether a run answers what was asked; then its process goes on from the run's end.
  private mutating func judgePosition(_ place: Int, into report: inout KafkaReport) {
    let run = history.runs[place]
    let act = history.acts[run.act]
    guard act.isOk, let positions = consumers[act.process]?.positions else { return }
    let index = history.index(run.act)
    guard let position = positions[run.key] else {
      report.add(
        "unasked", [index],
        "op \(index) of process \(act.process) was answered key \(history.keyText(run.key)), "
          + "which it had not assigned")
      return
    }
    asked[place] = position
    let known = run.pairs.map { history.offsets[$0] }.filter { $0 != KafkaHistory.unknown }
    if let lowest = known.min(), lowest < position {
      report.add(
        "unasked", [index],
        "op \(index) of process \(act.process) asked key \(history.keyText(run.key)) from offset "
          + "\(position) and was answered offset \(lowest)")
    }
    if let highest = known.max() {
      consumers[act.process]?.positions?[run.key] = max(position, highest &+ 1)
    }
  }

  private func judgeInside(
    _ run: KafkaHistory.Run, _ slots: [Int], into report: inout KafkaReport
  ) {
    for step in slots.indices.dropFirst() where slots[step - 1] >= 0 && slots[step] >= 0 {
      let delta = slots[step] - slots[step - 1]
      guard delta != 1 else { continue }
      let pair = run.pairs.lowerBound + step
      let index = history.index(run.act)
      report.add(
        delta > 1 ? "int-poll-skip" : "int-nonmonotonic-poll", [index],
        "op \(index) polled \(described(run.key, pair - 1)) and then \(described(run.key, pair))"
          + skipped(from: slots[step - 1], to: slots[step]))
    }
  }

  private func judgeStep(
    from last: Last, to slot: Int, pair: Int, _ run: KafkaHistory.Run,
    into report: inout KafkaReport
  ) {
    guard last.slot >= 0, slot >= 0, slot - last.slot != 1 else { return }
    let (before, after) = (history.index(last.act), history.index(run.act))
    report.add(
      slot - last.slot > 1 ? "poll-skip" : "nonmonotonic-poll", [before, after],
      "process \(history.acts[run.act].process): op \(before) ended with "
        + described(run.key, last.offset, last.message)
        + ", op \(after) began with \(described(run.key, pair))"
        + skipped(from: last.slot, to: slot))
  }

  private func described(_ key: Int, _ pair: Int) -> String {
    described(key, history.offsets[pair], history.messages[pair])
  }

  private func described(_ key: Int, _ offset: Int, _ message: Int) -> String {
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
  private mutating func judgeSends(_ act: Int, into report: inout KafkaReport) {
    guard history.acts[act].outcome != .fail else { return }
    let process = history.acts[act].process
    for place in history.acts[act].sends {
      let send = history.sends[place]
      let slot = logs.slot(of: send.key, send.offset, send.message)
      let next = Last(act: act, slot: slot, offset: send.offset, message: send.message)
      if let last = consumers[process]?.sends[send.key], last.slot >= 0, slot >= 0,
        slot <= last.slot
      {
        let (before, after) = (history.index(last.act), history.index(act))
        report.add(
          last.act == act ? "int-nonmonotonic-send" : "nonmonotonic-send", [before, after],
          "process \(process): op \(before) sent \(described(send.key, last)), then op \(after) sent "
            + described(send.key, next))
      }
      consumers[process, default: Consumer()].sends[send.key] = next
    }
  }

  private func described(_ key: Int, _ last: Last) -> String {
    described(key, logs.offsets[last.slot], last.message)
  }
}

extension Operation {
  /// Whether an assignment begins all of its keys at their beginning.
  var seeksToBeginning: Bool {
    extra[.string("seek-to-beginning")] == true || extra[.string("seek-to-beginning?")] == true
  }
}
