import Values
import YAML

// MARK: - Probes and clients

extension ManifestReader {
  /// - Parameter hasLimit: Whether it can say how long it may take until it is so.
  mutating func probe(_ entry: YAMLEntry, hasLimit: Bool) -> SystemManifest.ProbeTemplate? {
    let kinds = ["port", "http", "command"]
    let what = "`\(entry.key)`"
    guard let entries = entries(entry.value, what, keys: kinds + (hasLimit ? ["within"] : []))
    else { return nil }
    var limit: Nanoseconds = .seconds(30)
    var question: SystemManifest.ProbeTemplate.Question?
    var count = 0
    for entry in entries {
      switch entry.key {
      case "within": limit = duration(entry) ?? limit
      case "port": question = port(entry).map { .port($0) }
      case "http": question = http(entry.value)
      default: question = command(entry.value, "`command`").map { .command($0) }
      }
      if entry.key != "within" { count += 1 }
    }
    guard count == 1 else {
      refuse(entry.keyPosition, "\(what) asks in one way: port, http or command")
      return nil
    }
    return question.map { .init(question: $0, limit: limit) }
  }

  private mutating func http(_ node: YAMLNode) -> SystemManifest.ProbeTemplate.Question? {
    let keys = ["port", "path", "body", "contains", "equal", "field"]
    guard let entries = entries(node, "`http`", keys: keys) else { return nil }
    var port: String?
    var path: Template? = Template([.text("/")])
    var body: Template?
    var conditions: [SystemManifest.ProbeTemplate.Condition] = []
    for entry in entries {
      switch entry.key {
      case "port": port = self.port(entry)
      case "path": path = webPath(entry).flatMap { template($0, side: .node) }
      case "body": body = word(entry).flatMap { template($0, side: .node) }
      case "contains":
        word(entry).flatMap { template($0, side: .node) }.map { conditions.append(.contains($0)) }
      case "equal":
        guard let fields = words(entry), fields.count == 2 else {
          refuse(entry.value.position, "`equal` is a list of two fields: [leader, header.id]")
          continue
        }
        conditions.append(.equal(fields[0].text, fields[1].text))
      default: field(entry).map { conditions.append($0) }
      }
    }
    if conditions.count > 1 {
      refuse(node.position, "`http` has one condition: contains, equal or field")
    }
    if !entries.contains(where: { $0.key == "port" }) { port = standardPort(at: node.position) }
    guard let port, let path else { return nil }
    return .http(port: port, path: path, body: body, conditions.first ?? .answered)
  }

  private mutating func field(
    _ entry: YAMLEntry
  ) -> SystemManifest.ProbeTemplate.Condition? {
    guard case .mapping(let entries) = entry.value.content, entries.count == 1,
      case .scalar(let text, let isPlain) = entries[0].value.content
    else {
      refuse(entry.value.position, "`field` is a field with its value: { role: primary }")
      return nil
    }
    // A number or a truth is one as long as nobody quotes it.
    if isPlain, let value = try? Value(json: text) { return .field(entries[0].key, value) }
    return .field(entries[0].key, .string(text))
  }

  mutating func readClient(
    _ entry: YAMLEntry
  ) -> (kind: SystemManifest.Client, program: SystemManifest.CommandTemplate?)? {
    let kinds = ["maelstrom", "etcd", "redis", "http", "program"]
    switch entry.value.content {
    case .scalar("maelstrom", _):
      return standardPort(at: entry.value.position).map { (.maelstrom(port: $0), nil) }
    case .scalar("etcd", _):
      return standardPort(at: entry.value.position).map { (.etcd(port: $0), nil) }
    case .scalar("redis", _):
      return standardPort(at: entry.value.position).map { (.redis(port: $0), nil) }
    case .scalar("http", _):
      return standardPort(at: entry.value.position).map { (.http(port: $0, path: "/"), nil) }
    case .scalar("program", _):
      refuse(entry.value.position, "a client that is a program has its words: { program: [words] }")
      return nil
    case .scalar(let text, _):
      refuse(entry.value.position, unknown("client", text, among: kinds))
      return nil
    default: break
    }
    guard let entries = entries(entry.value, "`client`", keys: kinds) else { return nil }
    guard entries.count == 1 else {
      if mistakes.isEmpty {
        refuse(entry.value.position, "`client` is one of \(kinds.joined(separator: ", "))")
      }
      return nil
    }
    return clientOfKind(entries[0])
  }

  private mutating func clientOfKind(
    _ entry: YAMLEntry
  ) -> (kind: SystemManifest.Client, program: SystemManifest.CommandTemplate?)? {
    if entry.key == "program" {
      return command(entry.value, "`program`", side: .client).map { (.program, $0) }
    }
    var port: String?
    var path = "/"
    let keys = entry.key == "http" ? ["port", "path"] : ["port"]
    guard let entries = entries(entry.value, "`\(entry.key)`", keys: keys) else { return nil }
    for entry in entries {
      if entry.key == "port" { port = self.port(entry) }
      if entry.key == "path" { path = webPath(entry)?.text ?? path }
    }
    if !entries.contains(where: { $0.key == "port" }) {
      port = standardPort(at: entry.value.position)
    }
    guard let port else { return nil }
    switch entry.key {
    case "maelstrom": return (.maelstrom(port: port), nil)
    case "etcd": return (.etcd(port: port), nil)
    case "redis": return (.redis(port: port), nil)
    default: return (.http(port: port, path: path), nil)
    }
  }

  private mutating func webPath(_ entry: YAMLEntry) -> YAMLWord? {
    guard let word = word(entry) else { return nil }
    guard word.text.hasPrefix("/"), !word.text.hasControls, !word.text.contains(" ") else {
      refuse(word.position, "a path of HTTP begins with / and has no spaces")
      return nil
    }
    return word
  }

  private mutating func port(_ entry: YAMLEntry) -> String? {
    guard let word = word(entry) else { return nil }
    guard ports.contains(where: { $0.name == word.text }) else {
      refuse(word.position, unknown("port", word.text, among: ports.map(\.name)))
      return nil
    }
    return word.text
  }

  /// The port that is meant where none is named.
  private mutating func standardPort(at position: TextPosition) -> String? {
    let name = ManifestReader.standardPort
    guard ports.contains(where: { $0.name == name }) else {
      // Ports that could not be read are told of already.
      if !ports.isEmpty || mistakes.isEmpty {
        refuse(
          position,
          "this asks the port `\(name)`, which is not under `ports`; add it, or name another")
      }
      return nil
    }
    return name
  }
}
