import Nodes
import Values

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
    sink.put(sorted: latest) { number, sink in sink.put(number) }
  }
}
