internal import Histories
internal import Values

/// The clients' invocations and completions of a history in order, for whoever makes objects of
/// them.
///
/// The receiver says for each invocation where it put it, and gets that back at the return.
struct ClientCalls {
  /// Where an operation is: its object and its number there.
  struct Place {
    var object: Int32
    var operation: Int32
  }

  let history: HistoryColumns
  let isKeyed: Bool
  /// What a client waits for: the line of the invocation, and where it was put.
  private struct Pending {
    var invocation: Int32
    var place: Place
  }

  /// By client.
  private var pending: [Int32: Pending] = [:]
  private var pendingDense: [Pending]
  /// By the line of the invocation: operations whose client invoked another one before they
  /// returned, as it can seem where both happened at the same time.
  private var overtaken: [Int32: Place] = [:]
  private var invocations = 0

  private static let none = Pending(
    invocation: -1, place: Place(object: -1, operation: -1))

  init(_ history: HistoryColumns, isKeyed: Bool) {
    self.history = history
    self.isKeyed = isKeyed
    // Where there are lines of the nemesis only, all numbers are negative.
    let processes = max(0, Int(history.processes.max() ?? 0) + 1)
    // A history's clients are numbered from 0, almost always.
    pendingDense =
      processes <= max(history.count, 1 << 16)
      ? Array(repeating: ClientCalls.none, count: processes) : []
  }

  /// Goes through the history.
  ///
  /// - Parameters:
  ///   - invoke: Takes an operation with the outer key of a keyed history, the line of its
  ///     invocation, and that of its completion where it is determined.
  ///   - complete: Takes the place of a determined operation that returns.
  /// - Returns: How many operations there were.
  mutating func visit(
    invoke: (inout Reading, ValueCode?, Int, Int?) throws(ModelError) -> Place?,
    complete: (Place) -> Void
  ) throws(ModelError) -> Int {
    for position in 0..<history.count where history.processes[position] >= 0 {
      let partner = Int(history.partners[position])
      guard history.types[position] == .invoke else {
        guard partner >= 0, history.types[position] != .info else { continue }
        if let place = take(Int32(partner), history.processes[position]) { complete(place) }
        continue
      }
      invocations += 1
      let outcome = partner < 0 ? Operation.Kind.info : history.types[partner]
      let asked = history.values[position]
      var reading = Reading(
        f: history.f(at: position), outcome: outcome, asked: asked,
        answered: outcome == .ok ? history.values[partner] : asked,
        process: history.processes[position])
      do throws(ModelError) {
        let key = isKeyed ? try splitKey(&reading) : nil
        let isDetermined = outcome != .info
        let place = try invoke(&reading, key, position, isDetermined ? partner : nil)
        if isDetermined, let place {
          let old = exchange(
            reading.process, Pending(invocation: Int32(position), place: place))
          if old.invocation >= 0 { overtaken[old.invocation] = old.place }
        }
      } catch {
        throw ModelError(
          error.problem, f: error.f, value: error.value, index: history.index(at: position))
      }
    }
    return invocations
  }

  private func splitKey(_ reading: inout Reading) throws(ModelError) -> ValueCode {
    guard let (key, rest) = history.table.pair(of: reading.answered) else {
      throw reading.misshapen("[key, value]", history.table)
    }
    let asked = history.table.pair(of: reading.asked)?.1
    reading.answered = rest
    reading.asked = asked ?? .null
    return key
  }

  /// Where the operation was put whose invocation stands in a line; nothing when it says nothing.
  private mutating func take(_ invocation: Int32, _ process: Int32) -> Place? {
    let current =
      pendingDense.isEmpty ? pending[process] ?? ClientCalls.none : pendingDense[Int(process)]
    guard current.invocation == invocation else {
      return overtaken.removeValue(forKey: invocation)
    }
    _ = exchange(process, ClientCalls.none)
    return current.place
  }

  private mutating func exchange(_ process: Int32, _ new: Pending) -> Pending {
    guard pendingDense.isEmpty else {
      let old = pendingDense[Int(process)]
      pendingDense[Int(process)] = new
      return old
    }
    return pending.updateValue(new, forKey: process) ?? ClientCalls.none
  }
}
