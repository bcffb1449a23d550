public import Values

extension Value {
  /// The value as JSON over several lines, for files that people read and edit.
  ///
  /// What fits a line stays on it.
  public var indentedJSON: String { indentedJSON(at: 0) }

  private func indentedJSON(at depth: Int) -> String {
    let flat = json
    guard flat.utf8.count + 2 * depth > 96 else { return flat }
    let indentation = String(repeating: "  ", count: depth + 1)
    let closing = String(repeating: "  ", count: depth)
    switch self {
    case .map(let map):
      let fields = map.entries.map { entry in
        let key = Value.map(ValueMap([.init(key: entry.key, value: .null)])).json
        return indentation + key.dropFirst().dropLast(6) + ": "
          + entry.value.indentedJSON(at: depth + 1)
      }
      return "{\n" + fields.joined(separator: ",\n") + "\n\(closing)}"
    case .list(let elements):
      let lines = elements.map { indentation + $0.indentedJSON(at: depth + 1) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(closing)]"
    default: return flat
    }
  }
}
