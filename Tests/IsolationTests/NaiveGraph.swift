import Histories
import Values

/// What the definitions say of a list-append history, read word by word: each phenomenon is looked
/// for in the values themselves, and cycles in a graph of all dependencies.
struct NaiveGraph {
  private enum Edge: Hashable { case ww, wr, rw, process, realtime }

  private struct Step {
    var isRead: Bool
    var key: Value
    var value: Value
    var list: [Value] { value.elements ?? [] }
  }

  private let calls: [Call]
  private let steps: [[Step]]
  private var edges: [(from: Int, to: Int, kind: Edge)] = []

  init(_ history: History) {
    calls = history.calls
    steps = calls.map { call in
      (call.value.elements ?? []).map { step in
        let parts = step.elements ?? []
        return Step(isRead: parts[0].name == "r", key: parts[1], value: parts[2])
      }
    }
    for key in Set(steps.joined().map(\.key)) { addDependencies(on: key) }
    for (a, first) in calls.enumerated() where first.outcome == .ok {
      for (b, second) in calls.enumerated() where a != b && isInstalled(b) {
        if first.process == second.process, first.position < second.position {
          edges.append((a, b, .process))
        }
        if let end = first.end, end < second.position { edges.append((a, b, .realtime)) }
      }
    }
  }

  private var committed: [Int] { calls.indices.filter { calls[$0].outcome == .ok } }

  private func isInstalled(_ call: Int) -> Bool {
    if calls[call].outcome == .ok { return true }
    guard calls[call].outcome == .info else { return false }
    return steps[call].contains { step in
      !step.isRead && reads(of: step.key).contains { $0.contains(step.value) }
    }
  }

  private func reads(of key: Value) -> [[Value]] {
    committed.flatMap { steps[$0] }.filter { $0.isRead && $0.key == key }.map(\.list)
  }

  private func writer(of value: Value, _ key: Value) -> Int? {
    calls.indices.first { call in
      steps[call].contains { !$0.isRead && $0.key == key && $0.value == value }
    }
  }

  /// The reads of a key in a transaction that has not written it before.
  private func externalReads(_ call: Int, _ key: Value) -> [[Value]] {
    guard calls[call].outcome == .ok else { return [] }
    return steps[call].filter { $0.key == key }.prefix { $0.isRead }.map(\.list)
  }

  private func isUnique(_ list: [Value]) -> Bool { Set(list).count == list.count }

  private mutating func addDependencies(on key: Value) {
    let reads = reads(of: key).filter(isUnique)
    let longest = reads.max { $0.count < $1.count } ?? []
    guard reads.allSatisfy({ longest.starts(with: $0) }), !hasReversedOwn(key, reads) else {
      for call in committed {
        for read in externalReads(call, key) { addRead(ofLast: read, by: call, key) }
      }
      return
    }
    let order = longest.filter { value in writer(of: value, key).map(isInstalled) ?? false }
    let unread = calls.indices.filter(isInstalled).filter { call in
      steps[call].contains { !$0.isRead && $0.key == key && !longest.contains($0.value) }
    }
    func add(_ from: Int?, _ to: Int?, _ kind: Edge) {
      if let from, let to, from != to { edges.append((from, to, kind)) }
    }
    for (value, next) in zip(order, order.dropFirst()) {
      add(writer(of: value, key), writer(of: next, key), .ww)
    }
    for call in unread { add(order.last.flatMap { writer(of: $0, key) }, call, .ww) }
    for call in committed {
      for read in externalReads(call, key) {
        guard isUnique(read) else {
          addRead(ofLast: read, by: call, key)
          continue
        }
        let seen = read.filter(order.contains)
        add(seen.last.flatMap { writer(of: $0, key) }, call, .wr)
        if let next = order.first(where: { !read.contains($0) }) {
          add(call, writer(of: next, key), .rw)
        } else {
          for other in unread { add(call, other, .rw) }
        }
      }
    }
  }

  /// Adds who wrote the last element that a transaction read, which is known in any order.
  private mutating func addRead(ofLast read: [Value], by call: Int, _ key: Value) {
    guard let last = read.last, let writer = writer(of: last, key),
      isInstalled(writer), writer != call
    else { return }
    edges.append((writer, call, .wr))
  }

  /// Whether a transaction's own elements stand in another order than it appended them.
  private func hasReversedOwn(_ key: Value, _ reads: [[Value]]) -> Bool {
    calls.indices.filter(isInstalled).contains { call in
      let own = steps[call].filter { !$0.isRead && $0.key == key }.map(\.value)
      return reads.contains { read in
        zip(own, own.dropFirst()).contains { first, second in
          guard let late = read.firstIndex(of: second) else { return false }
          return read.firstIndex(of: first).map { $0 > late } ?? true
        }
      }
    }
  }

