/// Looks in one strongly connected part of a serialization graph for reads that miss a part of what
/// they depend on.
///
/// A read misses a version when it shows an earlier one of the key, next or not.
struct VisibilityScan {
  private let dependencies: Dependencies
  private let members: [Int32]

  init(_ dependencies: Dependencies, _ graph: LabelledGraph) {
    self.dependencies = dependencies
    members = graph.transactions.filter { $0 >= 0 }.sorted()
  }

  private var transactions: Transactions { dependencies.transactions }
  private var chains: VersionChains { dependencies.chains }

  /// A read, and whose write it missed though its transaction had read another one of the same.
  struct Fracture {
    var read: Int
    var seen: Int
    var missed: Int
  }

  /// Transactions that saw a part of another one, each once.
  ///
  /// - Parameter inOrder: Whether what was missed was missed only after something was seen.
  func fractures(inOrder: Bool) -> [Fracture] {
    members.compactMap { reader in
      guard transactions.outcomes[Int(reader)] == .committed else { return nil }
      var reads: [Int32: [Int]] = [:]
      // Of each writer the first read.
      var seen: [(writer: Int, read: Int)] = []
      var met: Set<Int32> = []
      for step in transactions.steps(of: Int(reader))
      where transactions.kinds[step] != .write && chains.slots[step] >= 0 {
        reads[transactions.keys[step], default: []].append(step)
        let writer = chains.writers[Int(chains.slots[step])]
        guard writer >= 0, writer != reader, met.insert(writer).inserted else { continue }
        seen.append((Int(writer), step))
      }
      for (writer, first) in seen {
        for write in transactions.steps(of: writer)
        where transactions.kinds[write] == .write && chains.slots[write] >= 0 {
          let read = reads[transactions.keys[write]]?.first { read in
            (!inOrder || first < read)
              && chains.isCertainlyLater(chains.slots[write], than: chains.slots[read])
          }
          if let read { return Fracture(read: read, seen: first, missed: write) }
        }
      }
      return nil
    }
  }

  func incident(_ fracture: Fracture) -> Incidents.Incident {
    let reader = transactions.transaction(of: fracture.read)
    let writer = transactions.transaction(of: fracture.missed)
    func key(_ step: Int) -> String { transactions.keyText(transactions.keys[step]) }
    let missed = transactions.text(of: transactions.operands[fracture.missed])
    let verb = transactions.kind == .listAppend ? "append" : "write"
    let seen = dependencies.versionRead(by: fracture.seen)
    let read = dependencies.versionRead(by: fracture.read)
    let write = transactions.operands[fracture.missed]
    return Incidents.Incident(
      transactions: [reader, writer],
      reasons: [
        "T1 read \(transactions.text(observedBy: fracture.seen)) from \(key(fracture.seen)), "
          + "which is of T2",
        "However, T1 read \(transactions.text(observedBy: fracture.read)) from "
          + "\(key(fracture.read)), and missed T2's \(verb) of \(missed): a contradiction!",
      ],
      witness: Witness(edges: [
        .init(
          from: 1, to: 0, kind: .wr,
          ground: .init(
            reason: "T1 read what T2 wrote",
            fromStep: seen < 0 ? nil : Int(transactions.writeSteps[Int(seen)]),
            toStep: fracture.seen, key: transactions.keys[fracture.seen], versions: [seen])),
        .init(
          from: 0, to: 1, kind: .rw,
          ground: .init(
            reason: "T1 missed T2's \(verb) of \(missed)", fromStep: fracture.read,
            toStep: fracture.missed, key: transactions.keys[fracture.read],
            versions: [read, write])),
      ]))
  }

  /// Reads after which their transactions wrote the key, but not right after what they had read.
  func overwrites() -> [Int] {
    members.flatMap { transaction -> [Int] in
      var reads: [Int32: [Int]] = [:]
      var found: [Int] = []
      for step in transactions.steps(of: Int(transaction)) where chains.slots[step] >= 0 {
        let key = transactions.keys[step]
        if transactions.showsOthers(step) { reads[key, default: []].append(step) }
        guard transactions.kinds[step] == .write, let before = reads.removeValue(forKey: key) else {
          continue
        }
        let wrote = chains.slots[step]
        let overwritten = before.first { read in
          let slot = chains.slots[read]
          return chains.chains[Int(wrote)] == chains.chains[Int(slot)]
            ? wrote > slot + 1 : !chains.isLast(slot)
        }
        if let overwritten { found.append(overwritten) }
      }
      return found
    }
  }

