internal import Histories
internal import Verdicts

/// Judges what became of each message that was sent, and where each polled one comes from.
struct KafkaWrites {
  /// Messages that were acknowledged and polled by nobody, though nobody is known to have gone past
  /// them: whether they are lost depends on how long was looked for them.
  private(set) var unseen: [Int32] = []
  /// Those that were acknowledged and that somebody is known to have gone past.
  private(set) var lost: [Int32] = []

  private let history: KafkaHistory
  private let logs: KafkaLogs
  /// For each slot whether a run began at or before it and went on to it or past it.
  private var isPassed: [Bool] = []
  private var passes: [(slots: ClosedRange<Int>, act: Int)] = []

  /// - Parameter asked: From which offset each run was asked; those of which that is not known count
  ///   as asked from the beginning.
  init(
    _ history: KafkaHistory, _ logs: KafkaLogs, asked: [Int], into report: inout CaseReport
  ) {
    self.history = history
    self.logs = logs
    pass(asked)
    judgePlaces(into: &report)
    judgeLosses(into: &report)
    judgeSources(into: &report)
  }

  private mutating func pass(_ asked: [Int]) {
    var change = [Int32](repeating: 0, count: logs.offsets.count + 1)
    for run in history.runs.indices {
      let act = Int(history.runs[run].act)
      guard history.acts[act].isOk else { continue }
      var end = -1
      for pair in history.pairs(of: run) { end = max(end, Int(logs.slotsOfPairs[pair])) }
      guard end >= 0 else { continue }
      // Unknown is below every offset.
      let start = logs.slot(of: history.runs[run].key, from: asked[run])
      guard start <= end else { continue }
      change[start] += 1
      change[end + 1] -= 1
      passes.append((start...end, act))
    }
    var depth: Int32 = 0
    isPassed = logs.offsets.indices.map { slot in
      depth += change[slot]
      return depth > 0
    }
  }

  private func judgePlaces(into report: inout CaseReport) {
    for slot in logs.offsets.indices where logs.messages(at: slot).count > 1 {
      let messages = logs.messages(at: slot)
      report.add(
        "inconsistent-offsets", messages.flatMap { evidence(of: $0, at: slot) },
        "key \(history.keyText(logs.keys[slot])), offset \(logs.offsets[slot]): "
          + messages.map { "\(history.text($0)) (\(source(of: $0, at: slot)))" }
          .joined(separator: ", "))
    }
    for message in 0..<Int32(truncatingIfNeeded: history.messageCount)
    where logs.count[Int(message)] > 1 {
      let key = history.versions.keys[Int(message)]
      report.add(
        "duplicate", logs.slots(of: message, in: key).flatMap { evidence(of: message, at: $0) },
        "key \(history.keyText(key)), message \(history.text(message)) at offsets "
          + logs.slots(of: message, in: key)
          .map { "\(logs.offsets[$0]) (\(source(of: message, at: $0)))" }
          .joined(separator: ", "))
    }
  }

  private mutating func judgeLosses(into report: inout CaseReport) {
    for send in history.sends
    where !history.isPolled[Int(send.message)] && history.isCommitted(Int(send.act)) {
      let (act, slot) = (Int(send.act), Int(logs.last[Int(send.message)]))
      let isAcknowledged = history.acts[act].isOk
      let isLost = slot >= 0 && isPassed[slot]
      if isAcknowledged {
        if isLost { lost.append(send.message) } else { unseen.append(send.message) }
      }
      guard isLost else { continue }
      report.add(
        "lost-write", [history.index(act)] + readers(past: slot).map { history.index($0.act) },
        "key \(history.keyText(send.key)), message \(history.text(send.message)) at offset "
          + "\(logs.offsets[slot]), \(isAcknowledged ? "acknowledged" : "sent") at op "
          + "\(history.index(act)): "
          + readers(past: slot).map {
            "op \(history.index($0.act)) polled up to offset \(logs.offsets[$0.slots.upperBound]), "
          }.joined() + "nobody polled it")
    }
  }

  /// The first run that went to a slot or past it.
  private func readers(past slot: Int) -> [(slots: ClosedRange<Int>, act: Int)] {
    passes.first { $0.slots.contains(slot) }.map { [$0] } ?? []
  }

  /// Says of the unseen messages that they are lost.
  func reportUnseen(_ messages: [Int32], into report: inout CaseReport) {
    for message in messages {
      let send = history.sends[Int(history.writers[Int(message)])]
      let index = history.index(Int(send.act))
      let place = send.offset == KafkaHistory.unknown ? "" : " at offset \(send.offset)"
      report.add(
        "unseen", [index],
        "key \(history.keyText(send.key)), message \(history.text(message))\(place), acknowledged at "
          + "op \(index)")
    }
  }

  private func judgeSources(into report: inout CaseReport) {
    var isReported = Array(repeating: false, count: history.messageCount)
    for run in history.runs.indices where history.acts[Int(history.runs[run].act)].isOk {
      judgeSources(run, &isReported, into: &report)
    }
  }

  private func judgeSources(
    _ run: Int, _ isReported: inout [Bool], into report: inout CaseReport
  ) {
    let (key, poller) = (history.runs[run].key, Int(history.runs[run].act))
    for message in history.pairs(of: run).lazy.map({ history.messages[$0] }) {
      let writer = Int(history.writers[Int(message)])
      let sender = writer < 0 ? -1 : Int(history.sends[writer].act)
      let isAborted = sender >= 0 && sender != poller && history.acts[sender].outcome == .fail
      guard writer < 0 || isAborted || sender == poller, !isReported[Int(message)] else { continue }
      isReported[Int(message)] = true
      let index = history.index(poller)
      let what = "key \(history.keyText(key)), message \(history.text(message)): "
      if writer < 0 {
        report.add("phantom", [index], what + "polled at op \(index), sent by nobody")
      } else if sender == poller {
        report.add("precommitted-read", [index], what + "sent and polled by op \(index)")
      } else {
        let failed = history.index(sender)
        report.add(
          "G1a", [failed, index],
          what + "its send failed at op \(failed), op \(index) polled it")
      }
    }
  }
}

// MARK: Evidence

extension KafkaWrites {
  /// The acts that say that a message stands at a slot: its send, and the first poll.
  private func witnesses(of message: Int32, at slot: Int) -> (sender: Int?, poller: Int?) {
    let key = logs.keys[slot]
    let offset = logs.offsets[slot]
    var sender: Int?
    if history.writers[Int(message)] >= 0 {
      let send = history.sends[Int(history.writers[Int(message)])]
      if send.offset == offset { sender = Int(send.act) }
    }
    let run = history.runs.indices.first { run in
      history.runs[run].key == key
        && history.pairs(of: run).contains {
          history.offsets[$0] == offset && history.messages[$0] == message
        }
    }
    return (sender, run.map { Int(history.runs[$0].act) })
  }

  private func source(of message: Int32, at slot: Int) -> String {
    let (sender, poller) = witnesses(of: message, at: slot)
    return [
      sender.map { "acknowledged at op \(history.index($0))" },
      poller.map { "polled at op \(history.index($0))" },
    ].compactMap { $0 }.joined(separator: ", ")
  }

  private func evidence(of message: Int32, at slot: Int) -> [Int] {
    let (sender, poller) = witnesses(of: message, at: slot)
    return [sender, poller].compactMap { $0 }.map { history.index($0) }
  }
}
