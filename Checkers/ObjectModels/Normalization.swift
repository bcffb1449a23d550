package import Histories
package import Linearizability
internal import Values

/// A history taken apart into objects, each with its operations as integers.
package struct Objects {
  /// Each object's key; null where there is one object only.
  private(set) var keys: [Value] = []
  package private(set) var histories: [ObjectHistory<Action>] = []
  /// The model, which now knows what the integers mean.
  package private(set) var model: any Model
  /// How many operations the clients invoked, whatever came of them.
  private(set) var invocations = 0
  /// How many of the operations judged are indeterminate.
  private(set) var indeterminate = 0

  /// Whether the history is one object's, without keys.
  var isSingle: Bool { keys.count <= 1 && keys.first.map { $0 == .null } ?? true }

  private let isKeyed: Bool
  private var numbers: [Value: Int] = [:]

  /// Reads a history with a model.
  ///
  /// A failed operation did not happen, unless the model says that it observed something. An
  /// indeterminate one may take effect at any time after its invocation, or never.
  ///
  /// - Parameter isKeyed: Whether each value is [key, value], and each key an object of its own.
  /// - Throws: When the model can't read an operation.
  package init(_ history: History, _ model: any Model, isKeyed: Bool) throws(ModelError) {
    self.model = model
    self.isKeyed = isKeyed
    let lines = history.operations
    // For each completion's line the object and the operation that it completes.
    var completed: [(object: Int32, operation: Int32)?] = Array(repeating: nil, count: lines.count)
    for position in lines.indices {
      guard lines[position].process.number != nil else { continue }
      if lines[position].type != .invoke {
        if let (object, operation) = completed[position] {
          histories[Int(object)].complete(operation)
        }
        continue
      }
      invocations += 1
      let partner = Int(history.partners[position])
      let completion = partner < 0 ? nil : lines[partner]
      do {
        guard let (object, action) = try read(lines[position], completion) else { continue }
        let isDetermined = completion.map { $0.type != .info } ?? false
        if !isDetermined {
          indeterminate += 1
          if action.isPure { continue }
        }
        let operation = histories[object].invoke(
          action, process: Int32(lines[position].process.number ?? -1), at: position,
          completion: isDetermined ? partner : nil)
        if isDetermined { completed[partner] = (Int32(object), operation) }
      } catch {
        throw ModelError(
          error.problem, f: error.f, value: error.value, index: lines[position].index)
      }
    }
  }

  private mutating func read(
    _ invocation: Operation, _ completion: Operation?
  ) throws(ModelError) -> (object: Int, action: Action)? {
    let f = invocation.f
    var value = invocation.value
    if let completion, completion.type == .ok { value = completion.value }
    var keys: [Value] = []
    if isKeyed {
      guard case .list(let pair) = value, pair.count == 2 else {
        throw ModelError(.shape(expected: "[key, value]"), f: f, value: value)
      }
      keys.append(pair[0])
      value = pair[1]
    }
    if let (key, rest) = try model.split(f: f, value: value) {
      keys.append(key)
      value = rest
    }
    let action =
      completion?.type == .fail
      ? try model.observation(ofFailed: f, value: value)
      : try model.action(f: f, value: value, process: invocation.process)
    guard let action else { return nil }
    return (number(of: keys.count == 2 ? .list(keys) : keys.first ?? .null), action)
  }

  private mutating func number(of key: Value) -> Int {
    if let number = numbers[key] { return number }
    numbers[key] = keys.count
    keys.append(key)
    histories.append(ObjectHistory<Action>())
    return keys.count - 1
  }
}
