import Environments
public import Values

/// The links between a cluster's nodes: which are cut, and how the others disturb messages.
@usableFromInline
struct Network: Sendable {
  /// What a disturbance of one kind does, and to which links.
  struct Force: Sendable {
    var disturbance: Disturbance
    var links: [Bool]
    var affected = 0
  }

  private let count: Int
  private var isCut: [Bool]
  private var cutLinks: [Link] = []
  /// The disturbances in force, by the place of their kind.
  private var forces: [Force?] = Array(repeating: nil, count: Disturbance.Kind.allCases.count)
  @usableFromInline private(set) var isCalm = true
  /// Messages that were lost to cuts since the cuts were made.
  @usableFromInline private(set) var cutCount = 0
  /// Messages that nodes sent each other since the network faults in force began.
  @usableFromInline var sentSinceFault = 0

  @usableFromInline
  init(nodeCount: Int) {
    count = nodeCount
    isCut = Array(repeating: false, count: nodeCount * nodeCount)
  }

  private func place(_ link: Link) -> Int {
    link.source.index * count + link.destination.index
  }

  /// Whether a link is cut; a message that meets it there is lost, and counted.
  @usableFromInline
  mutating func loses(_ link: Link) -> Bool {
    guard isCut[place(link)] else { return false }
    cutCount += 1
    return true
  }

  mutating func cut(_ links: [Link]) {
    for place in isCut.indices { isCut[place] = false }
    for link in links { isCut[place(link)] = true }
    cutLinks = links
    cutCount = 0
    sentSinceFault = 0
    updateCalm()
  }

  /// Mends all links.
  ///
  /// - Returns: Whether links were cut.
  mutating func mend() -> Bool {
    let wasCut = !cutLinks.isEmpty
    cut([])
    return wasCut
  }

  mutating func disturb(_ disturbance: Disturbance, _ links: [Link]) {
    var force = Force(
      disturbance: disturbance, links: Array(repeating: false, count: count * count))
    for link in links { force.links[place(link)] = true }
    forces[disturbance.kind.place] = force
    sentSinceFault = 0
    updateCalm()
  }

  /// Ends a disturbance.
  ///
  /// - Returns: How many messages it affected; nothing where none of the kind was in force.
  mutating func calm(_ kind: Disturbance.Kind) -> Int? {
    defer { updateCalm() }
    return forces[kind.place].take()?.affected
  }

  private mutating func updateCalm() {
    isCalm = cutLinks.isEmpty && forces.allSatisfy { $0 == nil }
  }

  /// Whether a disturbance strikes a message on a link.
  mutating func strikes(
    _ kind: Disturbance.Kind, _ link: Link, _ draws: inout Draws
  ) -> Disturbance? {
    let slot = kind.place
    guard let force = forces[slot], force.links[place(link)],
      draws.chance(force.disturbance.probability)
    else { return nil }
    forces[slot]?.affected += 1
    return force.disturbance
  }

  /// The copies in which a message arrives, each with the delay that disturbances add to its
  /// latency: none where it is lost.
  @usableFromInline
  mutating func copies(_ link: Link, _ draws: inout Draws) -> [Nanoseconds] {
    if strikes(.loss, link, &draws) != nil { return [] }
    var delay: Nanoseconds = 0
    for kind in [Disturbance.Kind.delay, .reorder] {
      if let disturbance = strikes(kind, link, &draws) {
        delay += draws.within(0...disturbance.latency)
      }
    }
    guard let duplicate = strikes(.duplicate, link, &draws) else { return [delay] }
    return [delay, delay + draws.within(0...duplicate.latency)]
  }
}

extension Disturbance.Kind {
  var place: Int {
    switch self {
    case .delay: 0
    case .loss: 1
    case .duplicate: 2
    case .reorder: 3
    }
  }
}
