import NIOCore
import Nodes
import Values

/// A connection that a node accepted, and who speaks over it.
final class Visitor {
  enum Role: Hashable {
    /// It has not said who it is.
    case unknown
    case peer(NodeID)
    case client(hasServices: Bool)
  }

  /// How long it may take to say who it is.
  static let helloTimeout: TimeAmount = .seconds(5)
  /// A connection that leaves so much untaken is ended, for what is under way to it has no other
  /// bound; nothing is read from it long before.
  static let unsentCountMax = 64 << 20

  let id: Int
  let connection: FrameConnection
  var role = Role.unknown
  var helloDeadline: Scheduled<Void>?

  init(_ id: Int, _ connection: FrameConnection) {
    self.id = id
    self.connection = connection
  }

  var hasServices: Bool { role == .client(hasServices: true) }
}
