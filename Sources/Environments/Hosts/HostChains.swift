import Values

/// A chain of iptables on each host, for machines without nftables: what a host receives is dropped.
///
/// It has the name of this run's own, and leaves alone what is for other addresses of the host, on which
/// others may have nodes.
struct HostChains: PacketFilter {
  private let hosts: [Host]
  private var cutLinks: [Link] = []

  /// - Parameter hosts: By their nodes' numbers.
  init(hosts: [Host]) { self.hosts = hosts }

  func install() throws(HostError) {
    func jump(on host: Host) -> [String] { ["INPUT", "-j", chain(on: host)] }
    for host in hosts {
      try host.agent.atEnd(["sh", "-c", HostChains.removal, chain(on: host)])
    }
    try restore([])
    for host in hosts {
      try host.agent.run(["iptables", "-w", "-I"] + jump(on: host)).checked(on: host.name)
    }
  }

  /// Removes a chain, which can't be removed while it is jumped to, and finds that there is none.
  private static let removal =
    "iptables -w -D INPUT -j $0; iptables -w -F $0; iptables -w -X $0; "
    + "iptables -w -S $0; test $? = 1"

  private func chain(on host: Host) -> String { host.agent.owner }

  /// Whatever is not cut is watched.
  mutating func cut(_ links: [Link], watching watched: [Link]) throws(HostError) {
    cutLinks = links
    try restore(links)
  }

  /// Makes each host's chain anew, which is atomic on that host.
  private func restore(_ links: [Link]) throws(HostError) {
    var tools: [RunningTool] = []
    for (number, host) in hosts.enumerated() {
      let chain = chain(on: host)
      var lines = [
        "*filter", ":\(chain) - [0:0]",
        "-A \(chain) -m pkttype --pkt-type unicast ! -d \(host.address)/32 -j RETURN",
      ]
      for (other, source) in hosts.enumerated() where other != number {
        let isCut = links.contains { $0.source.index == other && $0.destination.index == number }
        // Without a target a rule only counts.
        lines.append(
          "-A \(chain) -s \(source.address)/32" + (isCut ? " -j DROP" : ""))
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
      let listed = try host.agent.run(["iptables", "-w", "-nvxL", chain(on: host)])
        .checked(on: host.name)
      for line in listed.output {
        // pkts bytes [target] prot opt in out source destination
        let words = line.split(separator: " ").map(String.init)
        guard let packets = words.first.flatMap(Int.init), !words.contains("RETURN"),
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
