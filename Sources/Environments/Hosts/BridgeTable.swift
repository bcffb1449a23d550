import Values

/// A table of nftables on the bridge between the hosts: one transaction cuts all links.
struct BridgeTable: PacketFilter {
  private static let table = "bridge shrike"

  private let agent: AgentConnection
  private let ports: [String]

  /// - Parameters:
  ///   - agent: Of where the bridge is.
  ///   - ports: Where each host's cable ends there, by its node's number.
  init(agent: AgentConnection, ports: [String]) {
    self.agent = agent
    self.ports = ports
  }

  func install() throws(HostError) { try cut([], watching: []) }

  /// What a set of links has in it.
  private func elements(_ links: [Link]) -> String {
    // By ports, for what goes to all hosts at once has no host's address.
    let pairs = links.map { "\"\(ports[$0.source.index])\" . \"\(ports[$0.destination.index])\"" }
    return pairs.isEmpty ? "" : "elements = { \(pairs.joined(separator: ", ")) }"
  }

  /// Makes the table anew, which is atomic.
  func cut(_ links: [Link], watching watched: [Link]) throws(HostError) {
    let script = """
      table \(BridgeTable.table)
      delete table \(BridgeTable.table)
      table \(BridgeTable.table) {
        counter carried { }
        set cut {
          type ifname . ifname
          counter
          \(elements(links))
        }
        set watched {
          type ifname . ifname
          counter
          \(elements(watched))
        }
        chain links {
          type filter hook forward priority -300; policy accept;
          iifname . oifname @cut drop
          iifname . oifname @watched
          ether type ip counter name carried
        }
      }

      """
    try agent.run(["nft", "-f", "-"], input: script).checked(on: agent.name)
  }

  func counts() throws(HostError) -> PacketCounts {
    let result = try agent.run(["nft", "-j", "list", "table", "bridge", "shrike"])
      .checked(on: agent.name)
    var counts = PacketCounts()
    for object in try nftablesObjects(result, on: agent.name) {
      if let counter = object["counter"], counter["name"] == "carried" {
        counts.carried = counter["packets"]?.integer ?? 0
      }
      for element in object["set"]?["elem"]?.elements ?? [] {
        guard let pair = element["elem"]?["val"]?["concat"]?.elements?.compactMap(\.name),
          pair.count == 2, let from = ports.firstIndex(of: pair[0]),
          let to = ports.firstIndex(of: pair[1])
        else { continue }
        let link = Link(from: NodeID(from), to: NodeID(to))
        let packets = element["elem"]?["counter"]?["packets"]?.integer ?? 0
        if object["set"]?["name"] == "cut" {
          counts.lost[link] = packets
        } else {
          counts.passed[link] = packets
        }
      }
    }
    return counts
  }
}
