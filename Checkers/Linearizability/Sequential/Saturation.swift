/// What must come before what in every order of a history whose facts are left once each.
///
/// Whoever leaves a fact comes before those that find it. Of two operations that leave facts of
/// one part, the one that must come before a finder of the other's fact must come before that
/// other one; and the one that must come after the other must come after the finder. These rules
/// are applied, with the order of the processes, until nothing new follows; a circle then means
/// that there is no order (Gibbons and Korach, 1997, section 5; for several parts the problem is
/// hard, so no circle means nothing yet).
///
/// What must come before and after an operation is known as one number for each chain, where
/// a chain is a process's operations, or a crashed one alone.
struct Saturation {
  /// How an edge between operations came about.
  enum Cause {
    case process
    /// The second finds what the first leaves.
    case found
    /// By the rules above, as operations see: a way from one to another along the edges before
    /// this one, and a finder with the operation that leaves what it finds, or -1.
    case derived(from: Int32, to: Int32, finder: Int32, writer: Int32)
  }

  let facts: Facts
  private let edgeLimit: Int
  private(set) var precedence: Precedence
  private(set) var causes: [Cause] = []
  /// The edges between operations that follow from the others.
  private(set) var derived: [(before: Int32, after: Int32)] = []
  /// Operations that can't be in one order.
  private(set) var contradiction: [Int32]?

  // Chains of operations, with the place of each in its own.
  private var chains: [Int32]
  private var places: [Int32]
  private var chainCount: Int
  /// For each part the chains that change it, each with its operations that do in their order.
  private var writers: [[(chain: Int32, operations: [Int32])]]
  /// For each operation and chain how many operations of the chain come before the operation or
  /// are it.
  private var before: [Int32] = []
  /// For each operation and chain the place of the first operation of the chain that comes after
  /// the operation or is it.
  private var after: [Int32] = []

  /// Nothing where the premise doesn't hold, or where it would take too much memory.
  init?(_ facts: Facts, _ order: ProgramOrder, memory: Int) {
    guard facts.isUnique else { return nil }
    self.facts = facts
    let count = facts.required.count
    precedence = Precedence(count: count)
    chains = order.processes
    places = [Int32](repeating: 0, count: count)
    chainCount = order.processCount
    writers = [[(chain: Int32, operations: [Int32])]](repeating: [], count: facts.initial.count)
    var lengths = [Int32](repeating: 0, count: chainCount)
    // For each part and chain where the chain is among the part's.
    var index: [UInt64: Int] = [:]
    for operation in 0..<count where facts.isPresent[operation] {
      if facts.required[operation] {
        let chain = Int(chains[operation])
        places[operation] = lengths[chain]
        lengths[chain] += 1
      } else {
        chains[operation] = Int32(chainCount)
        chainCount += 1
      }
      for exchange in facts.exchanges(of: operation) where facts.leaves[exchange] >= 0 {
        let part = facts.parts[exchange]
        let key = UInt64(part) << 32 | UInt64(chains[operation])
        let place = index[key] ?? writers[Int(part)].count
        if place == writers[Int(part)].count {
          index[key] = place
          writers[Int(part)].append((chains[operation], []))
        }
        writers[Int(part)][place].operations.append(Int32(operation))
      }
    }
    guard count.multipliedReportingOverflow(by: chainCount * 8).partialValue < memory / 2 else {
      return nil
    }
    edgeLimit = memory / 4 / (8 + MemoryLayout<Cause>.stride)
    connect(order)
  }

  private mutating func connect(_ order: ProgramOrder) {
    for operation in facts.required.indices where facts.isPresent[operation] {
      let number = Int32(operation)
      if order.previous[operation] >= 0 { add(order.previous[operation], number, .process) }
      for exchange in facts.exchanges(of: operation) where facts.finds[exchange] >= 0 {
        let writer = facts.writers[Int(facts.finds[exchange])]
        if writer >= 0 { add(writer, number, .found) }
      }
    }
  }

  private mutating func add(_ before: Int32, _ after: Int32, _ cause: Cause) {
    precedence.add(before, before: after)
    causes.append(cause)
    if case .derived = cause { derived.append((before, after)) }
  }
}

extension Saturation {
  /// Applies the rules until nothing follows, or a contradiction does, or the steps are used up.
  mutating func run(steps: inout Int, isExpired: () -> Bool) {
    if let operation = facts.unexplained {
      contradiction = [operation]
      return
    }
    while !isExpired() {
      let successors = precedence.successors
      let sorted = precedence.sorted(successors)
      guard sorted.count == facts.required.count else {
        contradiction = explain(precedence.circle(without: sorted, successors))
        return
      }
      // Sixteen comparisons take about as long as one step of a search.
      let passSteps = (facts.required.count + precedence.edgeCount) * chainCount / 16 + 1
      guard steps >= passSteps, precedence.edgeCount < edgeLimit else { return }
      steps -= passSteps
      findNeighbours(sorted, successors)
      let known = precedence.edgeCount
      derive(limit: known)
      if contradiction != nil || precedence.edgeCount == known { return }
    }
  }

