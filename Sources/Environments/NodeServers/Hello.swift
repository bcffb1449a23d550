import Values

/// The first frame of a connection: who speaks, and that they may.
package struct Hello: Hashable, Sendable {
  static let version = 1

  /// What all members of a cluster and its clients know.
  package var token: String
  package var name: String
  /// Of a node, all members in order: their numbers travel in messages, and must mean the same.
  package var members: [String]?
  /// Whether calls to services are answered here.
  package var hasServices: Bool

  package init(
    token: String, name: String, members: [String]? = nil, hasServices: Bool = false
  ) {
    self.token = token
    self.name = name
    self.members = members
    self.hasServices = hasServices
  }

  /// - Returns: Nothing where the bytes are no hello of this version.
  package init?(_ bytes: UnsafeRawBufferPointer) {
    guard let value = try? Value(json: bytes), value["shrike"] == .integer(Hello.version),
      case .string(let name)? = value["name"]
    else { return nil }
    self.name = name
    token = value["token"]?.name ?? ""
    members = value["members"]?.elements?.compactMap(\.name)
    hasServices = value["services"] == .bool(true)
  }

  package var bytes: [UInt8] {
    var fields: [ValueMap.Entry] = [
      .init(key: "shrike", value: .integer(Hello.version)),
      .init(key: "token", value: .string(token)), .init(key: "name", value: .string(name)),
    ]
    if let members {
      fields.append(.init(key: "members", value: .list(members.map { .string($0) })))
    }
    if hasServices { fields.append(.init(key: "services", value: .bool(true))) }
    var bytes: [UInt8] = []
    Value.map(ValueMap(fields)).writeJSON(into: &bytes)
    return bytes
  }
}
