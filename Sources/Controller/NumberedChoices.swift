import Environments
import Nodes
import Simulations
import Values
import Verdicts

/// What a plan says of single choices that its seed would make, by their numbers.
///
///     "delays": [{"from": "n1", "to": "n2", "message": 3, "delay": "12ms"}]
///     "choices": [{"node": "n1", "choice": 5, "answer": 0}]
///     "reseed": {"time": "1.5s", "seed": 7}
///
/// Messages of a link count from 1; choices of a node count from 0, over all of its processes.
struct NumberedChoices {
  private(set) var delays: [MessageDelay] = []
  private(set) var choices: [NodeID: [UInt64: Int]] = [:]
  private(set) var reseeding: Reseeding?

  /// - Throws: What is wrong, with the place in the plan.
  init(_ plan: Plan, _ names: NodeNames) throws(PlanError) {
    for (place, value) in (plan.delays ?? []).enumerated() {
      let fields = Fields(value, at: "delays[\(place)]", names)
      let link = Link(from: try fields.node("from"), to: try fields.node("to"))
      delays.append(
        MessageDelay(
          link, number: try fields.number("message", from: 1), delay: try fields.time("delay")))
    }
    for (place, value) in (plan.choices ?? []).enumerated() {
      let fields = Fields(value, at: "choices[\(place)]", names)
      let number = try fields.number("choice", from: 0)
      choices[try fields.node("node"), default: [:]][UInt64(number)] =
        try fields.number("answer", from: 0)
    }
    if let value = plan.reseeding {
      let fields = Fields(value, at: "reseed", names)
      reseeding = Reseeding(
        at: try fields.time("time"), seed: UInt64(try fields.number("seed", from: 0)))
    }
  }
}

/// The fields of one of them.
private struct Fields {
  private let value: Value
  private let place: String
  private let names: NodeNames

  init(_ value: Value, at place: String, _ names: NodeNames) {
    self.value = value
    self.place = place
    self.names = names
  }

  func node(_ field: String) throws(PlanError) -> NodeID {
    guard let name = value[field]?.name, let node = names[name] else {
      throw PlanError("\(place): \"\(field)\" has to be the name of a node")
    }
    return node
  }

  func number(_ field: String, from least: Int) throws(PlanError) -> Int {
    guard let number = value[field]?.integer, number >= least else {
      throw PlanError("\(place): \"\(field)\" has to be a whole number of at least \(least)")
    }
    return number
  }

  func time(_ field: String) throws(PlanError) -> Nanoseconds {
    guard let text = value[field]?.name, let time = Nanoseconds(duration: text), time >= 0 else {
      throw PlanError("\(place): \"\(field)\" has to be a duration such as \"12ms\"")
    }
    return time
  }
}

extension Plan {
  /// Gives the nodes that delays and choices are of other names; those of nodes without one go.
  mutating func renameChoices(_ rename: (String) -> String?) {
    func renamed(_ value: Value) -> Value? {
      guard var map = value.map else { return value }
      for field in ["from", "to", "node"] {
        guard let name = map[fact: field]?.name else { continue }
        guard let new = rename(name) else { return nil }
        map[fact: field] = .string(new)
      }
      return .map(map)
    }
    delays = delays?.compactMap(renamed)
    choices = choices?.compactMap(renamed)
  }
}

extension MessageDelay {
  /// The delay as plans write it.
  func planValue(_ names: NodeNames) -> Value {
    .map(
      ValueMap(facts: [
        "from": .string(names[link.source]), "to": .string(names[link.destination]),
        "message": .integer(number), "delay": .string(delay.durationText),
      ]))
  }
}
