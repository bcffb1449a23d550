public import Nodes
public import Values

/// What one entry of the log does to the state machine.
///
/// Entries are copied from log to message to log, so a command is an immutable reference that knows
/// its own encoding: it is encoded once, where it is made.
public final class RaftCommand: Hashable, Sendable {
  /// Whose request it is; nothing for the no-op with which a leader begins its term.
  public let request: RequestID?
  public let operation: Request
  public let bytes: [UInt8]
  /// A hash of the encoding, equal in every process.
  public let fingerprint: UInt64

  public static let noOp = RaftCommand(nil, .generate, bytes: [0])

  public convenience init(_ request: RequestID, _ operation: Request) {
    var buffer = ByteBuffer()
    buffer.put(UInt8(1))
    request.encode(into: &buffer)
    operation.encode(into: &buffer)
    self.init(request, operation, bytes: buffer.bytes)
  }

  private init(_ request: RequestID?, _ operation: Request, bytes: [UInt8]) {
    self.request = request
    self.operation = operation
    self.bytes = bytes
    var hasher = StableHasher()
    hasher.put(bytes)
    fingerprint = hasher.value
  }

  /// Reads a command, or returns nothing when the bytes are no encoding of one.
  static func read(from source: inout ByteSource) -> RaftCommand? {
    let start = source.position
    switch source.byte() {
    case 0: return .noOp
    case 1:
      guard let request = RequestID(from: &source), let operation = Request(from: &source) else {
        return nil
      }
      return RaftCommand(request, operation, bytes: Array(source.bytes[start..<source.position]))
    default: return nil
    }
  }

  public static func == (left: RaftCommand, right: RaftCommand) -> Bool {
    left === right || left.bytes == right.bytes
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }
}

extension RaftCommand: CustomStringConvertible {
  public var description: String {
    guard let request else { return "no-op" }
    return "\(operation) of client \(request.client)"
  }
}

extension RaftCommand: CustomReflectable {
  /// Without the encoding, which says the same again.
  public var customMirror: Mirror {
    guard let request else {
      return Mirror(self, children: ["operation": "no-op"], displayStyle: .class)
    }
    return Mirror(
      self, children: ["request": request, "operation": operation], displayStyle: .class)
  }
}

/// One entry of Raft's log: a command, and the term in which a leader received it.
public struct RaftEntry: Hashable, Sendable, StablyCodable {
  public var term: Int
  public var command: RaftCommand

  public init(term: Int, command: RaftCommand) {
    self.term = term
    self.command = command
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(term)
    sink.put(command.bytes)
  }

  public init?(from source: inout ByteSource) {
    guard let term = source.integer(), let command = RaftCommand.read(from: &source) else {
      return nil
    }
    self.init(term: term, command: command)
  }
}
