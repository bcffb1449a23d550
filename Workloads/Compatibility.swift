import Histories

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
