import Linearizability
import Testing

/// How the answers of a decider were distributed.
struct Tally {
  var valid = 0
  var invalid = 0
  var undecided = 0
  /// The operations of the largest certificate.
  var largest = 0

  /// A decider that answers seldom or always the same proves little.
  func expectBothKinds(undecidedAtMost: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    let count = valid + invalid + undecided
    #expect(valid > count / 8, "\(self)", sourceLocation: sourceLocation)
    #expect(invalid > count / 8, "\(self)", sourceLocation: sourceLocation)
    #expect(undecided <= count * undecidedAtMost / 100, "\(self)", sourceLocation: sourceLocation)
  }
}

/// Compares what a decider says of a history with the definition and with the general search, and
/// has the search judge its certificate.
///
/// - Returns: The operations of the certificate.
@discardableResult
func compareDecider<Object: SequentialObject>(
  of object: Object, on history: ObjectHistory<Object.Operation>, _ tally: inout Tally,
  name: String
) -> [Int32] {
  let isValid = isLinearizable(history, object)
  let search = Judge(object, usesDeciders: false)
  #expect((search.judge([history]).invalid == nil) == isValid, "search, \(name): \(history)")
  switch object.decide(history) {
  case nil: tally.undecided += 1
  case .linearizable:
    tally.valid += 1
    #expect(isValid, "\(name): \(history)")
  case .nonlinearizable(let certificate):
    tally.invalid += 1
    #expect(!isValid, "\(name): \(certificate) \(history)")
    let part = history.part(certificate.fates(count: history.count))
    tally.largest = max(tally.largest, part.count)
    #expect(
      search.judge([part]).invalid != nil,
      "\(name): the certificate has an order: \(certificate) \(history)")
    return certificate.operations
  }
  return []
}

/// A history in which each operation has the interval between two times, or none to its end.
func history<Operation: Sendable>(
  _ operations: [(Operation, from: Int, to: Int?)]
) -> ObjectHistory<Operation> {
  var times: [(time: Int, operation: Int, isReturn: Bool)] = []
  for (number, operation) in operations.enumerated() {
    times.append((operation.from, number, false))
    if let end = operation.to { times.append((end, number, true)) }
  }
  times.sort { $0.time < $1.time }
  var history = ObjectHistory<Operation>()
  var numbers: [Int: Int32] = [:]
  for (place, line) in times.enumerated() {
    if line.isReturn {
      if let number = numbers[line.operation] { history.complete(number) }
    } else {
      let completion = times.firstIndex { $0.operation == line.operation && $0.isReturn }
      numbers[line.operation] = history.invoke(
        operations[line.operation].0, at: place, completion: completion)
    }
  }
  return history
}
