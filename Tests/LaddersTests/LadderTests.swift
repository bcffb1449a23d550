import Histories
import Isolation
import Ladders
import Linearizability
import ObjectModels
import Testing
import Values
import Verdicts

@Suite("A ladder of levels tells the strongest that hold, and why no stronger one does")
struct LadderTests {
  /// The textbook histories of Bouajjani and others (POPL 2017), and one that is linearizable: what
  /// holds, and what does not for which reason.
  private static let textbook: [(text: String, holds: [String], broken: [String: String])] = [
    ("0 w x 1\n0 r x 1\n1 w x 2\n1 r x 2", ["linearizable"], [:]),
    ("0 w x 1\n1 w x 2\n1 r x 2\n0 r x 1", ["sequential"], ["linearizable": "nonlinearizable"]),
    ("0 w x 1\n0 r x 2\n1 w x 2\n1 r x 1", ["causal-memory"], ["causal-convergence": "CyclicCF"]),
    (
      "0 w z 1\n0 w x 1\n0 w y 1\n1 w x 2\n1 r z\n1 r y 1\n1 r x 2",
      ["causal-convergence", "monotonic-reads", "monotonic-writes"],
      ["PRAM": "WritePRAMInitRead"]
    ),
    (
      "0 w x 1\n1 w x 2\n1 r x 1\n1 r x 2",
      ["causal", "read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads"],
      ["causal-convergence": "CyclicCF", "PRAM": "CyclicPRAM"]
    ),
    (
      "0 w x 1\n0 r y\n0 w y 1\n0 r x 1\n1 w x 2\n1 r y\n1 w y 2\n1 r x 2",
      ["causal-memory", "causal-convergence"], ["sequential": "nonsequential"]
    ),
    (
      "0 w x 1\n0 w y 1\n1 r y 1\n1 w x 2\n2 r x 2\n2 r x 1", ["PRAM", "writes-follow-reads"],
      ["causal": "WriteCORead"]
    ),
  ]

  @Test("the textbook's histories stand on their rungs", arguments: textbook.indices)
  func standing(place: Int) throws {
    let (text, holds, broken) = Self.textbook[place]
    let finding = try ladder.check(HistoryColumns(history(text)))
    #expect(finding.verdict == .valid)
    #expect(finding.facts[fact: "holds"]?.elements?.compactMap(\.name) == holds, "\(finding)")
    var found: [String: String] = [:]
    for entry in finding.facts[fact: "not"]?.map?.entries ?? [] {
      found[entry.key.name ?? ""] = entry.value.name
    }
    #expect(found == broken, "\(finding)")
    #expect(Set(finding.anomalies.map(\.type)) == Set(broken.values))
  }

  @Test("where not even one guarantee holds the history is invalid")
  func garbage() throws {
    let finding = try ladder.check(HistoryColumns(history("0 r x 7")))
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["garbage-versions"])
  }

  @Test("values that are written twice leave levels open that no search decides")
  func ambiguous() throws {
    let valid = try ladder.check(HistoryColumns(history("0 w x 1\n1 w x 1\n0 r x 1")))
    #expect(valid.verdict == .valid)
    #expect(valid.reason == "linearizable")
    let open = try ladder.check(HistoryColumns(history("0 w x 1\n1 w x 1\n0 r x 1\n0 r x")))
    #expect(open.verdict == .unknown)
    #expect(open.reason?.contains("undecided causal-memory, ") == true, "\(open)")
  }

  @Test("transactions are judged by all levels that can be decided of them")
  func transactions() throws {
    func transaction(_ process: Int, _ steps: Value) -> [Operation] {
      [Operation.Kind.invoke, .ok].map { type in
        Operation(
          index: 0, time: .zero, type: type, process: .client(process), f: "txn", value: steps)
      }
    }
    var lines =
      transaction(0, [["append", "x", 1]])
      + transaction(1, [["r", "x", [1]], ["append", "y", 1]])
      + transaction(2, [["r", "y", [1]], ["r", "x", []]])
    for place in lines.indices { lines[place].index = place }
    let finding = TransactionLadder(.listAppend).check(HistoryColumns(try History(lines)))
    let broken = finding.facts[fact: "not"]?.map
    #expect(broken?["causal-cerone"] == "causality-violation", "\(finding)")
    #expect(finding.facts[fact: "holds"]?.elements?.contains("strong-session-read-atomic") == true)
  }

  private let ladder = OperationLadder(KeyValueModel(), Terms(), SingleOperations())

  /// Operations one after the other, from lines such as `0 w x 1` and `1 r x`, which observed null.
  private func history(_ text: String) throws -> History {
    var lines: [Operation] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      let value: Value = words.count > 3 ? .integer(Int(words[3]) ?? 0) : .null
      for type in [Operation.Kind.invoke, .ok] {
        lines.append(
          Operation(
            index: lines.count, time: .milliseconds(Int64(lines.count)), type: type,
            process: .client(Int(words[0]) ?? 0), f: words[1] == "r" ? "read" : "write",
            value: [
              .string(words[2]), type == .invoke && words[1] == "r" ? .null : value,
            ]))
      }
    }
    return try History(lines)
  }
}
