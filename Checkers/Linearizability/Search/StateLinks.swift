/// What a search knows of one state of a register-like object, at the event where it stands.
struct StateLinks {
  /// The first operation not yet invoked that must see the state, or -1.
  var nextDemand: Int32 = -1
  /// The first operation not yet invoked that leads to the state, or -1.
  var nextSource: Int32 = -1
  /// The last invocation of an operation that can tell the state from others, or -1.
  var lastMention: Int32 = -1
}
