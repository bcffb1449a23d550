public import Values

extension Request {
  /// The body of the Maelstrom message that carries this request, without its ids.
  public func body(_ names: NodeNames) -> ValueMap {
    switch self {
    case .echo(let value): Fields(type: "echo", ["echo": value]).map
    case .generate: Fields(type: "generate").map
    case .topology(let neighbours):
      Fields(type: "topology", ["topology": Request.named(neighbours, names)]).map
    case .broadcast(let message): Fields(type: "broadcast", ["message": message]).map
    case .addElement(let element): Fields(type: "add", ["element": element]).map
    case .addDelta(let delta): Fields(type: "add", ["delta": .integer(delta)]).map
    case .readAll: Fields(type: "read").map
    case .read(let key): Fields(type: "read", ["key": key]).map
    case .write(let key, let value): Fields(type: "write", ["key": key, "value": value]).map
    case .compareAndSet(let key, let from, let to, let createIfMissing):
      createIfMissing
        ? Fields(
          type: "cas", ["key": key, "from": from, "to": to, "create_if_not_exists": true]
        ).map
        : Fields(type: "cas", ["key": key, "from": from, "to": to]).map
    case .timestamp: Fields(type: "ts").map
    case .transaction(let operations): Fields(type: "txn", ["txn": .list(operations)]).map
    case .send(let key, let message):
      Fields(type: "send", ["key": .string(key), "msg": message]).map
    case .poll(let offsets): Fields(type: "poll", ["offsets": Value(offsets: offsets)]).map
    case .commitOffsets(let offsets):
      Fields(type: "commit_offsets", ["offsets": Value(offsets: offsets)]).map
    case .listCommittedOffsets(let keys):
      Fields(type: "list_committed_offsets", ["keys": .list(keys.map { .string($0) })]).map
    case .custom(let value): value.map ?? Fields(type: "custom", ["value": value]).map
    }
  }

  /// The request that a Maelstrom message body carries.
  ///
  /// - Throws: When a field is missing or of the wrong kind.
  public init(body: ValueMap, _ names: NodeNames) throws(BodyError) {
    let fields = Fields(body)
    switch try fields.text("type") {
    case "echo": self = .echo(try fields.any("echo"))
    case "generate": self = .generate
    case "topology":
      self = .topology(try Request.neighbours(try fields.object("topology"), names))
    case "broadcast": self = .broadcast(try fields.any("message"))
    case "add" where body["delta"] != nil: self = .addDelta(try fields.integer("delta"))
    case "add": self = .addElement(try fields.any("element"))
    case "read":
      if let key = body["key"] { self = .read(key: key) } else { self = .readAll }
    case "write": self = .write(key: try fields.any("key"), value: try fields.any("value"))
    case "cas":
      self = .compareAndSet(
        key: try fields.any("key"), from: try fields.any("from"), to: try fields.any("to"),
        createIfMissing: body["create_if_not_exists"] == true)
    case "ts": self = .timestamp
    case "txn": self = .transaction(try fields.list("txn"))
    case "send": self = .send(key: try fields.text("key"), message: try fields.any("msg"))
    case "poll": self = .poll(offsets: try fields.offsets("offsets"))
    case "commit_offsets": self = .commitOffsets(try fields.offsets("offsets"))
    case "list_committed_offsets":
      self = .listCommittedOffsets(keys: try fields.texts("keys"))
    default: self = .custom(.map(body))
    }
  }

  private static func named(_ neighbours: [NodeID: [NodeID]], _ names: NodeNames) -> Value {
    .map(
      ValueMap(
        neighbours.map { node, peers in
          .init(key: .string(names[node]), value: .list(peers.map { .string(names[$0]) }))
        }))
  }

  private static func neighbours(
    _ named: ValueMap, _ names: NodeNames
  ) throws(BodyError) -> [NodeID: [NodeID]] {
    var neighbours: [NodeID: [NodeID]] = [:]
    for entry in named.entries {
      guard let name = entry.key.name, let node = names[name], let peers = entry.value.elements
      else { throw BodyError("topology: \(entry.keyText) is no node with a list of neighbours") }
      var known: [NodeID] = []
      for peer in peers {
        guard let id = peer.name.flatMap({ names[$0] }) else {
          throw BodyError("topology: \(name) has a neighbour that is no node")
        }
        known.append(id)
      }
      neighbours[node] = known
    }
    return neighbours
  }
}

extension ValueMap {
  /// What the map holds under a string key.
  subscript(field: String) -> Value? { self[.string(field)] }
}
