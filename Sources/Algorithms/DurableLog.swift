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

  mutating func append<N: Node>(
    _ record: Record, to file: N.File, _ context: inout Context<N>
  ) {
    context.append(records.frame(record.encoded), to: file)
    context.sync()
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

/// A request that changed a node's state, as its log keeps it.
struct LoggedRequest: Hashable, Sendable, StablyCodable {
  var id: RequestID
  var request: Request

  init(_ id: RequestID, _ request: Request) {
    self.id = id
    self.request = request
  }

  func encode(into sink: inout some ByteSink) {
    id.encode(into: &sink)
    request.encode(into: &sink)
  }

  init?(from source: inout ByteSource) {
    guard let id = RequestID(from: &source), let request = Request(from: &source) else {
      return nil
    }
    self.init(id, request)
  }
}

/// The last request of each client that a node took in, by which it recognizes copies.
///
/// A client has one request outstanding, with rising numbers, so one number a client is enough.
struct ClientNumbers: Hashable, Sendable, StablyEncodable {
  private var latest: [Int: Int] = [:]

  /// Notes a request.
  ///
  /// - Returns: Whether it is new.
  mutating func admit(_ id: RequestID) -> Bool {
    if let number = latest[id.client], number >= id.number { return false }
    latest[id.client] = id.number
    return true
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(latest.count)
    for (client, number) in latest.sorted(by: { $0.key < $1.key }) {
      sink.put(client)
      sink.put(number)
    }
  }
}
