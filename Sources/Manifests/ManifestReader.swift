import Environments
import Values
import YAML

/// Reads the tree of a manifest, and takes note of all mistakes in it.
struct ManifestReader: YAMLReader {
  static let keys = [
    "name", "summary", "packages", "programs", "nodes", "nodes-max", "ports", "options", "files",
    "prepare", "start", "stop", "data", "logs", "ready", "leader", "survives", "workloads",
    "client", "known",
  ]
  /// The port that is meant where a manifest names none.
  static let standardPort = "client"
  static let nodeCountMax = 100

  let source: ManifestSource
  let vocabulary: ManifestVocabulary
  var mistakes: [Mistake] = []
  var ports: [SystemManifest.Port] = []
  var options: [SystemManifest.Option] = []
  var nodeCount = 3
  var nodeCountMax: Int?

  init(source: ManifestSource, vocabulary: ManifestVocabulary) {
    self.source = source
    self.vocabulary = vocabulary
  }

  /// - Returns: Nothing where there are mistakes.
  mutating func manifest(_ root: YAMLNode) -> SystemManifest? {
    guard let entries = entries(root, "a manifest", keys: ManifestReader.keys) else { return nil }
    let counts = 1...ManifestReader.nodeCountMax
    nodeCountMax = entries.first { $0.key == "nodes-max" }.flatMap { number($0, in: counts) }
    nodeCount = min(nodeCount, nodeCountMax ?? nodeCount)
    // Templates name what these say, wherever it stands.
    for entry in entries {
      switch entry.key {
      case "ports": ports = readPorts(entry.value)
      case "options": options = readOptions(entry.value)
      case "nodes":
        nodeCount = number(entry, in: 1...(nodeCountMax ?? counts.upperBound)) ?? nodeCount
      default: break
      }
    }
    let found = Dictionary(
      entries.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    for key in ["name", "start", "client", "workloads"] where found[key] == nil {
      refuse(root.position, "a manifest has `\(key)`, and this one has none")
    }
    let start = found["start"].flatMap { readStart($0) }
    let client = found["client"].flatMap { readClient($0) }
    let data = found["data"].flatMap { path($0, side: .nodeWithoutData) }
    var manifest = SystemManifest(
      name: found["name"].flatMap { name($0, "a system's name") } ?? "", summary: "",
      start: start ?? SystemManifest.StartTemplate(command: .init(words: [])),
      data: data ?? Template([.variable(.home), .text("/data")]),
      client: client?.kind ?? .program)
    manifest.clientProgram = client?.program
    manifest.nodeCount = nodeCount
    manifest.nodeCountMax = nodeCountMax
    manifest.ports = ports
    manifest.options = options
    manifest.programs = programsOfCommands(manifest)
    for entry in entries { read(entry, into: &manifest) }
    return mistakes.isEmpty ? manifest : nil
  }

  private mutating func read(_ entry: YAMLEntry, into manifest: inout SystemManifest) {
    switch entry.key {
    case "summary": manifest.summary = line(entry) ?? ""
    case "packages": manifest.packages = packages(entry)
    case "programs": manifest.programs = programs(entry)
    case "files": manifest.files = elements(entry).compactMap { file($0) }
    case "prepare":
      manifest.prepare = elements(entry).compactMap { command($0, "a command of `prepare`") }
    case "stop": manifest.stop = stop(entry.value)
    case "logs":
      manifest.logs = (words(entry) ?? []).compactMap { path($0, side: .node) }
    case "ready": manifest.ready = probe(entry, hasLimit: true)
    case "leader": manifest.leader = probe(entry, hasLimit: false)
    case "survives": manifest.survives = claims(entry)
    case "workloads": manifest.workloads = readWorkloads(entry.value)
    case "known": manifest.known = elements(entry).compactMap { knownFault($0) }
    default: break
    }
  }

  /// What a sound manifest has to find when it does not say so: the programs that it starts.
  private func programsOfCommands(_ manifest: SystemManifest) -> [String] {
    var programs: [String] = []
    for command in manifest.prepare + [manifest.start.command] {
      guard case .text(let program) = command.words.first?.parts.first,
        command.words.first?.parts.count == 1, !programs.contains(program)
      else { continue }
      programs.append(program)
    }
    return programs
  }
}

// MARK: - What templates name

extension ManifestReader {
  private mutating func readPorts(_ node: YAMLNode) -> [SystemManifest.Port] {
    var ports: [SystemManifest.Port] = []
    for entry in entries(node, "`ports`", keys: nil) ?? [] {
      checkName(entry.key, at: entry.keyPosition, "a port's name")
      // A port without a number is refused, and known by its name all the same.
      let number = number(entry, in: 1...65_535) ?? -ports.count
      if let other = ports.first(where: { $0.number == number }) {
        refuse(entry.value.position, "the port \(number) is that of `\(other.name)` already")
      }
      ports.append(.init(name: entry.key, number: number))
    }
    return ports
  }

