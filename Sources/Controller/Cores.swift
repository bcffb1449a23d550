import Dispatch
import Synchronization

/// How far a search on several cores has come.
private struct Search<Result: Sendable>: Sendable {
  var next = 0
  var found: (place: Int, result: Result)?
  var error: (any Error)?
}

/// The first of some attempts that has a result, looked for on several cores; the same whatever their
/// number.
func firstInOrder<Result: Sendable>(
  of count: Int, cores: Int, _ attempt: @escaping @Sendable (Int) throws -> Result?
) throws -> (place: Int, result: Result)? {
  let state = Mutex(Search<Result>())
  DispatchQueue.concurrentPerform(iterations: max(1, min(cores, count))) { _ in
    while true {
      let place = state.withLock { state -> Int? in
        guard state.next < min(count, state.found?.place ?? count), state.error == nil else {
          return nil
        }
        defer { state.next += 1 }
        return state.next
      }
      guard let place else { return }
      do {
        guard let result = try attempt(place) else { continue }
        state.withLock { state in
          if place < state.found?.place ?? count { state.found = (place, result) }
        }
      } catch {
        state.withLock { $0.error = $0.error ?? error }
      }
    }
  }
  return try state.withLock { state in
    if let error = state.error { throw error }
    return state.found
  }
}

/// What some pieces of work come to, each done by one of several cores.
///
/// - Parameter interrupted: Asked before each; once it says yes, none is begun.
/// - Returns: By place; nothing for those that were not begun.
func onCores<Result: Sendable>(
  _ cores: Int, count: Int, interrupted: @escaping @Sendable () -> Bool,
  _ work: @escaping @Sendable (Int) throws -> Result
) throws -> [Result?] {
  let results = Mutex<[Int: Result]>([:])
  let firstError = Mutex<(any Error)?>(nil)
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: max(1, min(cores, count))) { _ in
    while !interrupted(), case let place = next.wrappingAdd(1, ordering: .relaxed).oldValue,
      place < count
    {
      do {
        let result = try work(place)
        results.withLock { $0[place] = result }
      } catch {
        firstError.withLock { $0 = $0 ?? error }
        return
      }
    }
  }
  if let error = firstError.withLock({ $0 }) { throw error }
  return results.withLock { results in (0..<count).map { results[$0] } }
}
