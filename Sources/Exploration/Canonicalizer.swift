import Nodes
import Values

/// Finds of all states that differ in nodes' names only the one that stands for them.
///
/// The interchangeable nodes are put in the order of a fingerprint of all that is theirs: their
/// state, what others know of them, and the messages on their way from and to them. Where two have
/// the same, it does not matter which comes first; if it should, for a node that knows more of another
/// than it says, states are explored that need not be, but none is missed.
final class Canonicalizer {
  private typealias Layout = StateList.Layout

  private let shared: SharedDynamics
  private let nodeCount: Int
  private let interchangeable: [Int]
  private var identities: [UInt32: Fingerprint] = [:]
  private var messageIdentities: [UInt32: Fingerprint] = [:]
  private var knowledge: [UInt64: UInt64] = [:]
  private var renamings: [[Int]: UInt32] = [:]
  private var processes: [UInt64: UInt32] = [:]
  private var messages: [UInt64: UInt32] = [:]
  private var sources: [UInt32: Int] = [:]

  init?(_ shared: SharedDynamics, nodeCount: Int) {
    self.shared = shared
    self.nodeCount = nodeCount
    interchangeable = shared.withLock { $0.interchangeable }
    if interchangeable.count < 2 { return nil }
  }

  /// Exchanges names in a state.
  func canonicalize(_ words: UnsafeMutablePointer<UInt32>, count: Int, _ table: OutcomeTable) {
    let keys = keys(words, count: count, table)
    let order = interchangeable.indices.sorted { keys[$0] < keys[$1] }
    guard order != Array(interchangeable.indices) else { return }
    var places = Array(0..<nodeCount)
    for (target, source) in order.enumerated() {
      places[interchangeable[source]] = interchangeable[target]
    }
    let renaming = number(of: places)
    let before = (0..<nodeCount).map { words[Layout.processes + $0] }
    for node in 0..<nodeCount {
      words[Layout.processes + places[node]] = renamed(process: before[node], places, renaming)
    }
    for place in Layout.processes + nodeCount..<max(count, Layout.processes + nodeCount) {
      words[place] = renamed(message: words[place], places, renaming)
    }
    table.catchUp()
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

  private func number(of places: [Int]) -> UInt32 {
    if let known = renamings[places] { return known }
    let number = UInt32(renamings.count)
    renamings[places] = number
    return number
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

  private func renamed(process: UInt32, _ places: [Int], _ renaming: UInt32) -> UInt32 {
    let key = UInt64(process) << 32 | UInt64(renaming)
    if let known = processes[key] { return known }
    let renamed = shared.withLock { $0.renamed(process: process, places) }
    processes[key] = renamed
    return renamed
  }

  private func renamed(message: UInt32, _ places: [Int], _ renaming: UInt32) -> UInt32 {
    let key = UInt64(message) << 32 | UInt64(renaming)
    if let known = messages[key] { return known }
    let renamed = shared.withLock { $0.renamed(message: message, places) }
    messages[key] = renamed
    return renamed
  }
}
