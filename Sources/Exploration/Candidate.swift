/// A successor of a state that is known, but not built.
struct Candidate {
  enum Action: UInt8 {
    case deliver
    case timer
    case request
    case restart
    case crash
    case drop
    case duplicate
    /// What is sent to a node that is down is lost.
    case lose
  }

  var fingerprint: Fingerprint
  var action: Action
  /// The message's place in the network, the timer or the client.
  var subject: Int
  /// Whose event it is; nobody's where a message is dropped or duplicated.
  var node: Int
  /// What the event made of the node, by its place among all outcomes; -1 for nothing.
  var outcome: Int
  var clients: UInt32
  var memory: UInt32
  var budgets: UInt32
  var marks: UInt32
  /// What is wrong; -1 for nothing.
  var violation: Int32 = -1
}

/// Takes the successors of a state one by one.
protocol CandidateSink {
  /// - Parameter state: The state whose successor it is.
  mutating func take(
    _ candidate: Candidate, of state: StateList.State, _ expander: Expander)
}

/// What may still go wrong, in the bytes of one word.
enum Budget {
  static let crash: UInt32 = 1
  static let drop: UInt32 = 1 << 8
  static let duplicate: UInt32 = 1 << 16
  static let timeout: UInt32 = 1 << 24

  /// How much of a kind is used.
  @inline(__always)
  static func used(_ kind: UInt32, of word: UInt32) -> Int {
    Int(word / kind & 0xff)
  }

  static let limit = 255
}
