import Histories
import Linearizability
import ObjectModels
import Values

extension LinearizabilityBench {
  /// Public histories, where a folder of them is named.
  static let corpusRows =
    [
      Row(
        name: "102 etcd logs, checking alone", must: Bound(milliseconds: 3),
        stretch: Bound(milliseconds: 0.5),
        peer: .files(model: "register") { etcdLogs(in: $0) }
      ) { try $0.etcd() }
    ]
    + [
      ("c50-ok", 10.0, 2.5), ("c50-bad", 1, 0.3),
    ].map { name, must, stretch in
      Row(
        name: "key-value \(name)", must: Bound(milliseconds: must),
        stretch: Bound(milliseconds: stretch),
        peer: .files(model: "key-value") { ["\($0)/porcupine/kv/\(name).txt"] }
      ) { try $0.keyValue(name) }
    }
    + ["c10-ok", "c10-bad"].map { name in
      Row(
        name: "key-value \(name) forced into one partition",
        must: Bound(milliseconds: 100), stretch: Bound(milliseconds: 10, megabytes: 20),
        peer: .files(model: "key-value-whole") { ["\($0)/porcupine/kv/\(name).txt"] }
      ) { try $0.joined(name) }
    }

  /// Number 95 is empty.
  private static func etcdLogs(in corpora: String) -> [String] {
    (0...102).filter { $0 != 95 }.map { number in
      let digits = String(1_000 + number).dropFirst()
      return "\(corpora)/porcupine/jepsen/etcd_\(digits).log"
    }
  }

  private func columns(_ path: String) throws -> HistoryColumns {
    try HistoryColumns(path: path, isLean: true)
  }

  private func namedFolder() throws -> String {
    guard let corpora else { throw Skipped("--corpora names no folder of public histories") }
    return corpora
  }

  /// The sum of the quickest checks of all logs.
  private func etcd() throws -> Sample {
    let valid: Set = [
      2, 5, 7, 18, 25, 31, 38, 45, 48, 49, 51, 53, 56, 67, 75, 76, 80, 87, 92, 98, 100, 101, 102,
    ]
    var sum = Sample(milliseconds: 0, megabytes: 0)
    for path in LinearizabilityBench.etcdLogs(in: try namedFolder()) {
      let histories = try RegisterModel(failedCas: .observed).histories(columns(path))
      let name = String(path.suffix(12).dropLast(4))
      let number = Int(name.suffix(3)) ?? -1
      let sample = try Sample(
        Judge(Register(initial: 0)), histories, isLinearizable: valid.contains(number))
      sum.milliseconds += sample.milliseconds
      sum.megabytes = max(sum.megabytes, sample.megabytes)
      sum.parts.append((name, sample.milliseconds))
    }
    return sum
  }

  private func keyValue(_ name: String) throws -> Sample {
    let history = try columns("\(namedFolder())/porcupine/kv/\(name).txt")
    let components = try KeyValueModel(initial: "").components(history)
    return try Sample(
      Judge(components.textObject), components.textHistories,
      isLinearizable: name.hasSuffix("ok"))
  }

  private func joined(_ name: String) throws -> Sample {
    let history = try columns("\(namedFolder())/porcupine/kv/\(name).txt")
    let components = try KeyValueModel(initial: "").components(history, areTogether: true)
    return try Sample(
      Judge(components.joinedObject), components.joinedHistories,
      isLinearizable: name.hasSuffix("ok"))
  }
}
