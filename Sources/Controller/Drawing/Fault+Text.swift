import Environments
import Nemeses
import Values

extension Fault {
  /// The fault as people read it: `kill n1 n2`, `cut n1-n2 n3>n1`.
  func text(_ names: NodeNames) -> String {
    switch self {
    case .cut(let links): "cut " + names.text(links)
    case .mend: "mend all links"
    case .kill(let ending, let nodes): "\(ending.rawValue) " + names.text(nodes)
    case .restart(let nodes): "restart " + names.text(nodes)
    case .pause(let nodes): "pause " + names.text(nodes)
    case .resume(let nodes): "resume " + names.text(nodes)
    case .disturb(let disturbance, let links):
      "\(disturbance.kind.rawValue) on \(names.text(links))"
        + (disturbance.probability < 1 ? ", \(percent(disturbance.probability)) %" : "")
    case .calm(let kind): "end of \(kind.rawValue)"
    case .skew(let changes):
      // A dictionary's own order differs from process to process.
      "clock "
        + changes.sorted { $0.key < $1.key }.map { "\(names[$0.key]) \($0.value.text)" }
        .joined(separator: ", ")
    case .resetClocks: "reset clocks"
    case .disk(let fault, let nodes): "disk \(fault.kind.rawValue) \(names.text(nodes))"
    case .limit(.cpu(let share), let nodes): "cpu \(percent(share)) % of " + names.text(nodes)
    case .limit(.memory(let bytes), let nodes): "memory \(bytes >> 20) MiB of " + names.text(nodes)
    case .unlimit(let kind): "end of \(kind.rawValue) limits"
    case .mendDisks(let nodes): "mend disks of " + names.text(nodes)
    }
  }

  /// Whom it strikes; nothing where that goes without saying.
  func targetText(_ names: NodeNames) -> String? {
    switch self {
    case .cut(let links), .disturb(_, let links): names.text(links)
    case .kill(_, let nodes), .restart(let nodes), .pause(let nodes), .resume(let nodes),
      .disk(_, let nodes), .mendDisks(let nodes), .limit(_, let nodes):
      names.text(nodes)
    case .mend, .calm, .skew, .resetClocks, .unlimit: nil
    }
  }

  private func percent(_ share: Double) -> Int { Int((share * 100).rounded()) }
}

extension ClockChange {
  fileprivate var text: String {
    switch self {
    case .offset(let offset): "offset \(offset.durationText)"
    case .drift(let drift): "drift \(drift.durationText)/s"
    case .step(let step): "step \(step.durationText)"
    case .freeze: "freeze"
    case .strobe(let offset, let period):
      "strobe \(offset.durationText) each \(period.durationText)"
    }
  }
}

extension NodeNames {
  fileprivate func text(_ nodes: [NodeID]) -> String {
    nodes.isEmpty ? "no node" : nodes.map { self[$0] }.joined(separator: " ")
  }

  /// `n1-n2` where both directions are meant, else `n1>n2`.
  fileprivate func text(_ links: [Link]) -> String {
    let distinct = Set(links)
    guard distinct.count < count * (count - 1) else { return "all links" }
    guard !links.isEmpty else { return "no link" }
    return links.compactMap { link -> String? in
      let (source, destination) = (self[link.source], self[link.destination])
      guard distinct.contains(Link(from: link.destination, to: link.source)) else {
        return "\(source)>\(destination)"
      }
      return link.source < link.destination ? "\(source)-\(destination)" : nil
    }.joined(separator: " ")
  }
}