  private mutating func readOptions(_ node: YAMLNode) -> [SystemManifest.Option] {
    var options: [SystemManifest.Option] = []
    for entry in entries(node, "`options`", keys: nil) ?? [] {
      checkName(entry.key, at: entry.keyPosition, "an option's name")
      var option = SystemManifest.Option(name: entry.key, standard: "")
      var standard: YAMLWord?
      let what = "the option `\(entry.key)`"
      let mistakesBefore = mistakes.count
      for entry in entries(entry.value, what, keys: ["default", "choices", "summary"]) ?? [] {
        switch entry.key {
        case "default": standard = word(entry)
        case "choices": option.choices = words(entry)?.map(\.text) ?? []
        default: option.summary = line(entry) ?? ""
        }
      }
      option.standard = standard?.text ?? ""
      options.append(option)
      guard mistakes.count == mistakesBefore else { continue }
      guard let standard else {
        refuse(entry.keyPosition, "\(what) has no `default`")
        continue
      }
      if let problem = option.problem(of: standard.text) {
        refuse(standard.position, "`default` is none of the choices: \(problem)")
      }
    }
    return options
  }
}

// MARK: - What a node runs

extension ManifestReader {
  private mutating func file(_ node: YAMLNode) -> SystemManifest.FileTemplate? {
    var path: Template?
    var content: Template?
    var mode = 0o644
    let mistakesBefore = mistakes.count
    for entry in entries(node, "a file", keys: ["path", "content", "mode"]) ?? [] {
      switch entry.key {
      case "path": path = self.path(entry, side: .node)
      case "content": content = word(entry).flatMap { template($0, side: .node) }
      default: mode = permissions(entry) ?? mode
      }
    }
    if mistakes.count == mistakesBefore, path == nil || content == nil {
      refuse(node.position, "this file has no `\(path == nil ? "path" : "content")`")
    }
    guard let path, let content else { return nil }
    return .init(path: path, content: content, mode: mode)
  }

  private mutating func permissions(_ entry: YAMLEntry) -> Int? {
    guard let word = word(entry) else { return nil }
    guard let mode = Int(word.text, radix: 8), (0...0o777).contains(mode), word.text.count >= 3,
      !word.text.hasPrefix("+")
    else {
      refuse(word.position, "`mode` is permissions in octal, such as 644, not \"\(word.text)\"")
      return nil
    }
    return mode
  }

  private mutating func readStart(_ entry: YAMLEntry) -> SystemManifest.StartTemplate? {
    guard case .mapping = entry.value.content else {
      return command(entry.value, "`start`").map { .init(command: $0) }
    }
    let keys = ["command", "user", "directory", "environment", "limits"]
    guard let entries = entries(entry.value, "`start`", keys: keys) else { return nil }
    var start = SystemManifest.StartTemplate(command: .init(words: []))
    var hasCommand = false
    for entry in entries {
      switch entry.key {
      case "command":
        hasCommand = true
        start.command = command(entry.value, "`command`") ?? start.command
      case "user": start.user = name(entry, "a user's name")
      case "directory":
        start.directory = word(entry).flatMap { path($0, side: .node, isAnywhere: true) }
      case "environment": start.environment = environment(entry.value)
      default:
        for limit in self.entries(entry.value, "`limits`", keys: ["open-files"]) ?? [] {
          start.openFiles = number(limit, in: 16...1_048_576)
        }
      }
    }
    if !hasCommand { refuse(entry.keyPosition, "`start` has no `command`") }
    return start
  }

