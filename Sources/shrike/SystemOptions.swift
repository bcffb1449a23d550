extension [String: String] {
  /// A system's own options as command lines have them: `name=value`, or `name` alone for `true`.
  init(options texts: [String]) {
    self.init()
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      self[parts.first ?? text] = parts.count > 1 ? parts[1] : "true"
    }
  }
}
