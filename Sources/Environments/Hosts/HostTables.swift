import Values

/// A table of nftables on each host: what it receives from some others is dropped.
///
/// It has the name of this run's own, and leaves alone what is for other addresses of the host, on which
/// others may have nodes.
struct HostTables: PacketFilter {
  private let hosts: [Host]
  private var cutLinks: [Link] = []

  /// - Parameter hosts: By their nodes' numbers.
  init(hosts: [Host]) { self.hosts = hosts }

  func install() throws(HostError) {
    for host in hosts {
      // There is none where this was done already.
      let table = table(on: host).joined(separator: " ")
      try host.agent.atEnd(["nft", "add table \(table); delete table \(table)"])
    }
    try restore([])
  }

  private func table(on host: Host) -> [String] { ["inet", host.agent.owner] }

  /// Whatever is not cut is watched.
  mutating func cut(_ links: [Link], watching watched: [Link]) throws(HostError) {
    cutLinks = links
    try restore(links)
  }

  /// Makes each host's table anew, which is atomic on that host.
  private func restore(_ links: [Link]) throws(HostError) {
    var tools: [RunningTool] = []
    for (number, host) in hosts.enumerated() {
      let sources = hosts.indices.filter { $0 != number }
      let (cut, watched) = (
        sources.filter { links.contains(Link(from: NodeID($0), to: NodeID(number))) },
        sources.filter { !links.contains(Link(from: NodeID($0), to: NodeID(number))) }
      )
      let table = table(on: host).joined(separator: " ")
      let script = """
        table \(table)
        delete table \(table)
        table \(table) {
          set cut {
            type ipv4_addr
            counter
            \(elements(cut))
          }
          set watched {
            type ipv4_addr
            counter
            \(elements(watched))
          }
          chain received {
            type filter hook input priority -300; policy accept;
            meta pkttype host ip daddr != \(host.address) accept
            ip saddr @cut drop
            ip saddr @watched
          }
        }

        """
      tools.append(try host.agent.begin(["nft", "-f", "-"], input: script))
    }
    for (host, tool) in zip(hosts, tools) { try host.agent.end(tool).checked(on: host.name) }
  }

  /// What a set of hosts has in it.
  private func elements(_ sources: [Int]) -> String {
    sources.isEmpty
      ? "" : "elements = { \(sources.map { hosts[$0].address }.joined(separator: ", ")) }"
  }

  func counts() throws(HostError) -> PacketCounts {
    var counts = PacketCounts()
    for (number, host) in hosts.enumerated() {
      let list = ["nft", "-j", "list", "table"] + table(on: host)
      let listed = try host.agent.run(list).checked(on: host.name)
      for set in try nftablesObjects(listed, on: host.name).compactMap({ $0["set"] }) {
        for element in set["elem"]?.elements ?? [] {
          guard let address = element["elem"]?["val"]?.name,
            let source = hosts.firstIndex(where: { $0.address == address })
          else { continue }
          let link = Link(from: NodeID(source), to: NodeID(number))
          let packets = element["elem"]?["counter"]?["packets"]?.integer ?? 0
          if set["name"] == "cut" {
            counts.lost[link] = packets
          } else {
            counts.passed[link] = packets
            counts.carried += packets
          }
        }
      }
    }
    return counts
  }
}

/// What nft has listed as JSON.
func nftablesObjects(_ listed: ToolResult, on host: String) throws(HostError) -> [Value] {
  let text = listed.output.joined(separator: "\n")
  guard let document = try? Value(json: Array(text.utf8)[...]),
    let objects = document["nftables"]?.elements
  else { throw .toolFailed(host, "nft printed what is no JSON: \(text.prefix(80))") }
  return objects
}