  private mutating func environment(_ node: YAMLNode) -> [SystemManifest.EnvironmentEntry] {
    (entries(node, "`environment`", keys: nil) ?? []).compactMap { entry in
      let isFit =
        entry.key.first.map { !$0.isNumber } == true
        && entry.key.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0.isLetterOrDigit }
      if !isFit {
        refuse(
          entry.keyPosition,
          "a variable's name is made of letters, digits and \"_\", and does not begin with a digit")
      }
      guard let value = word(entry).flatMap({ template($0, side: .node) }) else { return nil }
      return .init(name: entry.key, value: value)
    }
  }

  private mutating func stop(_ node: YAMLNode) -> SystemManifest.Stop {
    var stop = SystemManifest.Stop()
    for entry in entries(node, "`stop`", keys: ["signal", "patience"]) ?? [] {
      if entry.key == "patience" {
        stop.patience = duration(entry) ?? stop.patience
      } else if let word = word(entry) {
        let text = word.text.hasPrefix("SIG") ? String(word.text.dropFirst(3)) : word.text
        if let signal = SystemManifest.Stop.Signal(rawValue: text) {
          stop.signal = signal
        } else {
          let known = SystemManifest.Stop.Signal.allCases.map(\.rawValue).joined(separator: ", ")
          refuse(
            word.position, "there is no signal \"\(word.text)\" to stop by; there are \(known)")
        }
      }
    }
    return stop
  }
}

// MARK: - What it promises

extension ManifestReader {
  private mutating func claims(_ entry: YAMLEntry) -> [String] {
    (words(entry) ?? []).map { word in
      if let problem = vocabulary.claimProblem(word.text) { refuse(word.position, problem) }
      return word.text
    }
  }

  private mutating func readWorkloads(_ node: YAMLNode) -> [SystemManifest.Workload] {
    guard let entries = entries(node, "`workloads`", keys: nil) else { return [] }
    if entries.isEmpty { refuse(node.position, "name a workload that the system answers") }
    return entries.map { workload($0) }
  }

  private mutating func workload(_ entry: YAMLEntry) -> SystemManifest.Workload {
    checkName(entry.key, at: entry.keyPosition, "a workload's name")
    if !vocabulary.workloads.isEmpty, !vocabulary.workloads.contains(entry.key) {
      refuse(
        entry.keyPosition, unknown("workload", entry.key, among: vocabulary.workloads))
    }
    var workload = SystemManifest.Workload(name: entry.key)
    switch entry.value.content {
    case .nothing: return workload
    case .scalar:
      workload.promise = line(entry) ?? ""
      return workload
    default: break
    }
    let what = "the workload `\(entry.key)`"
    for entry in entries(entry.value, what, keys: ["promise", "consistency", "options"]) ?? [] {
      switch entry.key {
      case "promise": workload.promise = line(entry) ?? ""
      case "consistency":
        workload.consistency = (words(entry) ?? []).map { word in
          checkName(word.text, at: word.position, "a consistency model's name")
          return word.text
        }
      default: workload.options = optionValues(entry.value)
      }
    }
    return workload
  }

  private mutating func optionValues(_ node: YAMLNode) -> [String: String] {
    var values: [String: String] = [:]
    for entry in entries(node, "a workload's `options`", keys: nil) ?? [] {
      guard let option = options.first(where: { $0.name == entry.key }) else {
        refuse(entry.keyPosition, unknown("option", entry.key, among: options.map(\.name)))
        continue
      }
      guard let word = word(entry) else { continue }
      if let problem = option.problem(of: word.text) {
        refuse(word.position, "this is no value of `\(option.name)`: \(problem)")
      }
      values[option.name] = word.text
    }
    return values
  }

  private mutating func knownFault(_ node: YAMLNode) -> SystemManifest.KnownFault? {
    let keys = ["anomaly", "versions", "source"]
    let mistakesBefore = mistakes.count
    var texts: [String: String] = [:]
    for entry in entries(node, "a known fault", keys: keys) ?? [] {
      texts[entry.key] = line(entry)
      if entry.key == "anomaly" {
        checkName(texts[entry.key] ?? "x", at: entry.value.position, "an anomaly's type")
      }
    }
    for key in keys where texts[key] == nil && mistakes.count == mistakesBefore {
      refuse(node.position, "this known fault has no `\(key)`")
    }
    guard let anomaly = texts["anomaly"], let versions = texts["versions"],
      let source = texts["source"]
    else { return nil }
    return .init(anomaly: anomaly, versions: versions, source: source)
  }
}

extension UInt8 {
  var isLetterOrDigit: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}
