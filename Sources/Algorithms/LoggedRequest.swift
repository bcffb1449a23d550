import Nodes
import Values

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
