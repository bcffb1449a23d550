public import Histories
public import Values
public import Verdicts

/// Judges logs of messages with offsets, as Kafka's clients see them: Jepsen's kafka checker.
///
/// Operations: `send` [k, v] → [k, [offset, v]]; `poll` → {k: [[offset, v], …]}; `assign` [k, …];
/// `crash`. Also transactions of several: `txn` [["send", k, v], ["poll"]] → filled. Offsets may be
/// sparse, and an offset counts only where some message is known to stand at it.
///
/// Of a message: `inconsistent-offsets`, `duplicate`, `G1a` (polled, though its send failed),
/// `precommitted-read`, `lost-write` (a poll went past it and nobody polled it) and `unseen`
/// (acknowledged and polled by nobody). Of a client: `poll-skip`, `nonmonotonic-poll`,
/// `nonmonotonic-send` between its operations, and the same within one, `int-…`. Of all together: the
/// cycles `G1c`, `G1c-process` and `G1c-realtime`. Sends that leave gaps (`int-send-skip`) and cycles
/// of sends in the order of the log (`G0`, `G0-process`, `G0-realtime`) are allowed: the fact `allowed`
/// counts them.
///
/// Beyond Jepsen's: `phantom` messages that nobody sent; `unasked` answers, of keys or offsets that
/// the client had not asked for, where assignments have `"offsets"`; `lost-commit` and
/// `phantom-commit`, where assignments and polls have `"committed"`. A message that was passed counts
/// as lost only if the passing client had not begun after it. An unseen one is evidence only where
/// the last polls had come to rest, else the verdict is unknown, see ``KafkaFinalPolls``; one that is
/// a `lost-write` is not counted as `unseen` again.
public struct KafkaChecker: ColumnChecker {
  /// How long polls that bring nothing new must have gone on to prove that nothing more is there.
  public static let rest: Nanoseconds = .seconds(10)

  public var name: String { "kafka" }
  public var needsRemarks: Bool { true }
  /// Whether it judges what Jepsen's judges, and as that does.
  public let isCompatible: Bool

  public init(isCompatible: Bool = false) { self.isCompatible = isCompatible }

  /// - Complexity: O(*n* log *n*) for *n* messages sent and polled and keys assigned; a poll without an
  ///   outcome costs as many steps as its process has keys.
  public func check(_ history: HistoryColumns) -> Finding {
    let kafka = KafkaHistory(history)
    if let problem = kafka.problem { return Finding(name, .unknown, reason: problem) }
    let logs = KafkaLogs(kafka)
    var report = CaseReport.kafka
    let order = KafkaOrder(kafka, logs, isCompatible: isCompatible, into: &report)
    let writes = KafkaWrites(kafka, logs, asked: order.asked, into: &report)
    let cycles = KafkaCycles(kafka, logs, into: &report)
    if !isCompatible { _ = KafkaCommits(kafka, into: &report) }
    let doubt = judgeUnseen(writes, kafka, into: &report)

    var finding = Finding(name, .valid, facts: facts(kafka, logs, writes))
    let allowed = ([("int-send-skip", order.skippingSends)] + cycles.allowed).filter { $0.1 > 0 }
    if !allowed.isEmpty {
      finding.facts[fact: "allowed"] = .map(
        ValueMap(allowed.map { .init(key: .string($0.0), value: .integer($0.1)) }))
    }
    finding.anomalies = report.anomalies.filter { !isCompatible || $0.type != "phantom" }
    let succeeded = kafka.acts.contains { $0.isOk && $0.kind == .access }
    if !finding.anomalies.isEmpty {
      finding.verdict = .invalid
      finding.reason = finding.anomalies.map { "\($0.count) \($0.type)" }.joined(separator: ", ")
    } else if let doubt {
      finding.verdict = .unknown
      finding.reason = doubt
    } else if !succeeded {
      finding.verdict = .unknown
      finding.reason = "no send or poll succeeded"
    }
    return finding
  }

  /// Reports unseen messages where something follows from that.
  ///
  /// - Returns: Why nothing follows, where that is so of some of them.
  private func judgeUnseen(
    _ writes: KafkaWrites, _ history: KafkaHistory, into report: inout CaseReport
  ) -> String? {
    guard !isCompatible else {
      writes.reportUnseen((writes.unseen + writes.lost).sorted(), into: &report)
      return nil
    }
    guard !writes.unseen.isEmpty else { return nil }
    let final = KafkaFinalPolls(history)
    let doubts = writes.unseen.map { final.doubt(of: $0) }
    writes.reportUnseen(
      zip(writes.unseen, doubts).filter { $0.1 == nil }.map(\.0), into: &report)
    guard let first = doubts.firstIndex(where: { $0 != nil }), let doubt = doubts[first] else {
      return nil
    }
    let send = history.sends[Int(history.writers[Int(writes.unseen[first])])]
    return
      "\(doubts.count { $0 != nil }) acknowledged messages were polled by nobody, the first of them "
      + "\(history.text(send.message)) of key \(history.keyText(send.key)) "
      + "(op \(history.index(Int(send.act)))), but \(doubt)"
  }

  private func facts(
    _ history: KafkaHistory, _ logs: KafkaLogs, _ writes: KafkaWrites
  ) -> ValueMap {
    ValueMap(facts: [
      "key-count": .integer(history.keys.count),
      "sent-count": .integer(history.sends.count),
      "acknowledged-count": .integer(history.sends.count { history.acts[Int($0.act)].isOk }),
      "polled-count": .integer(history.isPolled.count { $0 }),
      "offset-count": .integer(logs.offsets.count),
      "unseen-count": .integer(writes.unseen.count + writes.lost.count),
      "worst-realtime-lag": KafkaLag(history).worst,
    ])
  }
}
