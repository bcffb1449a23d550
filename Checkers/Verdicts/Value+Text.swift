public import Values

extension Value {
  /// The value as explanations show it: close to JSON, on one line, cut at `limit` characters.
  public func text(limit: Int = 60) -> String {
    var text = ""
    write(into: &text, limit: limit)
    return text.count > limit ? "\(text.prefix(limit - 1))…" : text
  }

  private func write(into text: inout String, limit: Int) {
    // What is past the limit will be cut anyway: a read of a million elements stays cheap.
    guard text.utf8.count <= 4 * limit else { return }
    switch self {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let integer): text += "\(integer)"
    case .double(let double): text += "\(double)"
    case .number(let number): text += number
    case .string(let string): text += "\"\(string)\""
    case .keyword(let name): text += ":\(name)"
    case .symbol(let name): text += name
    case .character(let scalar): text += "\\\(scalar)"
    case .list(let elements): Value.write(elements, "[", "]", into: &text, limit: limit)
    case .set(let set): Value.write(set.elements, "#{", "}", into: &text, limit: limit)
    case .map(let map):
      text += "{"
      for (place, entry) in map.entries.enumerated() where text.utf8.count <= 4 * limit {
        if place > 0 { text += ", " }
        entry.key.write(into: &text, limit: limit)
        text += ": "
        entry.value.write(into: &text, limit: limit)
      }
      text += "}"
    case .tagged(let tag, let value):
      text += "#\(tag) "
      value.write(into: &text, limit: limit)
    }
  }

  private static func write(
    _ elements: [Value], _ open: String, _ close: String, into text: inout String, limit: Int
  ) {
    text += open
    for (place, element) in elements.enumerated() {
      guard text.utf8.count <= 4 * limit else { break }
      if place > 0 { text += ", " }
      element.write(into: &text, limit: limit)
    }
    text += close
  }
}
