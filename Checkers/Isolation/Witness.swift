import Histories
import Values
import Verdicts

/// Transactions, and what they did to each other: the evidence of a phenomenon for machines.
struct Witness {
  /// A dependency between two of the transactions, by their places among them.
  struct Edge {
    var from: Int
    var to: Int
    var kind: Kind
    var ground: Ground
  }

  /// What a dependency is, as evidence has it.
  enum Kind: String {
    case ww, wr, rw, process, realtime

    init(_ label: Dependency) {
      self =
        label.contains(.wr)
        ? .wr
        : label.contains(.ww)
          ? .ww : label.contains(.rw) ? .rw : label.contains(.process) ? .process : .realtime
    }
  }

  /// What a dependency rests on.
  struct Ground {
    /// In words.
    var reason: String
    /// The steps of the one and of the other transaction.
    var fromStep: Int?
    var toStep: Int?
    var key: Int32?
    /// What the steps wrote or read, in the order of versions; -1 is the initial one.
    var versions: [Int32] = []
  }

  var edges: [Edge] = []
}

extension Transactions {
  /// A read by the first of two transactions of what the second wrote.
  func witness(ofReading version: Int32, by step: Int) -> Witness {
    Witness(edges: [
      .init(
        from: 1, to: 0, kind: .wr,
        ground: .init(
          reason: "T1 read \(text(of: version)) of T2", fromStep: Int(writeSteps[Int(version)]),
          toStep: step, key: keys[step], versions: [version]))
    ])
  }

  /// Two transactions, each of which read a key before the other's write of it.
  func witness(ofOverwriting key: Int32, _ both: [Int]) -> Witness {
    let steps = both.map { transaction in
      let touching = self.steps(of: transaction).filter { keys[$0] == key }
      return (
        read: touching.first { kinds[$0] != .write }, write: touching.first { kinds[$0] == .write }
      )
    }
    return Witness(
      edges: [(0, 1), (1, 0)].map { from, to in
        .init(
          from: from, to: to, kind: .rw,
          ground: .init(
            reason: "T\(from + 1) read \(keyText(key)) before T\(to + 1)'s write of it",
            fromStep: steps[from].read, toStep: steps[to].write, key: key))
      })
  }

  /// An occurrence as it stands in a verdict: transactions T1, T2, … and the edges between them.
  func value(of incident: Incidents.Incident) -> Value {
    let transactions = incident.transactions.enumerated().map { place, transaction in
      value(of: transaction, named: "T\(place + 1)")
    }
    let edges = incident.witness.edges.map { value(of: $0, in: incident) }
    return .map(
      ValueMap(facts: [
        "transactions": .list(transactions), "edges": .list(edges),
        "reasons": .list(incident.reasons.map { .string($0) }),
      ]))
  }

  private func value(of transaction: Int, named name: String) -> Value {
    let type =
      switch outcomes[transaction] {
      case .committed: "ok"
      case .indeterminate: "info"
      case .aborted: "fail"
      }
    let line = line(of: transaction)
    return .map(
      ValueMap(facts: [
        "name": .string(name), "index": .integer(columns.index(at: line)),
        "process": .integer(process(of: transaction)), "type": .string(type),
        "operations": microOperations(at: line),
      ]))
  }

  /// What a transaction did, as [[f, key, value], …].
  private func microOperations(at line: Int) -> Value {
    let value = columns.table.value(of: columns.values[line])
    guard let operations else { return value }
    let rest = operations.areKeyed ? value.elements ?? [] : [value]
    return [.list([.string(columns.f(at: line))] + rest)]
  }

  private func value(of edge: Witness.Edge, in incident: Incidents.Incident) -> Value {
    var fields = ValueMap(facts: [
      "from": .string("T\(edge.from + 1)"), "to": .string("T\(edge.to + 1)"),
      "type": .string(edge.kind.rawValue),
    ])
    let ground = edge.ground
    if let key = ground.key {
      fields[fact: "key"] = columns.table.value(of: keyCodes[Int(key)])
      if !ground.versions.isEmpty {
        fields[fact: "versions"] = .list(
          ground.versions.map {
            $0 < 0 ? .null : columns.table.value(of: versions.values[Int($0)])
          })
      }
    }
    for (name, step, place) in [
      ("from-operation", ground.fromStep, edge.from), ("to-operation", ground.toStep, edge.to),
    ] {
      guard let step else { continue }
      let first = steps(of: incident.transactions[place]).lowerBound
      fields[fact: name] = .integer(operations == nil ? step - first : 0)
    }
    fields[fact: "reason"] = .string(ground.reason)
    return .map(fields)
  }
}
