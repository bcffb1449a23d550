import Environments

/// What the names in a template stand for: a cluster, and a node of it.
struct TemplateScope {
  var cluster: SystemCluster
  /// The node's place in the cluster; nothing for templates of the controller's side.
  var own: Int?
  /// The node whose turn it is.
  var turn: Int?
  var data = ""

  func text(of variable: TemplateVariable) -> String {
    switch variable {
    case .home: cluster.members[place(.own)].home
    case .data: data
    case .token: cluster.token
    case .count: String(cluster.members.count)
    case .manifest: cluster.manifestFolder
    case .option(let name): cluster.options[name] ?? ""
    case .of(let subject, .name): endpoint(subject).name
    case .of(let subject, .address): endpoint(subject).address
    case .of(let subject, .index): String(place(subject) + 1)
    case .of(let subject, .port(let name)): endpoint(subject).ports[name].map { "\($0)" } ?? ""
    }
  }

  func holds(_ condition: TemplateCondition) -> Bool {
    switch condition {
    case .isFirst: own == 0
    case .option(let name): cluster.options[name] == "true"
    }
  }

  func places(of list: TemplateList) -> [Int] {
    cluster.members.indices.filter { list == .node || $0 != own }
  }

  private func endpoint(_ subject: TemplateVariable.Subject) -> Endpoint {
    cluster.members[place(subject)].endpoint
  }

  private func place(_ subject: TemplateVariable.Subject) -> Int {
    switch subject {
    case .first: return 0
    case .own, .turn:
      guard let place = subject == .own ? own : turn else {
        preconditionFailure("a template was parsed for another scope")
      }
      return place
    }
  }
}

extension Template {
  func rendered(in scope: TemplateScope) -> String { Template.rendered(parts, in: scope) }

  private static func rendered(_ parts: [TemplatePart], in scope: TemplateScope) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      case .variable(let variable): text += scope.text(of: variable)
      case .each(let list, let separator, let inner):
        text += scope.places(of: list).map { place in
          var scope = scope
          scope.turn = place
          return rendered(inner, in: scope)
        }.joined(separator: separator)
      case .condition(let condition, let isNegated, let inner):
        if scope.holds(condition) != isNegated { text += rendered(inner, in: scope) }
      }
    }
    return text
  }
}
