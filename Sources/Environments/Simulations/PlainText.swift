import Nodes
import Values

/// Describes the values that messages carry in few words: no names of modules, types or wrappers.
///
/// It looks at them by reflection, which is slow; nothing but a record asks for it.
struct PlainText {
  /// Elements of a collection, levels of nesting and characters that are shown at most.
  private static let mostElements = 8
  private static let mostLevels = 8
  private static let mostCharacters = 400

  private let names: NodeNames

  init(_ names: NodeNames) { self.names = names }

  /// The name of an enumeration's case; nothing for other values.
  func name(of value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .enum else { return "" }
    return mirror.children.first?.label ?? "\(value)"
  }

  /// What a value carries: for an enumeration what goes with its case, for others their fields.
  func contents(of value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    var text: String
    if mirror.displayStyle == .enum {
      text = mirror.children.first.map { fields(of: $0.value, 1) } ?? ""
    } else {
      text = fields(of: value, 1)
    }
    if text.count > Self.mostCharacters {
      text = text.prefix(Self.mostCharacters) + "…"
    }
    return text
  }

  /// The fields of what has some, without brackets around them.
  private func fields(of value: Any, _ level: Int) -> String {
    if let text = known(value) { return text }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .struct, .class, .tuple:
      guard !mirror.children.isEmpty else { return "" }
      return mirror.children.map { field($0, level) }.joined(separator: ", ")
    default: return describe(value, level)
    }
  }

  private func field(_ child: Mirror.Child, _ level: Int) -> String {
    let text = describe(child.value, level)
    // Unlabelled elements of tuples are labelled `.0`.
    guard let label = child.label, !label.hasPrefix(".") else { return text }
    guard let holds = child.value as? Bool, label.hasPrefix("is") || label.hasPrefix("has") else {
      return "\(label) \(text)"
    }
    // `isGranted` reads better as `granted` or `not granted`.
    let adjective = label.drop { $0.isLowercase }
    guard let initial = adjective.first else { return "\(label) \(text)" }
    return (holds ? "" : "not ") + initial.lowercased() + adjective.dropFirst()
  }

  private func describe(_ value: Any, _ level: Int) -> String {
    if let text = known(value) { return text }
    guard level < Self.mostLevels else { return "…" }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { describe($0.value, level) } ?? "none"
    case .collection: return "[" + list(mirror.children.map(\.value), level) + "]"
    case .set, .dictionary:
      // An unordered collection's own order differs from process to process.
      return "{" + shortened(mirror.children.map { describe($0.value, level + 1) }.sorted()) + "}"
    case .enum:
      guard let payload = mirror.children.first else { return "\(value)" }
      return "\(payload.label ?? "")(\(fields(of: payload.value, level + 1)))"
    case .struct, .class, .tuple:
      guard !mirror.children.isEmpty else { return "\(value)" }
      // Who wraps one value is that value.
      if mirror.children.count == 1, let only = mirror.children.first {
        return describe(only.value, level)
      }
      return "(\(fields(of: value, level + 1)))"
    default: return "\(value)"
    }
  }

  private func list(_ elements: [Any], _ level: Int) -> String {
    shortened(
      elements.prefix(Self.mostElements).map { describe($0, level + 1) }, of: elements.count)
  }

  private func shortened(_ texts: [String], of count: Int? = nil) -> String {
    let shown = texts.prefix(Self.mostElements)
    let rest = (count ?? texts.count) - shown.count
    return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }

  /// Values that have a form of their own.
  private func known(_ value: Any) -> String? {
    switch value {
    case let node as NodeID: names[node]
    case let id as RequestID: "\(id.client).\(id.number)"
    case let value as Value: value.json
    case let bytes as [UInt8]: "\(bytes.count) bytes"
    case let text as String: text
    default: nil
    }
  }
}
