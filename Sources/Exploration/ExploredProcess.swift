public import Nodes
public import Values

/// A node with all that is its own in a state: its process, its timers and its disk.
@usableFromInline
struct ExploredProcess<N: Node>: Sendable {
  @usableFromInline
  enum Timer: UInt8, Hashable, Sendable {
    case off
    case armed
    /// Without a delay: it may fire at once, and nobody counts it.
    case due
  }

  @usableFromInline var node: N
  @usableFromInline var isUp: Bool
  /// By their place among all timers.
  @usableFromInline var timers: [Timer]
  @usableFromInline var disk: ExploredDisk
  /// What clients asked this process and it has not answered, in ascending order.
  @usableFromInline var requests: [RequestID] = []

  @inlinable
  init(_ configuration: Configuration, disk: ExploredDisk, isUp: Bool) {
    node = N(configuration)
    self.isUp = isUp
    timers = Array(repeating: .off, count: N.Timer.allCases.count)
    self.disk = disk
  }

  /// The fingerprint of everything but the disk.
  @inlinable
  func fingerprint(of place: Int) -> Fingerprint {
    var sink = FingerprintSink(part: Part.process | UInt64(place))
    sink.put(isUp)
    guard isUp else { return sink.fingerprint }
    node.encode(into: &sink)
    for timer in timers { sink.put(timer.rawValue) }
    sink.put(requests.count)
    for request in requests { request.encode(into: &sink) }
    return sink.fingerprint
  }

  @inlinable
  func nodeFingerprint(of place: Int) -> Fingerprint {
    var sink = FingerprintSink(part: Part.process | UInt64(place))
    sink.put(isUp)
    if isUp { node.encode(into: &sink) }
    return sink.fingerprint
  }

  @inlinable
  func diskFingerprint(of place: Int) -> Fingerprint {
    var sink = FingerprintSink(part: Part.disk | UInt64(place))
    disk.encode(into: &sink)
    return sink.fingerprint
  }
}

/// A message on its way.
@usableFromInline
struct SentMessage<Message: NodeMessage>: Hashable, Sendable {
  @usableFromInline var source: NodeID
  @usableFromInline var destination: NodeID
  @usableFromInline var message: Message

  @inlinable
  init(_ message: Message, from source: NodeID, to destination: NodeID) {
    self.source = source
    self.destination = destination
    self.message = message
  }

  @inlinable
  var fingerprint: Fingerprint {
    var sink = FingerprintSink(part: Part.envelope)
    sink.put(source)
    sink.put(destination)
    message.encode(into: &sink)
    return sink.fingerprint
  }
}
