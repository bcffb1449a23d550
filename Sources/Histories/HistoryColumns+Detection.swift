extension HistoryColumns {
  /// Whether there are clients' operations, and all read and write values under keys:
  /// `read` [k, null] and `write` [k, v].
  public var isOfKeyValues: Bool {
    let words: Set = ["read", "get", "write", "put", "cas", "append", "delete"]
    var isEmpty = true
    for position in 0..<count where processes[position] >= 0 {
      guard words.contains(f(at: position)), table.pair(of: values[position]) != nil else {
        return false
      }
      isEmpty = false
    }
    return !isEmpty
  }

  /// Whether there are clients' operations, and all of them read or write.
  public var isOfReadsAndWrites: Bool {
    let words: Set = ["read", "get", "write", "put", "cas"]
    var isEmpty = true
    for position in 0..<count where processes[position] >= 0 {
      guard words.contains(f(at: position)) else { return false }
      isEmpty = false
    }
    return !isEmpty
  }
}
