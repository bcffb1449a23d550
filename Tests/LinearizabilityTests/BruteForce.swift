import Linearizability

/// Decides a small history by the definition: some order of the operations, with all that must
/// take effect, respects the order of time and is possible one operation at a time.
func isLinearizable<Object: SequentialObject>(
  _ history: ObjectHistory<Object.Operation>, _ object: Object, events: Int? = nil
) -> Bool {
  let events = Array(history.events.prefix(events ?? history.events.count))
  var invoked: [Int: Int] = [:]
  var returned: [Int: Int] = [:]
  for (time, event) in events.enumerated() {
    if event % 2 == 0 { invoked[Int(event / 2)] = time } else { returned[Int(event / 2)] = time }
  }
  let present = invoked.keys.sorted()
  var failed: Set<Place<Object.State>> = []
  func canFinish(_ done: Set<Int>, _ state: Object.State) -> Bool {
    if returned.keys.allSatisfy(done.contains) { return true }
    if failed.contains(Place(done: done, state: state)) { return false }
    for next in present where !done.contains(next) {
      let isBlocked = present.contains { other in
        guard let end = returned[other], !done.contains(other), other != next else { return false }
        return end < invoked[next] ?? 0
      }
      if isBlocked { continue }
      if let after = object.step(state, history.operations[next]),
        canFinish(done.union([next]), after)
      {
        return true
      }
    }
    failed.insert(Place(done: done, state: state))
    return false
  }
  return canFinish([], object.initial)
}

private struct Place<State: Hashable>: Hashable {
  var done: Set<Int>
  var state: State
}
