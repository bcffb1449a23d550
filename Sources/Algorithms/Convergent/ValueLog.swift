import Nodes
import Values

/// Distinct values in the order in which a node learned them, kept in a file of records.
struct ValueLog: Hashable, Sendable {
  private(set) var values: [Value] = []
  /// The same values, to recognize what is known; follows from `values`.
  private var known: Set<Value> = []
  private var records = RecordLog()

  /// The values in an order of their own in each process, and in each copy of this log.
  var valuesInNoOrder: [Value] { Array(known) }

  /// Takes in those of some values that are new, and stores them.
  ///
  /// - Returns: The places of the new ones; they are durable only after a sync.
  mutating func insert<N: Node>(
    _ offered: [Value], into file: N.File, _ context: inout Context<N>
  ) -> Range<Int> {
    let start = values.count
    var bytes: [UInt8] = []
    for value in offered where known.insert(value).inserted {
      values.append(value)
      bytes += records.frame(value.encoded)
    }
    if !bytes.isEmpty { context.append(bytes, to: file) }
    return start..<values.count
  }

  /// Forgets all values but some, until the file is read again; for planted bugs only.
  mutating func keep(only kept: [Value]) {
    known.formIntersection(kept)
    values.removeAll { !known.contains($0) }
  }

  /// Takes up what a file holds.
  ///
  /// - Returns: Whether the file is sound; else the node must not serve.
  mutating func resume<N: Node>(
    _ bytes: [UInt8], of file: N.File, _ context: inout Context<N>
  ) -> Bool {
    guard let resumed = RecordLog.resume(bytes, of: file, in: &context) else { return false }
    records = resumed.log
    for record in resumed.records {
      var source = ByteSource(record)
      guard let value = Value(from: &source) else {
        context.log("\(file.rawValue): a record that no version of this system wrote; not serving")
        return false
      }
      if known.insert(value).inserted { values.append(value) }
    }
    return true
  }
}

extension ValueLog: StablyEncodable {
  func encode(into sink: inout some ByteSink) {
    sink.put(values)
    sink.put(records.count)
  }
}
