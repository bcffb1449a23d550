/// What keeps a decider from ordering all operations.
enum Obstacle: Error {
  /// The theorem's premise doesn't hold.
  case undecided
  /// Operations that can't be in one history, together with what explains their answers.
  case violated([Int32], reason: String)
}
