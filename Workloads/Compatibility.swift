import Generators
import Histories
import Values

extension FinalOperations {
  /// As Maelstrom reads the final state: ten seconds after the faults are over each client thread
  /// reads once, and whatever it gets is final.
  static var maelstromReads: FinalOperations {
    .generator(recovery: .seconds(10), timeLimit: .seconds(60)) { _ in
      EachThread(Once(Draft("read", extra: ValueMap([.init(key: "final", value: true)]))))
    }
  }
}

extension Completion {
  /// As of those of Maelstrom's clients that don't tell definite errors from others.
  var withoutDefiniteErrors: Completion {
    var completion = self
    if type == .fail { completion.type = .info }
    return completion
  }

  /// As of Maelstrom's requests that change nothing, so that every error is definite; a reply that
  /// is none stays indeterminate.
  var withoutIndefiniteErrors: Completion {
    var completion = self
    if type == .info && mismatch == nil { completion.type = .fail }
    return completion
  }
}
