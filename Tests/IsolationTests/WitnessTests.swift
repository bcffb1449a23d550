import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("Witnesses for machines")
struct WitnessTests {
  @Test("of write skew name each transaction, and each step that an edge rests on")
  func skew() throws {
    let history = try script(
      """
      0 invoke r y, r x, a y 1
      1 invoke r y, a x 1
      0 ok r y, r x, a y 1
      1 ok r y, a x 1
      2 do r x [1], r y [1]
      """)
    let anomaly = try #require(
      checker(.listAppend, .serializable).check(history).anomalies.first)
    #expect(anomaly.type == "G2-item")
    let witness = try #require(anomaly.witnesses.first)
    #expect(
      witness["transactions"] == [
        [
          "name": "T1", "index": 2, "process": 0, "type": "ok",
          "operations": [["r", "y", nil], ["r", "x", nil], ["append", "y", 1]],
        ],
        [
          "name": "T2", "index": 3, "process": 1, "type": "ok",
          "operations": [["r", "y", nil], ["append", "x", 1]],
        ],
      ])
    #expect(
      witness["edges"] == [
        [
          "from": "T1", "to": "T2", "type": "rw", "key": "x", "versions": [nil, 1],
          "from-operation": 1, "to-operation": 1,
          "reason":
            "T1 observed the initial (nil) state of key \"x\", which T2 created by appending 1",
        ],
        [
          "from": "T2", "to": "T1", "type": "rw", "key": "y", "versions": [nil, 1],
          "from-operation": 0, "to-operation": 2,
          "reason":
            "T2 observed the initial (nil) state of key \"y\", which T1 created by appending 1",
        ],
      ])
  }

  @Test("of real time rest on no steps")
  func realtime() throws {
    let history = try script("0 do w x 1\n1 do r x")
    let anomaly = try #require(
      checker(.register, .strictSerializable).check(history).anomalies.first)
    let edges = try #require(anomaly.witnesses.first?["edges"]?.elements)
    #expect(edges.map { $0.fields["type"] } == ["rw", "realtime"])
    #expect(edges[1].fields["key"] == nil && edges[1].fields["from-operation"] == nil)
    #expect(
      edges[1].fields["reason"]?.name
        == "T2 completed at index 1, 0.001 seconds before the invocation of T1, at index 2")
  }

  @Test(
    "are cycles whose edges rest on such steps as they say",
    arguments: [TransactionKind.listAppend, .register])
  func edges(kind: TransactionKind) throws {
    var counts: [String: Int] = [:]
    for seed in 0..<600 as Range<UInt64> {
      var draws = Draws(seed: seed, stream: 12)
      let shape = Shape(
        kind: kind, clients: 3, transactions: 8, keys: 1 + draws.below(3), length: 3,
        isolation: draws.element(of: Shape.Isolation.allCases), aborts: 0.1, crashes: 0.1,
        lies: draws.chance(0.7) ? 0 : 0.1)
      let history = try History.random(shape, seed: seed)
      for model in [
        ConsistencyModel.strictSerializable, .readAtomic, .cursorStability, .prefix,
        .causalConvergence, .causal,
      ] {
        for anomaly in checker(kind, model).check(history).anomalies {
          for witness in anomaly.witnesses {
            counts[anomaly.type, default: 0] += 1
            judge(
              witness, isCycle: anomaly.type.hasPrefix("G"), "\(anomaly.type), seed \(seed)")
          }
        }
      }
    }
    #expect(counts.count >= 12, "\(counts)")
  }

  private func judge(_ witness: [String: Value], isCycle: Bool, _ place: String) {
    let transactions = (witness["transactions"]?.elements ?? []).map(\.fields)
    let edges = (witness["edges"]?.elements ?? []).map(\.fields)
    func operation(_ edge: [String: Value], _ end: String) -> [Value]? {
      guard let number = edge["\(end)-operation"]?.integer,
        let transaction = transactions.first(where: { $0["name"] == edge[end] })
      else { return nil }
      return transaction["operations"]?.elements?[number].elements
    }
    let reasons = witness["reasons"]?.elements ?? []
    #expect(!transactions.isEmpty && !reasons.isEmpty, "\(place)")
    // Each ends where the next begins, and the last where the first did; what tells of commits also
    // says what was seen.
    if isCycle, edges.count > 1 {
      for (edge, next) in zip(edges, edges.dropFirst() + edges.prefix(1)) {
        #expect(edge["to"] == next["from"], "\(place)")
      }
    }
    for edge in edges {
      let type = edge["type"]?.name ?? ""
      #expect(edge["reason"]?.name != "", "\(place)")
      guard ["ww", "wr", "rw"].contains(type) else {
        #expect(edge["key"] == nil, "\(place)")
        continue
      }
      for (end, letter) in [("from", type.first), ("to", type.last)] {
        guard let operation = operation(edge, end) else {
          #expect(Bool(false), "\(place): \(type) rests on no operation of \(end)")
          continue
        }
        #expect(operation[1] == edge["key"], "\(place)")
        #expect((operation[0] == "r") == (letter == "r"), "\(place): \(operation) in \(edge)")
      }
      // What was read is what is said to have been read.
      guard let versions = edge["versions"]?.elements, let first = versions.first else { continue }
      switch type {
      case "wr":
        #expect(operation(edge, "to").map { shows($0[2], first) } == true, "\(place): \(witness)")
      case "rw": #expect(operation(edge, "from").map { shows($0[2], first) } == true, "\(place)")
      default: #expect(versions.count == 2, "\(place)")
      }
    }
  }

  /// Whether a read's result has a version.
  private func shows(_ result: Value, _ version: Value) -> Bool {
    result == version || result.elements?.contains(version) == true
      // What the transaction had appended itself is not what others had left.
      || version == .null && result.elements != nil
  }
}

extension Anomaly {
  fileprivate var witnesses: [[String: Value]] {
    (window?.fields["witnesses"]?.elements ?? []).map(\.fields)
  }
}

extension Value {
  fileprivate var fields: [String: Value] {
    guard case .map(let map) = self else { return [:] }
    return Dictionary(
      map.entries.map { ($0.key.name ?? "", $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}
