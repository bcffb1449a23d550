import Environments
import Values
import YAML

// MARK: - Commands, templates and paths

extension ManifestReader {
  /// A command: a list of words, of which the first is its program.
  mutating func command(
    _ node: YAMLNode, _ what: String, side: TemplateNames.Side = .node
  ) -> SystemManifest.CommandTemplate? {
    guard case .sequence(let nodes) = node.content, !nodes.isEmpty else {
      var found = node.kind
      if case .sequence = node.content { found = "empty" }
      refuse(
        node.position,
        "\(what) is a list of words such as [etcd, --name, \"{{name}}\"], and this is \(found); "
          + "no shell reads it")
      return nil
    }
    var words: [Template] = []
    for (index, node) in nodes.enumerated() {
      guard case .scalar(let text, _) = node.content else {
        refuse(node.position, "a word of \(what) is one value, and this is \(node.kind)")
        continue
      }
      let word = YAMLWord(text: text, position: node.position)
      if index == 0 { checkProgram(word) }
      if let template = template(word, side: side) { words.append(template) }
    }
    return .init(words: words)
  }

  /// A program is found in PATH or by an absolute path: where something starts from is no secret.
  private mutating func checkProgram(_ word: YAMLWord) {
    if word.text.hasPrefix("{{") { return }
    if word.text.isEmpty || word.text.hasPrefix("-") || word.text.hasControls {
      refuse(
        word.position, "a command begins with its program, and this is none: \(word.text.quoted)")
    } else if word.text.contains("/"), !word.text.hasPrefix("/") {
      let path = word.text.hasPrefix("./") ? String(word.text.dropFirst(2)) : word.text
      refuse(
        word.position,
        "a program is a name for PATH or an absolute path; for one beside the manifest write "
          + "\"{{manifest}}/\(path)\"")
    }
  }

  mutating func template(_ word: YAMLWord, side: TemplateNames.Side) -> Template? {
    let names = TemplateNames(
      side: side, ports: ports.map(\.name), options: options.map(\.name))
    var parser = TemplateParser(word.text, names: names)
    do { return try parser.template() } catch {
      refuse(source.position(ofTag: error.tag, after: word.position), error.text)
      return nil
    }
  }

  mutating func path(_ entry: YAMLEntry, side: TemplateNames.Side) -> Template? {
    word(entry).flatMap { path($0, side: side) }
  }

  /// A path under the node's folder, tried on each node.
  ///
  /// - Parameter isAnywhere: Whether an absolute one may lead anywhere.
  mutating func path(
    _ word: YAMLWord, side: TemplateNames.Side, isAnywhere: Bool = false
  ) -> Template? {
    guard let template = template(word, side: side) else { return nil }
    for place in 0..<nodeCount {
      let scope = TemplateScope(cluster: sample, own: place, data: "/node/data")
      let path = template.rendered(in: scope)
      if path.isPlainRelativePath || isAnywhere && path == "/" { continue }
      if path.isPlainAbsolutePath, isAnywhere || path.hasPrefix("/node/") { continue }
      refuse(
        word.position,
        isAnywhere
          ? "this is no path of a folder; write it without `..` and empty parts: /var/empty"
          : "this path leads out of the node's folder; write it from there on, without `..`: "
            + "logs/a.log")
      return nil
    }
    return template
  }

  /// A cluster such as there will be.
  private var sample: SystemCluster {
    let numbers = Dictionary(
      ports.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first })
    return SystemCluster(
      members: (0..<nodeCount).map { place in
        let endpoint = Endpoint(
          node: NodeID(place), name: "n\(place + 1)", address: "10.0.0.\(place + 1)",
          ports: numbers)
        return .init(endpoint, home: "/node")
      },
      token: "token",
      options: Dictionary(
        options.map { ($0.name, $0.standard) }, uniquingKeysWith: { first, _ in first }))
  }
}

// MARK: - Kinds of words

extension ManifestReader {
  /// The elements of a list.
  mutating func elements(_ entry: YAMLEntry) -> [YAMLNode] {
    guard case .sequence(let nodes) = entry.value.content else {
      refuse(entry.value.position, "`\(entry.key)` is a list, and this is \(entry.value.kind)")
      return []
    }
    return nodes
  }

  mutating func name(_ entry: YAMLEntry, _ what: String) -> String? {
    guard let word = word(entry) else { return nil }
    checkName(word.text, at: word.position, what)
    return word.text
  }

  mutating func checkName(_ text: String, at position: TextPosition, _ what: String) {
    guard !text.isManifestName else { return }
    refuse(position, "\(what) is made of letters, digits, \"-\" and \"_\", not \(text.quoted)")
  }

  /// A text for people.
  mutating func line(_ entry: YAMLEntry) -> String? {
    guard let word = word(entry) else { return nil }
    var text = word.text
    while text.last == "\n" { text.removeLast() }
    guard !text.isEmpty, !text.hasControls else {
      refuse(word.position, "`\(entry.key)` is one line of text")
      return nil
    }
    return text
  }

  mutating func number(_ entry: YAMLEntry, in range: ClosedRange<Int>) -> Int? {
    guard let word = word(entry) else { return nil }
    guard let number = Int(word.text), !word.text.hasPrefix("+"), range.contains(number) else {
      refuse(
        word.position,
        "`\(entry.key)` is a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "not \(word.text.quoted)")
      return nil
    }
    return number
  }

  mutating func duration(_ entry: YAMLEntry) -> Nanoseconds? {
    guard let word = word(entry) else { return nil }
    guard let duration = Nanoseconds(duration: word.text), duration > 0 else {
      refuse(
        word.position,
        "`\(entry.key)` is a duration such as 10s or 500ms, not \(word.text.quoted)")
      return nil
    }
    return duration
  }

  /// Names of Debian packages, which apt takes for nothing else.
  mutating func packages(_ entry: YAMLEntry) -> [String] {
    (words(entry) ?? []).map { word in
      let isFit =
        word.text.utf8.allSatisfy { $0.isLetterOrDigit || "+-.".utf8.contains($0) }
        && word.text.utf8.first?.isLetterOrDigit == true && word.text.last != "-"
        && word.text == word.text.lowercased()
      if !isFit { refuse(word.position, "\(word.text.quoted) is no name of a Debian package") }
      return word.text
    }
  }

  mutating func programs(_ entry: YAMLEntry) -> [String] {
    (words(entry) ?? []).map { word in
      if !(word.text.isPlainAbsolutePath || word.text.isPlainRelativePath)
        || word.text.hasPrefix("-") || word.text.contains("/") && !word.text.hasPrefix("/")
      {
        refuse(
          word.position,
          "a program is a name for PATH or an absolute path, not \(word.text.quoted)")
      }
      return word.text
    }
  }

  func unknown(_ kind: String, _ name: String, among known: [String]) -> String {
    let hint = nearest(name, among: known).map { "did you mean `\($0)`?" }
    let all =
      known.isEmpty ? "name it under `\(kind)s`" : "there are \(known.joined(separator: ", "))"
    return "there is no \(kind) `\(name)`; \(hint ?? all)"
  }
}
