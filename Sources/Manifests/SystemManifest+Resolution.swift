import Environments
public import Values
import YAML

extension SystemManifest {
  /// The ports by their names.
  public var portNumbers: [String: Int] {
    Dictionary(ports.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first })
  }

  /// The values of all options: those given, else the workload's, else the standard ones.
  ///
  /// - Throws: ``DeploymentError`` when an option or a value is none that there is.
  public func options(
    given: [String: String], workload: String? = nil
  ) throws -> [String: String] {
    let names = options.map(\.name)
    for name in given.keys.sorted() where !names.contains(name) {
      guard !names.isEmpty else {
        throw DeploymentError("--option \(name): \(self.name) has no options")
      }
      let hint = nearest(name, among: names).map { "did you mean \($0)?" }
      throw DeploymentError(
        "--option \(name): \(self.name) has no such option; "
          + (hint ?? "there are \(names.joined(separator: ", "))"))
    }
    let ofWorkload = workloads.first { $0.name == workload }?.options ?? [:]
    var values: [String: String] = [:]
    for option in options {
      let value = given[option.name] ?? ofWorkload[option.name] ?? option.standard
      if let problem = option.problem(of: value) {
        throw DeploymentError("--option \(option.name)=\(value): \(problem)")
      }
      values[option.name] = value
    }
    return values
  }

  /// Everything that a host needs to know to run one node of a cluster.
  ///
  /// - Throws: ``DeploymentError`` when a name, an address, a path or a value is not fit for it.
  public func resolved(for node: NodeID, in cluster: SystemCluster) throws -> ResolvedNode {
    let place = try self.place(of: node, in: cluster)
    let member = cluster.members[place]
    var scope = TemplateScope(cluster: cluster, own: place)
    func path(_ template: Template, _ what: String) throws -> String {
      try SystemManifest.path(template.rendered(in: scope), under: member.home, what)
    }
    scope.data = try path(data, "the data's folder")
    let environment = try start.environment.map { entry in
      (entry.name, try word(entry.value, in: scope, "the value of \(entry.name)"))
    }
    let directory = try start.directory.map { template in
      let text = template.rendered(in: scope)
      return text.isPlainAbsolutePath || text == "/"
        ? text : try path(template, "the working directory")
    }
    func command(_ template: CommandTemplate) throws -> ResolvedNode.Command {
      ResolvedNode.Command(
        words: try words(template, in: scope), user: start.user,
        directory: directory ?? member.home,
        environment: Dictionary(environment, uniquingKeysWith: { _, last in last }),
        openFiles: start.openFiles)
    }
    return ResolvedNode(
      endpoint: member.endpoint, home: member.home, data: scope.data,
      files: try files.map { file in
        try refuseControls(in: file.content, cluster)
        return ResolvedNode.File(
          path: try path(file.path, "a file's path"), content: file.content.rendered(in: scope),
          mode: file.mode)
      },
      prepare: try prepare.map(command), start: try command(start.command), stop: stop,
      logs: try logs.map { try path($0, "a log's path") },
      ready: try ready.map { .init(probe: try probe($0, in: scope), limit: $0.limit) },
      leader: try leader.map { try probe($0, in: scope) })
  }

  /// The command of the client that asks a node, where the client is a program; it runs on the
  /// controller's side.
  ///
  /// - Throws: ``DeploymentError`` as ``resolved(for:in:)``.
  public func clientCommand(for node: NodeID, in cluster: SystemCluster) throws -> [String]? {
    guard let clientProgram else { return nil }
    let place = try self.place(of: node, in: cluster)
    return try words(clientProgram, in: TemplateScope(cluster: cluster, turn: place))
  }

  private func place(of node: NodeID, in cluster: SystemCluster) throws -> Int {
    if let problem = cluster.problem { throw DeploymentError("\(name): \(problem)") }
    for member in cluster.members {
      for port in ports where member.endpoint.ports[port.name] == nil {
        throw DeploymentError("\(name): \(member.endpoint.name) has no port \(port.name)")
      }
    }
    guard let place = cluster.place(of: node) else {
      throw DeploymentError("\(name): there is no node \(node.rawValue) in this cluster")
    }
    return place
  }
}

// MARK: - Pieces

extension SystemManifest {
  private func words(
    _ command: CommandTemplate, in scope: TemplateScope
  ) throws -> [String] {
    var words: [String] = []
    for template in command.words {
      let word = try word(template, in: scope, "a word of a command")
      if word.isEmpty, template.isConditional { continue }
      words.append(word)
    }
    guard let program = words.first, !program.isEmpty else {
      throw DeploymentError("\(name): a command has no program")
    }
    return words
  }

  /// A text that the kernel takes as one word, whatever it has in it.
  private func word(
    _ template: Template, in scope: TemplateScope, _ what: String
  ) throws -> String {
    let text = template.rendered(in: scope)
    if text.unicodeScalars.contains("\0") {
      throw DeploymentError("\(name): \(what) can't have a NUL in it: \(text.quoted)")
    }
    return text
  }

  /// A file's lines are the manifest's: an option's value can't begin new ones.
  private func refuseControls(in template: Template, _ cluster: SystemCluster) throws {
    for option in template.options.sorted() where cluster.options[option]?.hasControls == true {
      throw DeploymentError(
        "--option \(option)=\((cluster.options[option] ?? "").quoted): a value that is written to a "
          + "file is one line of text")
    }
  }

  private func probe(_ template: ProbeTemplate, in scope: TemplateScope) throws -> Probe {
    let ports = scope.own.map { scope.cluster.members[$0].endpoint.ports } ?? [:]
    switch template.question {
    case .port(let name): return .port(ports[name] ?? 0)
    case .command(let command): return .command(try words(command, in: scope))
    case .http(let port, let path, let body, let condition):
      let path = path.rendered(in: scope)
      if !path.hasPrefix("/") || path.hasControls || path.contains(" ") {
        throw DeploymentError(
          "\(name): a probe's path begins with / and has no spaces: \(path.quoted)")
      }
      let meant: HTTPProbe.Condition =
        switch condition {
        case .answered: .answered
        case .contains(let text): .contains(text.rendered(in: scope))
        case .equal(let left, let right): .equal(left, right)
        case .field(let name, let value): .field(name, value)
        }
      return .http(
        HTTPProbe(
          port: ports[port] ?? 0, path: path, body: body?.rendered(in: scope), condition: meant))
    }
  }

  /// A path under a node's folder.
  private static func path(_ text: String, under home: String, _ what: String) throws -> String {
    let path = text.hasPrefix("/") ? text : "\(home)/\(text)"
    guard path.hasPrefix("\(home)/"), path.isPlainAbsolutePath else {
      throw DeploymentError(
        "\(what) leads out of the node's folder: \(text.quoted); write it without `..`, from "
          + "{{home}} on")
    }
    return path
  }
}

extension SystemManifest.Option {
  /// Why a value can't be this option's.
  func problem(of value: String) -> String? {
    if value.unicodeScalars.contains("\0") { return "a value has no NUL in it" }
    if choices.isEmpty || choices.contains(value) { return nil }
    let hint = nearest(value, among: choices).map { "did you mean \($0)?" }
    return hint ?? "there are \(choices.joined(separator: ", "))"
  }
}
