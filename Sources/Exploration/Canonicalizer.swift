import Nodes
import Values

/// Finds of all states that differ in nodes' names only the one that stands for them.
///
/// Where few names can be exchanged, all ways to do so are tried, and the state with the least
/// fingerprint is it. Else the interchangeable nodes are put in the order of a fingerprint of all that
/// is theirs: their state, what others know of them, and the messages on their way from and to them.
/// Where two have the same, it does not matter which comes first; if it should, for a node that knows
/// more of another than it says, states are explored that need not be, but none is missed.
final class Canonicalizer {
  private typealias Layout = StateList.Layout

  /// Up to so many nodes all orders are tried.
  private static let exhaustiveLimit = 4

  private let shared: SharedDynamics
  private let nodeCount: Int
  private let interchangeable: [Int]
  /// All other orders, where there are few.
  private let others: [RenamingTable]
  private var tables: [[Int]: RenamingTable] = [:]
  private var scratch = GrowingBuffer<UInt32>()
  private var least = GrowingBuffer<UInt32>()
  private var identities: [UInt32: Fingerprint] = [:]
  private var messageIdentities: [UInt32: Fingerprint] = [:]
  private var knowledge: [UInt64: UInt64] = [:]
  private var sources: [UInt32: Int] = [:]

  init?(_ shared: SharedDynamics, nodeCount: Int) {
    let interchangeable = shared.withLock { $0.interchangeable }
    if interchangeable.count < 2 { return nil }
    self.shared = shared
    self.nodeCount = nodeCount
    self.interchangeable = interchangeable
    others =
      interchangeable.count > Canonicalizer.exhaustiveLimit
      ? []
      : Canonicalizer.orders(of: interchangeable).dropFirst().map { order in
        var places = Array(0..<nodeCount)
        for (from, to) in zip(interchangeable, order) { places[from] = to }
        return RenamingTable(places, shared)
      }
  }

  deinit {
    scratch.deallocate()
    least.deallocate()
  }

  var bytes: Int {
    others.reduce(0) { $0 + $1.bytes } + tables.values.reduce(0) { $0 + $1.bytes }
  }

  /// All orders, first the one that is given.
  private static func orders(of places: [Int]) -> [[Int]] {
    guard !places.isEmpty else { return [[]] }
    return places.indices.flatMap { first in
      var rest = places
      let place = rest.remove(at: first)
      return orders(of: rest).map { [place] + $0 }
    }
  }

  /// Exchanges names in a state.
  ///
  /// - Returns: Its fingerprint then.
  func canonicalize(
    _ words: UnsafeMutablePointer<UInt32>, count: Int, _ expander: Expander
  ) -> Fingerprint {
    if !others.isEmpty { return findLeast(words, count: count, expander) }
    let table = expander.table
    let keys = keys(words, count: count, table)
    let order = interchangeable.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    if order != Array(interchangeable.indices) {
      var places = Array(0..<nodeCount)
      for (target, source) in order.enumerated() {
        places[interchangeable[source]] = interchangeable[target]
      }
      scratch.removeAll()
      let exchanged = scratch.extend(by: count)
      renaming(places).write(words, count: count, to: exchanged, table)
      words.update(from: exchanged, count: count)
    }
    return expander.fingerprint(words, count: count)
  }

  private func findLeast(
    _ words: UnsafeMutablePointer<UInt32>, count: Int, _ expander: Expander
  ) -> Fingerprint {
    var fingerprint = expander.fingerprint(words, count: count)
    var isOther = false
    for renaming in others {
      scratch.removeAll()
      let exchanged = scratch.extend(by: count)
      renaming.write(words, count: count, to: exchanged, expander.table)
      let other = expander.fingerprint(exchanged, count: count)
      guard other < fingerprint else { continue }
      fingerprint = other
      isOther = true
      swap(&scratch, &least)
    }
    if isOther { words.update(from: least.base, count: count) }
    return fingerprint
  }

  private func renaming(_ places: [Int]) -> RenamingTable {
    if let known = tables[places] { return known }
    let renaming = RenamingTable(places, shared)
    tables[places] = renaming
    return renaming
  }

  /// What distinguishes the interchangeable nodes.
  private func keys(
    _ words: UnsafeMutablePointer<UInt32>, count: Int, _ table: OutcomeTable
  ) -> [Fingerprint] {
    var keys = interchangeable.map { identity(ofProcess: words[Layout.processes + $0]) }
    for (place, node) in interchangeable.enumerated() {
      for other in 0..<nodeCount where !interchangeable.contains(other) {
        let known = knowledge(words[Layout.processes + other], of: node)
        keys[place] &+= Fingerprint(part: UInt64(other), known)
      }
    }
    for place in Layout.processes + nodeCount..<max(count, Layout.processes + nodeCount) {
      let message = words[place]
      let identity = identity(ofMessage: message)
      let ends = [source(of: message), Int(table.messages[Int(message)].destination)]
      for (end, node) in ends.enumerated() {
        guard let own = interchangeable.firstIndex(of: node) else { continue }
        let other = ends[1 - end]
        let peer = interchangeable.contains(other) ? nodeCount : other
        keys[own] &+= Fingerprint(
          part: identity.low, identity.high &+ UInt64(2 * peer + end))
      }
    }
    return keys
  }

  private func identity(ofProcess number: UInt32) -> Fingerprint {
    if let known = identities[number] { return known }
    let identity = shared.withLock { $0.identity(ofProcess: number) }
    identities[number] = identity
    return identity
  }

  private func identity(ofMessage number: UInt32) -> Fingerprint {
    if let known = messageIdentities[number] { return known }
    let identity = shared.withLock { $0.identity(ofMessage: number) }
    messageIdentities[number] = identity
    return identity
  }

  private func source(of message: UInt32) -> Int {
    if let known = sources[message] { return known }
    let source = shared.withLock { $0.source(ofMessage: message) }
    sources[message] = source
    return source
  }

  private func knowledge(_ process: UInt32, of place: Int) -> UInt64 {
    let key = UInt64(process) << 32 | UInt64(place)
    if let known = knowledge[key] { return known }
    let known = shared.withLock { $0.knowledge(process, of: place) }
    knowledge[key] = known
    return known
  }
}