  private mutating func findNeighbours(_ sorted: [Int32], _ successors: Adjacency) {
    let width = chainCount
    before = [Int32](repeating: 0, count: facts.required.count * width)
    after = [Int32](repeating: .max, count: facts.required.count * width)
    let (chains, places, targets) = (chains, places, precedence.targets)
    before.withUnsafeMutableBufferPointer { before in
      for node in sorted {
        let row = Int(node) * width
        let own = row + Int(chains[Int(node)])
        before[own] = max(before[own], places[Int(node)] + 1)
        for edge in successors.edges(of: node) {
          let other = Int(targets[Int(edge)]) * width
          for chain in 0..<width {
            before[other + chain] = max(before[other + chain], before[row + chain])
          }
        }
      }
    }
    after.withUnsafeMutableBufferPointer { after in
      for node in sorted.reversed() {
        let row = Int(node) * width
        for edge in successors.edges(of: node) {
          let other = Int(targets[Int(edge)]) * width
          for chain in 0..<width {
            after[row + chain] = min(after[row + chain], after[other + chain])
          }
        }
        let own = row + Int(chains[Int(node)])
        after[own] = min(after[own], places[Int(node)])
      }
    }
  }

  /// Adds what follows from the edges so far.
  private mutating func derive(limit: Int) {
    for operation in facts.required.indices
    where facts.isPresent[operation] && precedence.edgeCount < edgeLimit {
      for exchange in facts.exchanges(of: operation) where facts.finds[exchange] >= 0 {
        let writer = facts.writers[Int(facts.finds[exchange])]
        derive(Int32(operation), writer, part: Int(facts.parts[exchange]), limit: limit)
        if contradiction != nil { return }
      }
    }
  }

  private mutating func derive(_ finder: Int32, _ writer: Int32, part: Int, limit: Int) {
    for (chain, operations) in writers[part] {
      let preceding = before[Int(finder) * chainCount + Int(chain)]
      if let rival = last(operations, below: preceding, but: finder), rival != writer,
        writer < 0 || !isKnown(rival, before: writer)
      {
        if writer < 0 {
          contradiction = explain(way: (rival, finder), limit: limit) + [rival, finder]
          return
        }
        add(
          rival, writer,
          .derived(from: rival, to: finder, finder: finder, writer: writer))
      }
      let following = writer < 0 ? 0 : after[Int(writer) * chainCount + Int(chain)]
      if let rival = first(operations, from: following, but: writer), rival != finder,
        !isKnown(finder, before: rival)
      {
        add(
          finder, rival,
          .derived(from: writer, to: writer < 0 ? -1 : rival, finder: finder, writer: writer))
      }
    }
  }

  private func isKnown(_ operation: Int32, before other: Int32) -> Bool {
    before[Int(other) * chainCount + Int(chains[Int(operation)])] > places[Int(operation)]
  }

  /// The last of a chain's operations with a place below one, except one.
  private func last(_ operations: [Int32], below place: Int32, but exception: Int32) -> Int32? {
    var end = operations.partitioningIndex { places[Int($0)] >= place }
    if end > 0, operations[end - 1] == exception { end -= 1 }
    return end > 0 ? operations[end - 1] : nil
  }

  /// The first of a chain's operations from a place on, except one.
  private func first(_ operations: [Int32], from place: Int32, but exception: Int32) -> Int32? {
    var start = operations.partitioningIndex { places[Int($0)] >= place }
    if start < operations.count, operations[start] == exception { start += 1 }
    return start < operations.count ? operations[start] : nil
  }
}

extension Saturation {
  private static let explanations = 256

  /// The operations that edges come from.
  private func explain(_ edges: [Int]) -> [Int32] {
    var operations: [Int32] = []
    var pending = edges
    var seen = Set(edges)
    var explained = 0
    let successors = precedence.successors
    while let edge = pending.popLast() {
      operations += [precedence.sources[edge], precedence.targets[edge]]
      guard case .derived(let from, let to, let finder, let writer) = causes[edge] else { continue }
      operations += [finder, writer].filter { $0 >= 0 }
      guard from >= 0, to >= 0, from != to else { continue }
      explained += 1
      guard explained <= Saturation.explanations else { return all }
      let way = precedence.path(from: from, to: to, successors) { $0 < edge } ?? []
      pending += way.filter { seen.insert($0).inserted }
    }
    return Set(operations).sorted()
  }

  private func explain(way: (from: Int32, to: Int32), limit: Int) -> [Int32] {
    explain(
      precedence.path(from: way.from, to: way.to, precedence.successors) { $0 < limit } ?? [])
  }

  private var all: [Int32] {
    facts.required.indices.filter { facts.isPresent[$0] }.map { Int32($0) }
  }
}

extension [Int32] {
  /// The place of the first element that is beyond a border, all those before it not being so.
  fileprivate func partitioningIndex(_ isBeyond: (Int32) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
