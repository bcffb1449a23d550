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
    var reader = YAMLReader(text)
    self = try reader.document()
  }

  /// What kind of node this is, as messages say it.
  var kind: String {
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
