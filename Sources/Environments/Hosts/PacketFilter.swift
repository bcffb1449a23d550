import Environments
import Nodes
import Values

/// Rules by which packets between hosts are dropped, and counted.
///
/// All that it makes is in tables or chains of its own; others' are neither read nor changed.
protocol PacketFilter {
  /// Makes what is needed, with no link cut.
  mutating func install() throws(HostError)

  /// Cuts directed links, in place of those that were cut before; the counts begin anew.
  ///
  /// - Parameter watched: Links on which what passes is counted for each.
  mutating func cut(_ links: [Link], watching watched: [Link]) throws(HostError)

  /// What was counted since the last cut.
  func counts() throws(HostError) -> PacketCounts
}

/// How many packets went from host to host, and how many did not.
struct PacketCounts: Hashable {
  /// Dropped, for each link that is cut.
  var lost: [Link: Int] = [:]
  /// Let through, for each link that is watched.
  var passed: [Link: Int] = [:]
  /// Let through, between all hosts.
  var carried = 0
}

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
    let text = result.output.joined(separator: "\n")
    guard let document = try? Value(json: Array(text.utf8)[...]),
      let objects = document["nftables"]?.elements
    else { throw .toolFailed(agent.name, "nft printed what is no JSON: \(text.prefix(80))") }
    var counts = PacketCounts()
    for object in objects {
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

/// A chain of iptables on each host, for machines without nftables: what a host receives is dropped.
struct HostChains: PacketFilter {
  private static let chain = "SHRIKE"

  private let hosts: [Host]
  private var cutLinks: [Link] = []

  /// - Parameter hosts: By their nodes' numbers.
  init(hosts: [Host]) { self.hosts = hosts }

  func install() throws(HostError) {
    try restore([])
    for host in hosts {
      try host.agent.run(["iptables", "-w", "-I", "INPUT", "-j", HostChains.chain])
        .checked(on: host.name)
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
