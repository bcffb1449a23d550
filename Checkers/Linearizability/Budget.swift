/// What a check may use before it gives up and says so.
public struct Budget: Sendable {
  /// Steps of the model; some ten million take a second.
  public var steps: Int
  /// Bytes that all searches together may hold.
  public var memory: Int
  /// Asked between stretches of the search, at least a few times a second.
  public var isExpired: @Sendable () -> Bool

  public init(
    steps: Int = 200_000_000, memory: Int = 2 << 30,
    isExpired: @escaping @Sendable () -> Bool = { false }
  ) {
    self.steps = steps
    self.memory = memory
    self.isExpired = isExpired
  }
}
