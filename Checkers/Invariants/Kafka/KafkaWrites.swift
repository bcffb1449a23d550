internal import Histories

/// Judges what became of each message that was sent, and where each polled one comes from.
struct KafkaWrites {
  /// Messages that were acknowledged and polled by nobody, though nobody is known to have gone past
  /// them: whether they are lost depends on how long was looked for them.
  private(set) var unseen: [Int] = []
  /// Those that were acknowledged and that somebody is known to have gone past.
  private(set) var lost: [Int] = []

  private let history: KafkaHistory
  private let logs: KafkaLogs
  /// For each slot whether a run began at or before it and went on to it or past it.
  private var isPassed: [Bool] = []
  private var passes: [(slots: ClosedRange<Int>, act: Int)] = []

  /// - Parameter asked: From which offset each run was asked; those of which that is not known count
  ///   as asked from the beginning.
  init(
    _ history: KafkaHistory, _ logs: KafkaLogs, asked: [Int], into report: inout KafkaReport
  ) {
    self.history = history
    self.logs = logs
    pass(asked)
    judgePlaces(into: &report)
    judgeLosses(into: &report)
    judgeSources(into: &report)
  }

  private mutating func pass(_ asked: [Int]) {
    var change = Array(repeating: 0, count: logs.offsets.count + 1)
    for (place, run) in history.runs.enumerated() where history.acts[run.act].isOk {
      let slots = run.pairs.map {
        logs.slot(of: run.key, history.offsets[$0], history.messages[$0])
      }
      guard let end = slots.max(), end >= 0 else { continue }
      // Unknown is below every offset.
      let start = logs.slot(of: run.key, from: asked[place])
      guard start <= end else { continue }
      change[start] += 1
      change[end + 1] -= 1
      passes.append((start...end, run.act))
    }
    var depth = 0
    isPassed = logs.offsets.indices.map { slot in
      depth += change[slot]
      return depth > 0
    }
  }

  private func judgePlaces(into report: inout KafkaReport) {
    for slot in logs.offsets.indices where logs.messages(at: slot).count > 1 {
      let messages = logs.messages(at: slot)
      report.add(
        "inconsistent-offsets", messages.flatMap { evidence(of: $0, at: slot) },
        "key \(history.keyText(logs.keys[slot])), offset \(logs.offsets[slot]): "
          + messages.map { "\(history.text($0)) (\(source(of: $0, at: slot)))" }
          .joined(separator: ", "))
    }
    for message in history.texts.indices where logs.count[message] > 1 {
      let key = history.keyOfMessage[message]
      report.add(
        "duplicate", logs.slots(of: message, in: key).flatMap { evidence(of: message, at: $0) },
        "key \(history.keyText(key)), message \(history.text(message)) at offsets "
          + logs.slots(of: message, in: key)
          .map { "\(logs.offsets[$0]) (\(source(of: message, at: $0)))" }
          .joined(separator: ", "))
    }
  }

  private mutating func judgeLosses(into report: inout KafkaReport) {
    for send in history.sends
    where !history.isPolled[send.message] && history.isCommitted(send.act) {
      let isAcknowledged = history.acts[send.act].isOk
      let slot = logs.last[send.message]
      let isLost = slot >= 0 && isPassed[slot]
      if isAcknowledged {
        if isLost { lost.append(send.message) } else { unseen.append(send.message) }
      }
      guard isLost else { continue }
      report.add(
        "lost-write", [history.index(send.act)] + readers(past: slot).map { history.index($0.act) },
        "key \(history.keyText(send.key)), message \(history.text(send.message)) at offset "
          + "\(logs.offsets[slot]), \(isAcknowledged ? "acknowledged" : "sent") at op "
          + "\(history.index(send.act)): "
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
  func reportUnseen(_ messages: [Int], into report: inout KafkaReport) {
    for message in messages {
      let send = history.sends[history.writers[message]]
      let index = history.index(send.act)
      let place = send.offset == KafkaHistory.unknown ? "" : " at offset \(send.offset)"
      report.add(
        "unseen", [index],
        "key \(history.keyText(send.key)), message \(history.text(message))\(place), acknowledged at "
          + "op \(index)")
    }
  }

  private func judgeSources(into report: inout KafkaReport) {
    var isReported = Array(repeating: false, count: history.texts.count)
    for run in history.runs {
      for pair in run.pairs {
        let message = history.messages[pair]
        let writer = history.writers[message]
        let act = writer < 0 ? -1 : history.sends[writer].act
        let isOwn = act == run.act
        let isAborted = act >= 0 && !isOwn && history.acts[act].outcome == .fail
        guard history.acts[run.act].isOk, writer < 0 || isAborted || isOwn, !isReported[message]
        else { continue }
        isReported[message] = true
        let index = history.index(run.act)
        let what = "key \(history.keyText(run.key)), message \(history.text(message)): "
        if writer < 0 {
          report.add("phantom", [index], what + "polled at op \(index), sent by nobody")
        } else if isOwn {
          report.add("precommitted-read", [index], what + "sent and polled by op \(index)")
        } else {
          let failed = history.index(act)
          report.add(
            "G1a", [failed, index],
            what + "its send failed at op \(failed), op \(index) polled it")
        }
      }
    }
  }
}

// MARK: Evidence

extension KafkaWrites {
  /// The acts that say that a message stands at a slot: its send, and the first poll.
  private func witnesses(of message: Int, at slot: Int) -> (sender: Int?, poller: Int?) {
    let key = logs.keys[slot]
    let offset = logs.offsets[slot]
    var sender: Int?
    if history.writers[message] >= 0 {
      let send = history.sends[history.writers[message]]
      if send.offset == offset { sender = send.act }
    }
    let run = history.runs.first { run in
      run.key == key
        && run.pairs.contains { history.offsets[$0] == offset && history.messages[$0] == message }
    }
    return (sender, run?.act)
  }

  private func source(of message: Int, at slot: Int) -> String {
    let (sender, poller) = witnesses(of: message, at: slot)
    return [
      sender.map { "acknowledged at op \(history.index($0))" },
      poller.map { "polled at op \(history.index($0))" },
    ].compactMap { $0 }.joined(separator: ", ")
  }

  private func evidence(of message: Int, at slot: Int) -> [Int] {
    let (sender, poller) = witnesses(of: message, at: slot)
    return [sender, poller].compactMap { $0 }.map { history.index($0) }
  }
}
