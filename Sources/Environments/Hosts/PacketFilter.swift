import Environments
import Nodes
import Values

/// Rules by which packets between hosts are dropped, and counted.
///
/// All that it makes is in tables or chains of its own; others' are neither read nor changed.
protocol PacketFilter {
  /// Makes what is needed, with no link cut; on hosts that outlive us it goes with their agents.
  func install() throws(HostError)

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