  func incident(ofOverwrite read: Int) -> Incidents.Incident {
    let missed = Int(chains.slots[read]) + 1
    let key = transactions.keyText(transactions.keys[read])
    let verb = transactions.kind == .listAppend ? "append of" : "write of"
    let reader = transactions.transaction(of: read)
    let write = transactions.steps(of: reader).first {
      $0 > read && transactions.kinds[$0] == .write
        && transactions.keys[$0] == transactions.keys[read] && chains.slots[$0] >= 0
    }
    return Incidents.Incident(
      transactions: [reader, Int(chains.writers[missed])],
      reasons: [
        "T1 < T2, because T1 did not observe T2's \(verb) "
          + "\(transactions.text(of: chains.versions[missed])) to \(key).",
        "However, T2 < T1, because T1 wrote \(key) after that: a contradiction!",
      ],
      witness: Witness(edges: [
        .init(
          from: 0, to: 1, kind: .rw,
          ground: .init(
            reason: "T1 missed T2's \(verb) \(transactions.text(of: chains.versions[missed]))",
            fromStep: read, toStep: Int(transactions.writeSteps[Int(chains.versions[missed])]),
            key: transactions.keys[read],
            versions: [chains.versions[Int(chains.slots[read])], chains.versions[missed]])),
        .init(
          from: 1, to: 0, kind: .ww,
          ground: .init(
            reason: "T1 wrote \(key) after that",
            fromStep: Int(transactions.writeSteps[Int(chains.versions[missed])]), toStep: write,
            key: transactions.keys[read],
            versions: [chains.versions[missed]] + (write.map { [transactions.operands[$0]] } ?? []))
        ),
      ]))
  }

  /// The part with ways from each read to all that wrote its key later, over joints that stand for
  /// versions.
  func withLaterWrites(_ graph: LabelledGraph) -> LabelledGraph {
    var nodes = graph.transactions
    var edges: [LabelledGraph.Edge] = []
    graph.forEachEdge { if $0.label == .wr { edges.append($0) } }
    var slots: [(slot: Int32, node: Int32)] = []
    for (node, transaction) in graph.transactions.enumerated() where transaction >= 0 {
      for step in transactions.steps(of: Int(transaction))
      where transactions.kinds[step] == .write && chains.slots[step] >= 0 {
        slots.append((chains.slots[step], Int32(node)))
      }
    }
    slots.sort { ($0.slot, $0.node) < ($1.slot, $1.node) }
    slots = slots.indices.filter { $0 == 0 || slots[$0].slot != slots[$0 - 1].slot }
      .map { slots[$0] }
    let first = Int32(nodes.count)
    for (place, slot) in slots.enumerated() {
      nodes.append(-1)
      edges.append(.init(from: first + Int32(place), to: slot.node, label: []))
      guard place > 0 else { continue }
      let (before, chain) = (slots[place - 1].slot, chains.chains[Int(slot.slot)])
      // What follows the initial chain follows all that is in it, where that is certain.
      let follows = chains.chains[Int(before)] == chain
      if follows {
        edges.append(.init(from: first + Int32(place - 1), to: first + Int32(place), label: []))
      }
    }
    addMissed(graph, slots, first, &nodes, &edges)
    return LabelledGraph(transactions: nodes, edges: edges)
  }

  /// Adds the edges from readers to the first of the versions that they miss in each chain.
  private func addMissed(
    _ graph: LabelledGraph, _ slots: [(slot: Int32, node: Int32)], _ first: Int32,
    _ nodes: inout [Int32], _ edges: inout [LabelledGraph.Edge]
  ) {
    // For each key a joint that leads to all its chains but the initial one.
    var joints: [Int32: Int32] = [:]
    func place(after slot: Int32) -> Int {
      var (low, high) = (0, slots.count)
      while low < high {
        let middle = (low + high) / 2
        if slots[middle].slot <= slot { low = middle + 1 } else { high = middle }
      }
      return low
    }
    func joint(of key: Int32) -> Int32 {
      if let known = joints[key] { return known }
      let joint = Int32(nodes.count)
      nodes.append(-1)
      joints[key] = joint
      for chain in chains.otherChains(of: key) {
        let next = place(after: chains.starts[Int(chain)] - 1)
        guard next < slots.count, chains.chains[Int(slots[next].slot)] == chain else { continue }
        edges.append(.init(from: joint, to: first + Int32(next), label: []))
      }
      return joint
    }
    for (node, transaction) in graph.transactions.enumerated() where transaction >= 0 {
      guard transactions.outcomes[Int(transaction)] == .committed else { continue }
      for step in transactions.steps(of: Int(transaction))
      where transactions.kinds[step] != .write && chains.slots[step] >= 0 {
        let slot = chains.slots[step]
        let next = place(after: slot)
        if next < slots.count, chains.chains[Int(slots[next].slot)] == chains.chains[Int(slot)] {
          edges.append(.init(from: Int32(node), to: first + Int32(next), label: .rw))
        }
        let key = transactions.keys[step]
        guard !chains.otherChains(of: key).isEmpty, chains.isBeforeOthers(slot) else { continue }
        edges.append(.init(from: Int32(node), to: joint(of: key), label: .rw))
      }
    }
  }
}

extension VersionChains {
  /// Whether it is certain, whatever holds beside that reads are committed, that a slot precedes
  /// all chains of its key but its own.
  func isBeforeOthers(_ slot: Int32) -> Bool {
    isInitial(chains[Int(slot)]) && (isObserved || isFirst(slot))
  }

  /// Whether it is certain that one slot of a key comes after another.
  func isCertainlyLater(_ slot: Int32, than other: Int32) -> Bool {
    chains[Int(slot)] == chains[Int(other)] ? slot > other : isBeforeOthers(other)
  }
}