  /// Whether a cycle has one edge of a kind, and else only edges of others.
  private func hasCycle(_ first: Edge, then others: Set<Edge>) -> Bool {
    edges.contains { edge in
      guard edge.kind == first else { return false }
      var reached: Set<Int> = [edge.to]
      var open = [edge.to]
      while let call = open.popLast() {
        for next in edges where next.from == call && others.contains(next.kind) {
          if reached.insert(next.to).inserted { open.append(next.to) }
        }
      }
      return reached.contains(edge.from)
    }
  }

  /// Whether a phenomenon is there; nothing for one that this knows no definition of.
  func has(_ phenomenon: String) -> Bool? {
    switch phenomenon {
    case "G0": hasCycle(.ww, then: [.ww])
    case "G1c": hasCycle(.wr, then: [.ww, .wr])
    case "G-single-item": hasCycle(.rw, then: [.ww, .wr])
    case "G0-process": hasCycle(.process, then: [.ww, .process])
    case "G1c-process": hasCycle(.process, then: [.ww, .wr, .process])
    case "G-single-item-process": hasCycle(.rw, then: [.ww, .wr, .process])
    case "G0-realtime": hasCycle(.realtime, then: [.ww, .realtime])
    case "G1c-realtime": hasCycle(.realtime, then: [.ww, .wr, .realtime])
    case "G-single-item-realtime": hasCycle(.rw, then: [.ww, .wr, .realtime])
    case "G1a":
      readsOfCommitted { call, step in
        step.list.contains { writer(of: $0, step.key).map { calls[$0].outcome == .fail } ?? false }
      }
    case "garbage-versions":
      readsOfCommitted { _, step in
        step.list.contains { writer(of: $0, step.key) == nil }
      }
    case "duplicate-elements": readsOfCommitted { _, step in !isUnique(step.list) }
    case "incompatible-order": hasIncompatibleOrder
    case "internal": hasInternal
    case "lost-update": hasLostUpdate
    case "G1b": hasIntermediateRead
    case "future-read": hasFutureRead
    default: nil
    }
  }

  /// What is told from single reads.
  static let scanned = [
    "G1a", "G1b", "garbage-versions", "duplicate-elements", "internal", "future-read",
  ]

  private func readsOfCommitted(_ holds: (Int, Step) -> Bool) -> Bool {
    committed.contains { call in steps[call].contains { $0.isRead && holds(call, $0) } }
  }

  private var hasIncompatibleOrder: Bool {
    let keys = Set(steps.joined().map(\.key))
    return keys.contains { key in
      let reads = reads(of: key).filter(isUnique)
      let clash = reads.contains { a in
        reads.contains { b in !a.starts(with: b) && !b.starts(with: a) }
      }
      if clash { return true }
      return hasReversedOwn(key, reads)
    }
  }

  private var hasInternal: Bool {
    committed.contains { call in
      var known: [Value: [Value]] = [:]
      var own: [Value: [Value]] = [:]
      for step in steps[call] {
        if step.isRead {
          let tail = own[step.key] ?? []
          if let base = known[step.key] {
            if step.list != base + tail { return true }
          } else if Array(step.list.suffix(tail.count)) != tail {
            return true
          }
          known[step.key] = step.list
          own[step.key] = []
        } else {
          own[step.key, default: []].append(step.value)
        }
      }
      return false
    }
  }

  private var hasLostUpdate: Bool {
    let keys = Set(steps.joined().map(\.key))
    return keys.contains { key in
      let versions = committed.compactMap { call in
        steps[call].contains { !$0.isRead && $0.key == key } ? externalReads(call, key).first : nil
      }
      return Set(versions).count < versions.count
    }
  }

  private var hasIntermediateRead: Bool {
    committed.contains { call in
      Set(steps[call].map(\.key)).contains { key in
        externalReads(call, key).contains { read in
          guard let last = read.last, let writer = writer(of: last, key), writer != call,
            calls[writer].outcome != .fail
          else { return false }
          return steps[writer].last { !$0.isRead && $0.key == key }?.value != last
        }
      }
    }
  }

  private var hasFutureRead: Bool {
    committed.contains { call in
      steps[call].indices.contains { place in
        let read = steps[call][place]
        return read.isRead
          && steps[call][(place + 1)...].contains {
            !$0.isRead && $0.key == read.key && read.list.contains($0.value)
          }
      }
    }
  }
}
