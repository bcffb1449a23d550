import Linearizability

/// SplitMix64.
struct Dice {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x2545_f491_4f6c_dd1d &+ 1 }

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((word ^ (word >> 31)) >> 1) % bound
  }

  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  mutating func number(_ bound: Int) -> Int32 { Int32(below(bound)) }
}

/// What random histories look like.
struct Scene: Sendable {
  var clients = 4
  var operations = 8
  /// Percent of operations that never return.
  var crashes = 12
  /// Percent of operations that answer by an earlier state, and change nothing.
  var lies = 18
}

/// A random history of an object as its clients saw it.
///
/// - Parameter operation: An operation with an answer that is right in a state.
func randomHistory<Object: SequentialObject>(
  of object: Object, _ scene: Scene, _ dice: inout Dice,
  _ operation: (Object.State, inout Dice) -> Object.Operation
) -> ObjectHistory<Object.Operation> {
  var states = [object.initial]
  var lines: [(operation: Int, isReturn: Bool)] = []
  var operations: [Object.Operation?] = []
  // For each client its open operation, and whether that has taken effect.
  var open = [(operation: Int, isEffective: Bool)?](repeating: nil, count: scene.clients)
  while operations.count < scene.operations || open.contains(where: { $0 != nil }) {
    let client = dice.below(scene.clients)
    guard let pending = open[client] else {
      if operations.count == scene.operations { continue }
      open[client] = (operations.count, false)
      lines.append((operations.count, false))
      operations.append(nil)
      continue
    }
    if pending.isEffective {
      lines.append((pending.operation, true))
      open[client] = nil
      continue
    }
    let lies = dice.chance(scene.lies)
    let crashes = dice.chance(scene.crashes)
    let state = lies ? states[dice.below(states.count)] : states[states.count - 1]
    let chosen = operation(state, &dice)
    operations[pending.operation] = chosen
    if !lies && !(crashes && dice.chance(50)),
      let after = object.step(states[states.count - 1], chosen)
    {
      states.append(after)
    }
    open[client] = crashes ? nil : (pending.operation, true)
  }
  var history = ObjectHistory<Object.Operation>()
  for (place, line) in lines.enumerated() {
    if line.isReturn {
      history.complete(Int32(line.operation))
    } else {
      let completion = lines.firstIndex { $0.isReturn && $0.operation == line.operation }
      guard let operation = operations[line.operation] else { continue }
      _ = history.invoke(operation, at: place, completion: completion)
    }
  }
  return history
}
