extension Mark {
  private static let prefix = "@mark "

  /// The mark as a line of a node's log: `@mark sometimes true leader-elected`.
  public var line: String { "\(Mark.prefix)\(kind.rawValue) \(holds) \(label)" }

  /// Reads what ``line`` wrote; any other text is no mark.
  public init?(line: String) {
    guard line.hasPrefix(Mark.prefix) else { return nil }
    let words = line.dropFirst(Mark.prefix.count)
      .split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count == 3, let kind = Kind(rawValue: String(words[0])),
      let holds = Bool(String(words[1]))
    else { return nil }
    self.init(kind, String(words[2]), holds: holds)
  }
}
