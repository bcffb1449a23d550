import CPackets
import Glibc
import Processes

/// Asks the kernel to change its routing, and what it would do, by netlink.
final class RoutingSocket {
  private let descriptor: Int32
  private var sequence: UInt32 = 0

  init() throws {
    descriptor = packet_open_routing()
    guard descriptor >= 0 else { throw SystemCallError("can't open a routing socket") }
  }

  deinit { close(descriptor) }

  /// A request to the kernel, or one of its answers: a header, a fixed part, and attributes.
  struct Message {
    var type: Int
    var flags = 0
    var body: [UInt8] = []

    init(_ type: Int, flags: Int = 0) {
      self.type = type
      self.flags = flags
    }

    /// Appends the fixed part of a message of this type.
    mutating func append<Part>(_ part: Part) {
      withUnsafeBytes(of: part) { body += $0 }
      pad()
    }

    mutating func append(attribute: Int, _ value: [UInt8]) {
      let length = UInt16(4 + value.count)
      withUnsafeBytes(of: (length, UInt16(attribute))) { body += $0 }
      body += value
      pad()
    }

    mutating func append(attribute: Int, number: UInt32) {
      append(attribute: attribute, withUnsafeBytes(of: number) { Array($0) })
    }

    private mutating func pad() { while body.count % 4 != 0 { body.append(0) } }

    /// The value of an attribute, behind a fixed part of so many bytes.
    func attribute(_ attribute: Int, after fixed: Int) -> ArraySlice<UInt8>? {
      var rest = body.dropFirst((fixed + 3) & ~3)
      while rest.count >= 4 {
        let length = Int(rest.loaded(UInt16.self, at: 0))
        guard length >= 4, length <= rest.count else { return nil }
        if Int(rest.loaded(UInt16.self, at: 2)) & 0x3fff == attribute {
          return rest.dropFirst(4).prefix(length - 4)
        }
        rest = rest.dropFirst((length + 3) & ~3)
      }
      return nil
    }

    func number(_ name: Int, after fixed: Int) -> UInt32? {
      attribute(name, after: fixed).flatMap { $0.count >= 4 ? $0.loaded(UInt32.self, at: 0) : nil }
    }
  }

  /// Sends a request.
  ///
  /// - Returns: What the kernel answers.
  /// - Throws: What it refuses.
  @discardableResult
  func ask(_ message: Message, to attempt: String) throws -> [Message] {
    sequence += 1
    let flags = message.flags | Int(NLM_F_REQUEST) | Int(NLM_F_ACK)
    let header = nlmsghdr(
      nlmsg_len: UInt32(16 + message.body.count), nlmsg_type: UInt16(message.type),
      nlmsg_flags: UInt16(flags), nlmsg_seq: sequence, nlmsg_pid: 0)
    let bytes = withUnsafeBytes(of: header) { Array($0) } + message.body
    guard send(descriptor, bytes, bytes.count, 0) == bytes.count else {
      throw SystemCallError("can't \(attempt)")
    }
    var answers: [Message] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw SystemCallError("can't \(attempt)") }
      if try take(buffer[..<count], into: &answers, attempt) { return answers }
    }
  }

  /// Takes in answers.
  ///
  /// - Returns: Whether they were the last.
  private func take(
    _ bytes: ArraySlice<UInt8>, into answers: inout [Message], _ attempt: String
  ) throws -> Bool {
    var rest = bytes
    while rest.count >= 16 {
      let length = Int(rest.loaded(UInt32.self, at: 0))
      guard length >= 16, length <= rest.count else { break }
      let body = Array(rest.dropFirst(16).prefix(length - 16))
      let isOurs = rest.loaded(UInt32.self, at: 8) == sequence
      let type = Int32(rest.loaded(UInt16.self, at: 4))
      rest = rest.dropFirst((length + 3) & ~3)
      guard isOurs else { continue }
      if type == NLMSG_DONE { return true }
      if type == NLMSG_ERROR {
        let number = -body[...].loaded(Int32.self, at: 0)
        guard number == 0 else { throw SystemCallError("can't \(attempt)", number: number) }
        return true
      }
      var answer = Message(Int(type))
      answer.body = body
      answers.append(answer)
    }
    return false
  }
}

extension ArraySlice<UInt8> {
  fileprivate func loaded<Number: BitwiseCopyable>(_ type: Number.Type, at offset: Int) -> Number {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }
}
