internal import Verdicts

extension CaseReport {
  /// A report of what logs can have.
  static var kafka: CaseReport { CaseReport(KafkaAnomalies.meanings) }
}

private enum KafkaAnomalies {
  /// The anomalies in the order in which they are reported, and what each of them means.
  static let meanings: [(type: String, meaning: String)] = [
    ("inconsistent-offsets", "different messages at one offset of a log"),
    ("duplicate", "one message at several offsets of a log"),
    ("lost-write", "a poll went past the message's offset, but nobody ever polled the message"),
    ("unseen", "acknowledged, but polled by nobody by the end"),
    ("G1a", "polled, though their send failed"),
    ("phantom", "polled, though nobody sent them"),
    ("G1c", "transactions that each polled what the next one sent, in a circle"),
    (
      "G1c-process",
      "in a circle, operations that polled what another sent or followed it in a process"
    ),
    ("G1c-realtime", "in a circle, operations that polled what another sent or came after its end"),
    ("precommitted-read", "polled by the very transaction that sent them"),
    ("poll-skip", "a client's next poll went past messages"),
    ("nonmonotonic-poll", "a client's next poll went back"),
    ("int-poll-skip", "one poll left out messages between others"),
    ("int-nonmonotonic-poll", "one poll answered messages out of order or twice"),
    ("nonmonotonic-send", "a client's next send got no higher offset"),
    ("int-nonmonotonic-send", "of one transaction's sends a later one got no higher offset"),
    ("unasked", "a poll was answered what was not asked"),
    ("lost-commit", "an acknowledged commit was gone"),
    ("phantom-commit", "committed offsets that nobody had committed"),
  ]
}
