import YAML

/// What a template may name where it stands.
struct TemplateNames {
  /// For whom a template is filled in.
  enum Side {
    case node
    /// A node, before it is known where its data is.
    case nodeWithoutData
    /// The controller, for a client that talks to one node.
    case client
  }

  var side: Side
  var ports: [String]
  var options: [String]

  /// The variable that goes by a name.
  ///
  /// - Parameter isInList: Whether the template goes through a list where the name stands.
  func variable(_ name: String, isInList: Bool) throws(TemplateProblem) -> TemplateVariable {
    switch name {
    case "token": return .token
    case "count": return .count
    case "manifest": return .manifest
    case "home" where side != .client: return .home
    case "data" where side == .node: return .data
    default: break
    }
    let words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch words.first {
    case "option" where words.count == 2: return .option(try option(words[1]))
    case "first" where words.count > 1:
      return .of(.first, try property(words.dropFirst(), of: name, isInList))
    case "node" where words.count > 1:
      guard isInList || side == .client else {
        throw TemplateProblem(
          "`\(name)` is of a node in a list; write `{{each node \",\"}}{{\(name)}}{{end}}`")
      }
      return .of(.turn, try property(words.dropFirst(), of: name, isInList))
    default:
      guard side != .client else { throw unknown(name, isInList) }
      return .of(.own, try property(words[...], of: name, isInList))
    }
  }

  func option(_ name: String) throws(TemplateProblem) -> String {
    guard options.contains(name) else { throw unknown("option", name, among: options) }
    return name
  }

  private func property(
    _ words: ArraySlice<String>, of name: String, _ isInList: Bool
  ) throws(TemplateProblem) -> TemplateVariable.Property {
    switch words.first {
    case "name" where words.count == 1: return .name
    case "address" where words.count == 1: return .address
    case "index" where words.count == 1: return .index
    case "port" where words.count == 2:
      let port = words[words.startIndex + 1]
      guard ports.contains(port) else { throw unknown("port", port, among: ports) }
      return .port(port)
    default: throw unknown(name, isInList)
    }
  }

  private func unknown(
    _ kind: String, _ name: String, among known: [String]
  ) -> TemplateProblem {
    guard !known.isEmpty else {
      return TemplateProblem("there is no \(kind) `\(name)`; name it under `\(kind)s`")
    }
    let hint = nearest(name, among: known).map { "did you mean `\($0)`?" }
    return TemplateProblem(
      "there is no \(kind) `\(name)`; \(hint ?? "there are \(known.joined(separator: ", "))")")
  }

  private func unknown(_ name: String, _ isInList: Bool) -> TemplateProblem {
    let known = names(isInList)
    let hint = nearest(name, among: known).map { "did you mean `\($0)`?" }
    return TemplateProblem(
      "there is no variable `\(name)` here; \(hint ?? "there are \(known.joined(separator: ", "))")"
    )
  }

  private func names(_ isInList: Bool) -> [String] {
    let properties = ["name", "address", "index"] + ports.map { "port.\($0)" }
    var names = side == .client ? [] : properties + ["home"]
    if side == .node { names.append("data") }
    names += ["token", "count", "manifest"] + options.map { "option.\($0)" }
    names += properties.map { "first.\($0)" }
    if isInList || side == .client { names += properties.map { "node.\($0)" } }
    return names
  }
}

/// Why a text is no template.
struct TemplateProblem: Error, Hashable {
  var text: String
  /// Which of the text's `{{` it is about, counted from 0.
  var tag = 0

  init(_ text: String, tag: Int = 0) {
    self.text = text
    self.tag = tag
  }
}
