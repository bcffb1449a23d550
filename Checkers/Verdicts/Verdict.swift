/// What a checker can say of a history.
public enum Verdict: String, Hashable, Sendable {
  case valid
  case invalid
  /// Not decided: a budget ran out, or there is nothing to judge.
  case unknown

  /// The verdict on everything: invalid outranks unknown, unknown outranks valid.
  public static func merged(_ verdicts: some Sequence<Verdict>) -> Verdict {
    verdicts.reduce(.valid) { merged, verdict in
      switch (merged, verdict) {
      case (.invalid, _), (_, .invalid): .invalid
      case (.unknown, _), (_, .unknown): .unknown
      default: .valid
      }
    }
  }
}
