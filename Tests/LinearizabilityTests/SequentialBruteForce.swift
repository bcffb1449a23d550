import Linearizability

/// Decides a small history by the definition of sequential consistency: some order of operations,
/// with all that returned, is possible one operation at a time, and has each operation after all
/// that its process had completed before.
func isSequential<Object: SequentialObject>(
  _ history: ObjectHistory<Object.Operation>, _ object: Object
) -> Bool {
  var required: Set<Int> = []
  var predecessors = [Set<Int>](repeating: [], count: history.count)
  for event in history.events {
    let operation = Int(event / 2)
    if event % 2 == 1 {
      required.insert(operation)
    } else {
      predecessors[operation] = required.filter {
        history.processes[$0] == history.processes[operation]
      }
    }
  }
  var failed: Set<Done<Object.State>> = []
  func canFinish(_ done: Set<Int>, _ state: Object.State) -> Bool {
    if required.isSubset(of: done) { return true }
    if failed.contains(Done(operations: done, state: state)) { return false }
    for next in 0..<history.count where !done.contains(next) {
      guard predecessors[next].isSubset(of: done) else { continue }
      if let after = object.step(state, history.operations[next]),
        canFinish(done.union([next]), after)
      {
        return true
      }
    }
    failed.insert(Done(operations: done, state: state))
    return false
  }
  return canFinish([], object.initial)
}

private struct Done<State: Hashable>: Hashable {
  var operations: Set<Int>
  var state: State
}

/// Decides a small history of a register by the definition of k-atomicity: in some order of the
/// operations that respects time, with all that returned, every read returns the value of one of
/// the `k` latest writes.
func isKAtomic(_ history: ObjectHistory<Action>, k: Int, initial: Int32) -> Bool {
  isLinearizable(history, LatestValues(k: k, first: initial))
}

/// A register that may answer with any of its latest values.
struct LatestValues: SequentialObject {
  var k: Int
  var first: Int32

  var initial: [Int32] { [first] }

  func step(_ state: [Int32], _ operation: Action) -> [Int32]? {
    switch operation {
    case .observe(let value): state.contains(value) ? state : nil
    case .set(let value): Array((state + [value]).suffix(k))
    case .differ, .move, .apply, .inspect: nil
    }
  }
}

/// A random history of an object as several processes saw it.
///
/// Which operations exist is decided by running the object one operation at a time; then some
/// answers are replaced, and processes may see the past.
func randomProcesses<Object: SequentialObject>(
  of object: Object, _ scene: Scene, _ dice: inout Dice, goesOnAfterCrash: Bool,
  _ operation: (Object.State, inout Dice) -> Object.Operation
) -> ObjectHistory<Object.Operation> {
  var states = [object.initial]
  // For each process the number of states that it is sure to know.
  var known = [Int](repeating: 0, count: scene.clients)
  var names = (0..<scene.clients).map { Int32($0) }
  var open = [(operation: Int32, crashes: Bool)?](repeating: nil, count: scene.clients)
  var history = ObjectHistory<Object.Operation>()
  var line = 0
  while history.count < scene.operations || open.contains(where: { $0 != nil }) {
    let client = dice.below(scene.clients)
    if let pending = open[client] {
      if !pending.crashes { history.complete(pending.operation) }
      if pending.crashes, !goesOnAfterCrash { names[client] += Int32(scene.clients) }
      open[client] = nil
      line += 1
      continue
    }
    if history.count == scene.operations { continue }
    let crashes = dice.chance(scene.crashes)
    let isLate = dice.chance(60)
    let lies = dice.chance(scene.lies)
    let from = lies ? 0 : known[client]
    let place = lies || isLate ? from + dice.below(states.count - from) : states.count - 1
    let chosen = operation(states[place], &dice)
    if let after = object.step(states[states.count - 1], chosen), after != states[states.count - 1],
      !(crashes && dice.chance(50))
    {
      states.append(after)
      known[client] = states.count - 1
    } else {
      known[client] = max(known[client], place)
    }
    let number = history.invoke(
      chosen, process: names[client], at: line, completion: crashes ? nil : line + 1)
    open[client] = (number, crashes)
    line += 1
  }
  return history
}
