import Environments
import Values

extension Fault {
  /// How many nodes or links it strikes.
  var targetCount: Int {
    switch self {
    case .cut(let links), .disturb(_, let links): links.count
    case .kill(_, let nodes), .pause(let nodes), .disk(_, let nodes), .limit(_, let nodes):
      nodes.count
    case .skew(let changes): changes.count
    case .restart, .resume, .mendDisks, .mend, .calm, .resetClocks, .unlimit: 0
    }
  }

  /// Spares some of the nodes or links that it strikes, by their places.
  mutating func removeTargets(_ places: Range<Int>) {
    func left<Target>(_ targets: [Target]) -> [Target] {
      targets.enumerated().filter { !places.contains($0.offset) }.map(\.element)
    }
    switch self {
    case .cut(let links): self = .cut(left(links))
    case .disturb(let disturbance, let links): self = .disturb(disturbance, left(links))
    case .kill(let ending, let nodes): self = .kill(ending, left(nodes))
    case .pause(let nodes): self = .pause(left(nodes))
    case .disk(let fault, let nodes): self = .disk(fault, left(nodes))
    case .limit(let limit, let nodes): self = .limit(limit, left(nodes))
    case .skew(let changes):
      let nodes = left(changes.keys.sorted())
      self = .skew(changes.filter { nodes.contains($0.key) })
    case .restart, .resume, .mendDisks, .mend, .calm, .resetClocks, .unlimit: break
    }
  }

  /// The same fault of the nodes that are left, under their new names; nothing where none is.
  func renamed(_ name: (NodeID) -> NodeID?) -> Fault? {
    func nodes(_ nodes: [NodeID], _ make: ([NodeID]) -> Fault) -> Fault? {
      let left = nodes.compactMap(name)
      return left.isEmpty ? nil : make(left)
    }
    func links(_ links: [Link], _ make: ([Link]) -> Fault) -> Fault? {
      let left = links.compactMap { link -> Link? in
        guard let source = name(link.source), let destination = name(link.destination) else {
          return nil
        }
        return Link(from: source, to: destination)
      }
      return left.isEmpty ? nil : make(left)
    }
    return switch self {
    case .cut(let cut): links(cut) { .cut($0) }
    case .disturb(let disturbance, let disturbed): links(disturbed) { .disturb(disturbance, $0) }
    case .kill(let ending, let killed): nodes(killed) { .kill(ending, $0) }
    case .restart(let restarted): nodes(restarted) { .restart($0) }
    case .disk(let fault, let struck): nodes(struck) { .disk(fault, $0) }
    case .mendDisks(let mended): nodes(mended) { .mendDisks($0) }
    case .limit(let limit, let limited): nodes(limited) { .limit(limit, $0) }
    case .pause(let paused): nodes(paused) { .pause($0) }
    case .resume(let resumed): nodes(resumed) { .resume($0) }
    case .skew(let changes):
      nodes(changes.keys.sorted()) { _ in
        .skew(
          Dictionary(
            changes.compactMap { node, change in name(node).map { ($0, change) } },
            uniquingKeysWith: { $1 }))
      }
    case .mend, .calm, .resetClocks, .unlimit: self
    }
  }
}
