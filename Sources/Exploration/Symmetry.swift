public import Nodes
public import Values

/// How the nodes' names of a system can be exchanged.
public struct Symmetry<N: Node>: Sendable {
  @usableFromInline let interchangeable: @Sendable ([NodeID]) -> [NodeID]
  @usableFromInline let renamedNode: @Sendable (N, Renaming) -> N
  @usableFromInline let renamedMessage: @Sendable (N.Message, Renaming) -> N.Message
  @usableFromInline let knowledge: @Sendable (N, NodeID) -> UInt64
}

extension Symmetry where N: RenamableNode {
  /// The way that the nodes themselves know.
  public init() {
    interchangeable = { N.interchangeable($0) }
    renamedNode = { $0.renamed($1) }
    renamedMessage = { N.renamed($0, $1) }
    knowledge = { $0.knowledge(of: $1) }
  }
}

extension Universe {
  @inlinable var interchangeable: [Int] {
    settings.symmetry?.interchangeable(settings.nodes.map(\.id)).map(\.index) ?? []
  }

  @inlinable
  func identity(ofProcess number: UInt32) -> Fingerprint {
    // As if it stood where the first one does.
    let place = places[Int(number)]
    var exchanged = Array(settings.nodes.indices)
    if let first = interchangeable.first, interchangeable.contains(place) {
      exchanged.swapAt(first, place)
    }
    return renamed(processes[Int(number)], exchanged).fingerprint(of: 0)
  }

  @inlinable
  func knowledge(_ process: UInt32, of place: Int) -> UInt64 {
    settings.symmetry?.knowledge(processes[Int(process)].node, NodeID(place)) ?? 0
  }

  @inlinable
  func identity(ofMessage number: UInt32) -> Fingerprint {
    var sink = FingerprintSink(part: Part.envelope)
    messages[Int(number)].message.encode(into: &sink)
    return sink.fingerprint
  }

  @inlinable
  func renamed(_ process: ExploredProcess<N>, _ exchanged: [Int]) -> ExploredProcess<N> {
    guard let symmetry = settings.symmetry else { return process }
    var renamed = process
    renamed.node = symmetry.renamedNode(process.node, Renaming(exchanged))
    return renamed
  }

  @inlinable
  func renamed(process number: UInt32, _ exchanged: [Int]) -> UInt32 {
    let place = places[Int(number)]
    return self.number(
      of: renamed(processes[Int(number)], exchanged), at: exchanged[place])
  }

  @inlinable
  func renamed(memory number: UInt32, _ exchanged: [Int]) -> UInt32 {
    self.number(
      of: memories[Int(number)].map { invariant in
        guard let invariant = invariant as? any RenamableInvariant<N> else { return invariant }
        return invariant.renamed(Renaming(exchanged))
      })
  }

  @inlinable
  func renamed(message number: UInt32, _ exchanged: [Int]) -> UInt32 {
    guard let symmetry = settings.symmetry else { return number }
    let message = messages[Int(number)]
    let renaming = Renaming(exchanged)
    return self.number(
      of: SentMessage(
        symmetry.renamedMessage(message.message, renaming), from: renaming[message.source],
        to: renaming[message.destination]))
  }
}
