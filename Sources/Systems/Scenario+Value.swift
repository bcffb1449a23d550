public import Exploration
import Nodes
public import Values

extension Scenario {
  /// The scenario as people read and edit it.
  public var value: Value {
    var fields: [ValueMap.Entry] = [
      .init(key: "system", value: .string(system)),
      .init(key: "node-count", value: .integer(plan.nodeCount)),
      .init(key: "network", value: .string(plan.network.rawValue)),
      .init(key: "steps", value: .list(steps.map(\.value))),
    ]
    if plan.requests > 0 { fields.append(.init(key: "requests", value: .integer(plan.requests))) }
    if plan.asksAnyNode { fields.append(.init(key: "any-node", value: .bool(true))) }
    if start > 0 { fields.append(.init(key: "start", value: .integer(start))) }
    if !plan.limits.isEmpty {
      fields.append(
        .init(
          key: "bounds",
          value: .map(
            ValueMap(plan.limits.map { .init(key: .string($0.key), value: .integer($0.value)) }))))
    }
    if !plan.options.isEmpty {
      fields.append(
        .init(
          key: "options",
          value: .map(
            ValueMap(plan.options.map { .init(key: .string($0.key), value: .string($0.value)) }))))
    }
    if !plan.bugs.isEmpty {
      fields.append(
        .init(key: "bugs", value: .list(plan.bugs.sorted().map { .string($0) })))
    }
    return .map(ValueMap(fields))
  }

  /// Reads a scenario; the system's own terms stand for those that are not given.
  ///
  /// - Throws: When a field is unknown or of the wrong kind, or there is no such system.
  public init(value: Value) throws(ExplorationError) {
    guard let map = value.map, let name = value["system"]?.name, let steps = value["steps"] else {
      throw ExplorationError("a scenario is an object with a system and steps")
    }
    guard let system = ExplorableSystem.named(name) else {
      throw ExplorationError("there is no system \"\(name)\" to explore")
    }
    self.init(name, system.standard, [])
    for entry in map.entries {
      guard let field = entry.key.name, try set(field, entry.value) else {
        throw ExplorationError("a scenario has no field \(entry.key.json): \(entry.value.json)")
      }
    }
    guard let elements = steps.elements else { throw ExplorationError("steps are a list") }
    for (place, element) in elements.enumerated() {
      guard let step = ScenarioStep(value: element) else {
        throw ExplorationError("step \(place + 1): \(element.json) is no step")
      }
      self.steps.append(step)
    }
  }

  /// - Returns: Whether there is such a field, for values of this kind.
  private mutating func set(_ field: String, _ value: Value) throws(ExplorationError) -> Bool {
    switch field {
    case "system", "steps": return true
    case "node-count":
      guard let count = value.integer, count > 0 else { return false }
      plan.nodeCount = count
    case "requests":
      guard let count = value.integer, count >= 0 else { return false }
      plan.requests = count
    case "any-node":
      guard case .bool(let asksAnyNode) = value else { return false }
      plan.asksAnyNode = asksAnyNode
    case "start":
      guard let number = value.integer, number >= 0 else { return false }
      start = number
    case "network":
      guard let network = value.name.flatMap(NetworkKind.init) else { return false }
      plan.network = network
    case "bounds":
      guard let map = value.map else { return false }
      plan.limits = [:]
      for entry in map.entries {
        guard let name = entry.key.name, let limit = entry.value.integer else { return false }
        plan.limits[name] = limit
      }
    case "options":
      guard let map = value.map else { return false }
      for entry in map.entries {
        guard let name = entry.key.name, let option = entry.value.name else { return false }
        plan.options[name] = option
      }
    case "bugs":
      guard let elements = value.elements else { return false }
      plan.bugs = Set(elements.compactMap(\.name))
      return plan.bugs.count == elements.count
    default: return false
    }
    return true
  }
}

extension Scenario {
  /// Scenarios' tokens begin with this.
  public static let prefix = "x1"

  /// The scenario in a word.
  public var token: String { SealedText.encode(Array(value.json.utf8), prefix: Scenario.prefix) }

  /// - Throws: When the text is no token of a scenario, or not a whole one.
  public init(token: String) throws(ExplorationError) {
    let text: [UInt8]
    do { text = try SealedText.decode(token, prefix: Scenario.prefix) } catch {
      throw ExplorationError("the token is damaged, or not the whole of one")
    }
    let value: Value
    do { value = try Value(json: text) } catch {
      throw ExplorationError("the token is damaged: \(error)")
    }
    try self.init(value: value)
  }
}
