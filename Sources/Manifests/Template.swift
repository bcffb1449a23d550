/// A text with places that are filled in for each node: `http://{{address}}:{{port.client}}`.
///
/// It is parsed once, and all that it names is known to exist by then; it is never a program, and what
/// it is filled with is never parsed again.
///
///     {{name}} {{address}} {{index}} {{port.NAME}}        the node itself; the index counts from 1
///     {{home}} {{data}}                                   its folder, and the one that survives kills
///     {{first.name}} {{first.address}} …                  the first node of the cluster
///     {{count}} {{token}} {{option.NAME}} {{manifest}}    nodes, the cluster's token, the manifest's folder
///     {{each node ","}}{{node.name}}{{end}}               all nodes, or `each peer`: all others
///     {{if first}}…{{end}} {{if not option.NAME}}…{{end}} what is there only then
///     {{"{{"}}                                            braces
public struct Template: Hashable, Sendable {
  var parts: [TemplatePart]

  init(_ parts: [TemplatePart]) { self.parts = parts }

  /// Whether a word made of it is left out where it comes out empty.
  var isConditional: Bool {
    parts.contains { if case .condition = $0 { true } else { false } }
  }

  /// The options that it names.
  var options: Set<String> { TemplatePart.options(parts) }
}

/// A piece of a template.
indirect enum TemplatePart: Hashable, Sendable {
  case text(String)
  case variable(TemplateVariable)
  case each(TemplateList, separator: String, [TemplatePart])
  case condition(TemplateCondition, isNegated: Bool, [TemplatePart])

  fileprivate static func options(_ parts: [TemplatePart]) -> Set<String> {
    var names: Set<String> = []
    for part in parts {
      switch part {
      case .text: break
      case .variable(.option(let name)): names.insert(name)
      case .variable: break
      case .each(_, _, let inner), .condition(_, _, let inner): names.formUnion(options(inner))
      }
    }
    return names
  }
}

/// What a template can name.
enum TemplateVariable: Hashable, Sendable {
  case home
  case data
  case token
  case count
  case manifest
  case option(String)
  case of(Subject, Property)

  /// Whose property it is.
  enum Subject: Hashable, Sendable {
    /// The node that the template is filled in for.
    case own
    /// The first node of the cluster.
    case first
    /// The node whose turn it is in a list, or the one that a client talks to.
    case turn
  }

  /// What can be known of any node.
  enum Property: Hashable, Sendable {
    case name
    case address
    case index
    case port(String)
  }
}

/// What a template can go through.
enum TemplateList: String, Hashable, Sendable, CaseIterable {
  /// All nodes of the cluster, in order.
  case node
  /// All but the one that the template is filled in for.
  case peer
}

/// What part of a template can depend on.
enum TemplateCondition: Hashable, Sendable {
  /// The node is the first of its cluster.
  case isFirst
  /// The option's value is `true`.
  case option(String)
}
