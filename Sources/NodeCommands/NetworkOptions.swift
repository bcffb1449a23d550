import ArgumentParser
import Glibc
package import NodeServers

/// Where a node listens and whom it speaks to, as command lines say it.
package struct NetworkOptions: ParsableArguments {
  /// What is wrong with the options.
  package struct Problem: Error, Hashable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
  }

  @Option(help: "Listen on host:port instead of reading standard input.")
  var listen: String?

  @Option(
    help: "All members with their addresses, in one order for all: n1=host:port,n2=host:port.")
  var peers: String?

  @Option(help: "The node's own name, one of the members'.")
  var name: String?

  @Option(help: "What all members and clients must know; else SHRIKE_TOKEN in the environment.")
  var token: String?

  package init() {}

  /// - Returns: Nothing where there is no network.
  package func settings() throws(Problem) -> NodeServerSettings? {
    guard let listen else {
      guard peers == nil, name == nil, token == nil else {
        throw Problem("--peers, --name and --token need --listen host:port")
      }
      return nil
    }
    guard let listening = NetworkAddress(listen) else {
      throw Problem("--listen \(listen): expected host:port, or [address]:port with colons in it")
    }
    guard let peers else { throw Problem("--listen needs --peers: n1=host:port,n2=host:port") }
    guard let name else { throw Problem("--listen needs --name: one of the members'") }
    let members = try NetworkOptions.members(peers)
    guard members.contains(where: { $0.name == name }) else {
      let names = members.map(\.name).joined(separator: ", ")
      throw Problem("--name \(name): no such member in --peers, which names \(names)")
    }
    let token = token ?? getenv("SHRIKE_TOKEN").map { String(cString: $0) } ?? ""
    return NodeServerSettings(name: name, members: members, listen: listening, token: token)
  }

  private static func members(_ text: String) throws(Problem) -> [NodeServerSettings.Member] {
    var members: [NodeServerSettings.Member] = []
    for member in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = member.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty, let address = NetworkAddress(parts[1]),
        address.port > 0
      else { throw Problem("--peers: \"\(member)\": expected name=host:port") }
      guard !members.contains(where: { $0.name == parts[0] }) else {
        throw Problem("--peers names \(parts[0]) twice")
      }
      members.append(NodeServerSettings.Member(parts[0], address))
    }
    return members
  }
}
