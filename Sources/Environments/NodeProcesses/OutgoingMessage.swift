package import Nodes
package import Values

/// A message of a node in its host's output.
package struct OutgoingMessage {
  package enum Destination {
    case peer(NodeID)
    case service(Service)
    /// Whoever sent the request, as they are known to who took it in.
    case client(origin: Int)
  }

  package var destination: Destination
  /// Where its text stands, without the line's end.
  package var range: Range<Int>
}

/// Who waits for the answer to a request.
struct AskingClient {
  var name: String
  var origin: Int
}
