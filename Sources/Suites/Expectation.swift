/// What a test is expected to come to.
public enum Expectation: Hashable, Sendable {
  case valid
  /// Invalid with anomalies of these types and of no others; with none named, of whatever types.
  case invalid([String])
  case unknown

  /// Whether a violation is expected.
  public var isInvalid: Bool {
    if case .invalid = self { true } else { false }
  }

  /// The expectation as tables show it.
  public var text: String {
    switch self {
    case .valid: "valid"
    case .invalid(let types):
      types.isEmpty ? "invalid" : "invalid: \(types.joined(separator: ", "))"
    case .unknown: "unknown"
    }
  }
}
