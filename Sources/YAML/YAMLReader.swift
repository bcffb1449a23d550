/// Reads the tree of a file into what it means, and takes note of all mistakes in it.
///
/// What can't be read is refused where it stands, and left out of what is given back.
public protocol YAMLReader {
  var mistakes: [Mistake] { get set }
}

/// A word of a file, with where it stands.
public struct YAMLWord: Hashable, Sendable {
  public var text: String
  public var position: TextPosition

  public init(text: String, position: TextPosition) {
    self.text = text
    self.position = position
  }
}

extension YAMLReader {
  public mutating func refuse(_ position: TextPosition, _ text: String) {
    mistakes.append(Mistake(position, text))
  }

  /// The entries of a mapping whose keys are all among `keys`.
  public mutating func entries(
    _ node: YAMLNode, _ what: String, keys: [String]?
  ) -> [YAMLEntry]? {
    guard case .mapping(let entries) = node.content else {
      refuse(node.position, "\(what) is a mapping of keys to values, and this is \(node.kind)")
      return nil
    }
    guard let keys else { return entries }
    for entry in entries where !keys.contains(entry.key) {
      let near = nearest(entry.key, among: keys)
      let hint =
        near.map { "; did you mean `\($0)`?" } ?? "; there are \(keys.joined(separator: ", "))"
      refuse(entry.keyPosition, "\(what) has no key `\(entry.key)`\(hint)")
    }
    return entries.filter { keys.contains($0.key) }
  }

  public mutating func word(_ entry: YAMLEntry) -> YAMLWord? {
    guard case .scalar(let text, _) = entry.value.content else {
      refuse(entry.value.position, "`\(entry.key)` is one value, and this is \(entry.value.kind)")
      return nil
    }
    return YAMLWord(text: text, position: entry.value.position)
  }

  /// One value, or a list of values.
  public mutating func words(_ entry: YAMLEntry) -> [YAMLWord]? {
    guard case .sequence(let nodes) = entry.value.content else {
      guard case .scalar(let text, _) = entry.value.content else {
        refuse(
          entry.value.position,
          "`\(entry.key)` is a value or a list, and this is \(entry.value.kind)")
        return nil
      }
      return [YAMLWord(text: text, position: entry.value.position)]
    }
    return nodes.compactMap { node in
      guard case .scalar(let text, _) = node.content else {
        refuse(node.position, "an element of `\(entry.key)` is one value, and this is \(node.kind)")
        return nil
      }
      return YAMLWord(text: text, position: node.position)
    }
  }

  public mutating func flag(_ entry: YAMLEntry) -> Bool? {
    switch entry.value.content {
    case .scalar("true", isPlain: true): return true
    case .scalar("false", isPlain: true): return false
    default:
      refuse(entry.value.position, "`\(entry.key)` is true or false")
      return nil
    }
  }
}
