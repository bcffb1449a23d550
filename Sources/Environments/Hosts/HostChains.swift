import Values

/// A chain of iptables on each host, for machines without nftables: what a host receives is dropped.
struct HostChains: PacketFilter {
  private static let chain = "SHRIKE"

  private let hosts: [Host]
  private var cutLinks: [Link] = []

  /// - Parameter hosts: By their nodes' numbers.
  init(hosts: [Host]) { self.hosts = hosts }

  func install() throws(HostError) {
    let jump = ["INPUT", "-j", HostChains.chain]
    for host in hosts {
      // In this order, for a chain that is jumped to can't be removed.
      try host.agent.atEnd(["iptables", "-w", "-D"] + jump)
      try host.agent.atEnd(["iptables", "-w", "-F", HostChains.chain])
      try host.agent.atEnd(["iptables", "-w", "-X", HostChains.chain])
    }
    try restore([])
    for host in hosts {
      try host.agent.run(["iptables", "-w", "-I"] + jump).checked(on: host.name)
    }
  }

  /// Whatever is not cut is watched.
  mutating func cut(_ links: [Link], watching watched: [Link]) throws(HostError) {
    cutLinks = links
    try restore(links)
  }

  /// Makes each host's chain anew, which is atomic on that host.
  private func restore(_ links: [Link]) throws(HostError) {
    var tools: [RunningTool] = []
    for (number, host) in hosts.enumerated() {
      var lines = ["*filter", ":\(HostChains.chain) - [0:0]"]
      for (other, source) in hosts.enumerated() where other != number {
        let isCut = links.contains { $0.source.index == other && $0.destination.index == number }
        // Without a target a rule only counts.
        lines.append(
          "-A \(HostChains.chain) -s \(source.address)/32" + (isCut ? " -j DROP" : ""))
      }
      lines.append("COMMIT")
      tools.append(
        try host.agent.begin(
          ["iptables-restore", "-w", "--noflush"], input: lines.joined(separator: "\n")))
    }
    for (host, tool) in zip(hosts, tools) { try host.agent.end(tool).checked(on: host.name) }
  }

  func counts() throws(HostError) -> PacketCounts {
    var counts = PacketCounts()
    for (number, host) in hosts.enumerated() {
      let listed = try host.agent.run(["iptables", "-w", "-nvxL", HostChains.chain])
        .checked(on: host.name)
      for line in listed.output {
        // pkts bytes [target] prot opt in out source destination
        let words = line.split(separator: " ").map(String.init)
        guard let packets = words.first.flatMap(Int.init),
          let source = hosts.firstIndex(where: { words.contains($0.address) })
        else { continue }
        let link = Link(from: NodeID(source), to: NodeID(number))
        if cutLinks.contains(link) {
          counts.lost[link] = packets
        } else {
          counts.passed[link] = packets
          counts.carried += packets
        }
      }
    }
    return counts
  }
}
