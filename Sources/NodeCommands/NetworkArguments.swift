import Glibc
package import NodeServers

/// Where a node listens and whom it speaks to, as command lines say it.
package struct NetworkArguments: Hashable, Sendable {
  package var listen: String?
  package var peers: String?
  package var name: String?
  /// Without one, the environment's `SHRIKE_TOKEN`.
  package var token: String?

  package init(
    listen: String? = nil, peers: String? = nil, name: String? = nil, token: String? = nil
  ) {
    self.listen = listen
    self.peers = peers
    self.name = name
    self.token = token
  }

  /// - Returns: Nothing where there is no network.
  package func settings() throws(NodeArguments.Problem) -> NodeServerSettings? {
    guard let listen else {
      guard peers == nil, name == nil, token == nil else {
        throw NodeArguments.Problem("--peers, --name and --token need --listen host:port")
      }
      return nil
    }
    guard let listening = NetworkAddress(listen) else {
      throw NodeArguments.Problem(
        "--listen \(listen): expected host:port, or [address]:port with colons in it")
    }
    guard let peers else {
      throw NodeArguments.Problem("--listen needs --peers: n1=host:port,n2=host:port")
    }
    guard let name else {
      throw NodeArguments.Problem("--listen needs --name: one of the members'")
    }
    let members = try NetworkArguments.members(peers)
    guard members.contains(where: { $0.name == name }) else {
      let names = members.map(\.name).joined(separator: ", ")
      throw NodeArguments.Problem("--name \(name): no such member in --peers, which names \(names)")
    }
    let token = token ?? getenv("SHRIKE_TOKEN").map { String(cString: $0) } ?? ""
    return NodeServerSettings(name: name, members: members, listen: listening, token: token)
  }

  private static func members(_ text: String) throws(NodeArguments.Problem) -> [NodeServerSettings
    .Member]
  {
    var members: [NodeServerSettings.Member] = []
    for member in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = member.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty, let address = NetworkAddress(parts[1]),
        address.port > 0
      else { throw NodeArguments.Problem("--peers: \"\(member)\": expected name=host:port") }
      guard !members.contains(where: { $0.name == parts[0] }) else {
        throw NodeArguments.Problem("--peers names \(parts[0]) twice")
      }
      members.append(NodeServerSettings.Member(parts[0], address))
    }
    return members
  }
}
