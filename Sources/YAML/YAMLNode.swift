internal import Yams

/// A node of a YAML document, with where it begins.
///
/// Scalars keep their text: whether `5` is a number is for whoever asked for one to say.
public struct YAMLNode: Hashable, Sendable {
  /// What a node is.
  public indirect enum Content: Hashable, Sendable {
    /// A text; `isPlain` where it was written without quotes.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    /// Keys and values in the order in which they were written, each key once.
    case mapping([YAMLEntry])
    /// A place for a value where none was written.
    case nothing
  }

  public var content: Content
  public var position: TextPosition

  public init(_ content: Content, at position: TextPosition) {
    self.content = content
    self.position = position
  }

  /// Reads a document.
  ///
  /// - Throws: ``Mistake`` at the first place that can't be read.
  public init(yaml text: String) throws(Mistake) {
    let node: Yams.Node?
    do { node = try Yams.compose(yaml: text) } catch { throw Mistake(error) }
    guard let node else {
      self.init(.nothing, at: TextPosition(line: 1, column: 1))
      return
    }
    try self.init(node)
  }

  private init(_ node: Yams.Node) throws(Mistake) {
    let position = TextPosition(node.mark)
    switch node {
    case .scalar(let scalar):
      let isNothing = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
      let content = Content.scalar(scalar.string, isPlain: scalar.style == .plain)
      self.init(isNothing ? .nothing : content, at: position)
    case .sequence(let sequence):
      var elements: [YAMLNode] = []
      for element in sequence { elements.append(try YAMLNode(element)) }
      self.init(.sequence(elements), at: position)
    case .mapping(let mapping):
      var entries: [YAMLEntry] = []
      for (key, value) in mapping {
        guard case .scalar(let name) = key else {
          throw Mistake(TextPosition(key.mark), "a key is a word")
        }
        entries.append(
          YAMLEntry(key: name.string, at: TextPosition(key.mark), value: try YAMLNode(value)))
      }
      self.init(.mapping(entries), at: position)
    case .alias: throw Mistake(position, "an alias of nothing")
    }
  }

  /// What kind of node this is, as messages say it.
  public var kind: String {
    switch content {
    case .scalar: "a word"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .nothing: "nothing"
    }
  }
}

/// A key of a mapping and its value.
public struct YAMLEntry: Hashable, Sendable {
  public var key: String
  public var keyPosition: TextPosition
  public var value: YAMLNode

  public init(key: String, at position: TextPosition, value: YAMLNode) {
    self.key = key
    keyPosition = position
    self.value = value
  }
}

extension TextPosition {
  fileprivate init(_ mark: Yams.Mark?) {
    self.init(line: mark?.line ?? 1, column: mark?.column ?? 1)
  }
}

extension Mistake {
  /// Why a text is no YAML.
  fileprivate init(_ error: any Error) {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init(TextPosition(mark), "\(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
      self.init(TextPosition(context.mark), "keys are here twice: \(keys)")
    case .reader(let problem, let offset, _, let yaml):
      let line = yaml.prefix(offset ?? 0).count { $0 == "\n" } + 1
      self.init(TextPosition(line: line, column: 1), "\(problem)")
    default: self.init(TextPosition(line: 1, column: 1), "\(error)")
    }
  }
}
