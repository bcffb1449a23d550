import Linearizability
import Testing

/// How a decider's answers on random histories compare with the definition and with the search.
struct CollectionTwins {
  /// How many histories were decided one way, the other, and not at all.
  private(set) var valid = 0
  private(set) var invalid = 0
  private(set) var undecided = 0
  /// The most operations that a certificate had.
  private(set) var longest = 0

  /// Compares a decider's answer with the definition, or with the search for a longer history.
  ///
  /// A certificate's part must not be linearizable by the search.
  mutating func compare<Object: SequentialObject>(
    _ object: Object, _ history: ObjectHistory<Object.Operation>, _ name: String
  ) {
    let judge = Judge(object, usesDeciders: false)
    let isValid =
      history.count <= 8
      ? isLinearizable(history, object) : judge.judge([history]).invalid == nil
    switch object.decide(history) {
    case nil: undecided += 1
    case .linearizable:
      valid += 1
      #expect(isValid, "\(name): \(history)")
    case .nonlinearizable(let certificate):
      invalid += 1
      longest = max(longest, certificate.operations.count)
      #expect(!isValid, "\(name), \(certificate): \(history)")
      let part = history.part(certificate.fates(count: history.count))
      let judgement = judge.judge([part])
      #expect(judgement.invalid != nil, "\(name), \(certificate): \(history)")
    }
  }

  /// Whether enough histories went each way, in percent of `count`.
  func isBalanced(of count: Int, valid least: Int = 15, invalid leastInvalid: Int = 15) -> Bool {
    valid * 100 >= least * count && invalid * 100 >= leastInvalid * count
  }
}

extension ObjectHistory {
  /// The same history in which two operations have changed places.
  func swapping(_ first: Int, _ second: Int) -> ObjectHistory {
    var place = -1
    return map { operation in
      place += 1
      if place == first { return operations[second] }
      return place == second ? operations[first] : operation
    }
  }
}
