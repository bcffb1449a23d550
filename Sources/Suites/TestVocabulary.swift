/// What tests of a suite can say beside a suite's own words: the options of `shrike test`.
public struct TestVocabulary: Hashable, Sendable {
  /// How an option takes what it is told.
  public enum Kind: Hashable, Sendable {
    /// One value.
    case value
    /// One value of words by comma, or a list.
    case words
    /// Given once for each value.
    case repeated
    /// Given or not.
    case flag
  }

  /// A key of a test, and the option of `shrike test` that it stands for.
  public struct Option: Hashable, Sendable {
    public var key: String
    public var option: String
    public var kind: Kind

    public init(_ key: String, option: String? = nil, _ kind: Kind) {
      self.key = key
      self.option = option ?? key
      self.kind = kind
    }
  }

  public var options: [Option]

  public init(_ options: [Option]) { self.options = options }

  func option(of key: String) -> Option? { options.first { $0.key == key } }
}
