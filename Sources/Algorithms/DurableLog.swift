import Nodes
import Values

/// A node's file of records from which its state follows when it starts again.
///
/// A record is durable before anything that its node sends after it leaves. A tail that a crash tore
/// is cut at the start; a log that is corrupt stays unread, and its node should fall silent, for
/// what it promised is not known any more.
struct DurableLog<Record: StablyCodable>: Hashable, Sendable, StablyEncodable {
  private var records = RecordLog()
  private(set) var isCorrupt = false

  /// Stores a record.
  ///
  /// - Parameter syncs: For planted bugs only: whether what is sent later waits until it is durable.
  mutating func append<N: Node>(
    _ record: Record, to file: N.File, syncs: Bool = true, _ context: inout Context<N>
  ) {
    context.append(records.frame(record.encoded), to: file)
    if syncs { context.sync() }
  }

  /// The records that a file holds, in order; none where it is corrupt.
  mutating func recover<N: Node>(
    _ bytes: [UInt8], of file: N.File, _ context: inout Context<N>
  ) -> [Record] {
    guard let resumed = RecordLog.resume(bytes, of: file, in: &context) else {
      isCorrupt = true
      return []
    }
    records = resumed.log
    let recovered = resumed.records.compactMap { bytes in
      var source = ByteSource(bytes)
      return Record(from: &source)
    }
    guard recovered.count == resumed.records.count else {
      isCorrupt = true
      context.log("\(file.rawValue): a record that no version of this system wrote; not serving")
      return []
    }
    return recovered
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(records.count)
    sink.put(isCorrupt)
  }
}
