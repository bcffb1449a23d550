import Convergence
import Generators
import Values

/// Updates of a replicated object and reads of it, by chance: few elements, so that updates meet.
struct ReplicatedUpdates {
  private let type: DataType
  private let nodes: [NodeID]
  private let threads: Int

  /// What was done so far.
  struct Progress: Sendable {
    /// The next value that nobody wrote before.
    var next = 1
    /// For each thread where its next element of a text goes, while it is typing.
    var cursors: [Int]
  }

  init(_ type: DataType, nodes: [NodeID], threads: Int) {
    self.type = type
    self.nodes = nodes
    self.threads = threads
  }

  func generator(seed: UInt64) -> any Generator {
    Generate(seed: seed, state: Progress(cursors: Array(repeating: -1, count: threads))) {
      progress, draws, context in
      guard draws.below(3) > 0 else { return Invocation(f: "read", in: context) }
      let (f, value) = update(&progress, &draws, thread: context.chosenThread)
      return Invocation(f: f, value: value, in: context)
    }
  }

  private func update(
    _ progress: inout Progress, _ draws: inout Draws, thread: Int
  ) -> (f: String, value: Value) {
    switch type {
    case .growOnlyCounter: return ("add", .integer(draws.below(5)))
    case .counter: return ("add", .integer(draws.below(10) - 5))
    case .boundedCounter:
      if draws.below(5) == 0 {
        let to = nodes[draws.below(nodes.count)]
        return ("transfer", [.integer(to.index), .integer(1 + draws.below(3))])
      }
      return ("add", .integer(draws.below(10) - 5))
    case .growOnlySet:
      progress.next += 1
      return ("add", .integer(progress.next - 1))
    case .twoPhaseSet, .lastWriterSet, .addWinsSet, .removeWinsSet:
      // What a two-phase set has removed never comes back, so new elements must come.
      let first = type == .twoPhaseSet ? progress.next / 4 : 0
      progress.next += 1
      return (draws.below(5) < 3 ? "add" : "remove", .integer(first + draws.below(8)))
    case .lastWriterRegister, .multiValueRegister:
      progress.next += 1
      return ("write", .integer(progress.next - 1))
    case .enableWinsFlag, .disableWinsFlag:
      return (draws.below(2) == 0 ? "enable" : "disable", .null)
    case .map: return mapUpdate(&progress, &draws, depth: 0)
    case .text: return textUpdate(&progress, &draws, thread)
    case .tree: return ("move", [.integer(1 + draws.below(8)), .integer(draws.below(9))])
    case .cart:
      let item = Value.integer(draws.below(6))
      switch draws.below(5) {
      case 0...2: return ("add", [item, .integer(1 + draws.below(3))])
      case 3: return ("change", [item, .integer(1 + draws.below(5))])
      default: return ("remove", item)
      }
    }
  }

  private func mapUpdate(
    _ progress: inout Progress, _ draws: inout Draws, depth: Int
  ) -> (f: String, value: Value) {
    let types = ["pn-counter", "or-set", "mv-register", "or-map"]
    let key = Value.string(["a", "b"][draws.below(2)])
    let type = types[draws.below(depth < 2 ? 4 : 3)]
    if draws.below(5) == 0 { return ("remove", [key, .string(type)]) }
    let (f, value): (String, Value)
    switch type {
    case "pn-counter": (f, value) = ("add", .integer(draws.below(10) - 5))
    case "or-set": (f, value) = (draws.below(3) > 0 ? "add" : "remove", .integer(draws.below(4)))
    case "mv-register":
      (f, value) = ("write", .integer(progress.next))
      progress.next += 1
    default: (f, value) = mapUpdate(&progress, &draws, depth: depth + 1)
    }
    return ("update", [key, .string(type), .string(f), value])
  }

  /// Threads type runs of elements, each behind the one before, and now and then begin elsewhere.
  private func textUpdate(
    _ progress: inout Progress, _ draws: inout Draws, _ thread: Int
  ) -> (f: String, value: Value) {
    if draws.below(5) == 0 { return ("delete", .integer(draws.below(10))) }
    if progress.cursors[thread] < 0 || draws.below(5) == 0 {
      progress.cursors[thread] = draws.below(10)
    }
    defer {
      progress.next += 1
      progress.cursors[thread] += 1
    }
    return ("insert", [.integer(progress.cursors[thread]), .integer(progress.next)])
  }
}
