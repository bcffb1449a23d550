extension HistoryFormat {
  /// The formats that histories are written in.
  public static let written: [HistoryFormat] = [.jsonLines, .jepsenEDN, .binary]

  /// The format of a file that is to be written, where its name tells.
  public init?(extensionOf path: String) {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return nil }
    switch path[dot...] {
    case ".jsonl", ".ndjson": self = .jsonLines
    case ".edn": self = .jepsenEDN
    case ".shrike": self = .binary
    default: return nil
    }
  }
}

extension HistoryColumns {
  /// Writes the history in one of the formats that are written, piece by piece.
  ///
  /// What is read back is the same history; only that JSON has no keywords, sets and the like, and
  /// that texts leave out indices which contradict the order of the lines.
  public func write<Failure: Error>(
    _ format: HistoryFormat, _ write: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(HistoryFormat.written.contains(format), "\(format) is read only")
    if format == .binary { return try writeBinary(write) }
    let isInOrder = indices.map { zip($0, $0.dropFirst()).allSatisfy { $0 <= $1 } } ?? true
    var text: [UInt8] = []
    func flush() throws(Failure) {
      try text.withUnsafeBufferPointer { (text) throws(Failure) in
        try write(UnsafeRawBufferPointer(text))
      }
      text.removeAll(keepingCapacity: true)
    }
    for position in types.indices {
      var operation = operation(at: position)
      if !isInOrder { operation.index = -1 }
      if format == .jepsenEDN {
        operation.writeEDN(into: &text)
      } else {
        operation.writeJSON(into: &text)
      }
      text.append(UInt8(ascii: "\n"))
      if text.count >= 1 << 18 { try flush() }
    }
    try flush()
  }
}
