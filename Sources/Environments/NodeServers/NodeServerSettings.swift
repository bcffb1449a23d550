/// Where a node listens, and whom it speaks to.
public struct NodeServerSettings: Sendable {
  public struct Member: Hashable, Sendable {
    public var name: String
    public var address: NetworkAddress

    public init(_ name: String, _ address: NetworkAddress) {
      self.name = name
      self.address = address
    }
  }

  /// The node's own name, which is a member's.
  public var name: String
  /// All members, in the order that all of them must be given.
  public var members: [Member]
  public var listen: NetworkAddress
  /// What all members of a cluster and its clients know, and others don't.
  public var token: String

  public init(name: String, members: [Member], listen: NetworkAddress, token: String = "") {
    self.name = name
    self.members = members
    self.listen = listen
    self.token = token
  }
}
