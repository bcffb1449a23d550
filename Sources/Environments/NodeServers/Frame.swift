/// The frames of the nodes' protocol over TCP: four bytes of length, the highest first, and a message.
enum Frame {
  /// A longer one closes its connection.
  static let countMax = 16 << 20
}
