import CLibSSH2
import Glibc
import Processes
import Values

/// The socket under a session of libssh2.
///
/// The library must be called again with the same bytes when a packet could not be sent as a whole, which several
/// channels can't promise. So it may send always, into a buffer of ours, and waits only for what it receives.
final class SessionWire {
  /// From how many buffered bytes on nothing more is given to the library to send.
  static let limit = 1 << 20

  let socket: Int32
  /// When something was last received.
  private(set) var lastHeard = monotonicTime()
  /// What went wrong with the socket.
  private(set) var problem: String?
  /// Answers the host's question for a password.
  var password: String?
  private var outgoing: [UInt8] = []
  private var sent = 0

  init(socket: Int32) { self.socket = socket }

  deinit { Glibc.close(socket) }

  var hasOutgoing: Bool { sent < outgoing.count }
  var isFull: Bool { outgoing.count - sent >= SessionWire.limit }

  /// Sends what the socket takes.
  func flush() {
    while sent < outgoing.count, problem == nil {
      let count = outgoing.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
        return send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { break }
      guard count > 0 else { return fail(errorText(errno)) }
      sent += count
    }
    if sent == outgoing.count {
      outgoing.removeAll(keepingCapacity: true)
      sent = 0
    } else if sent > SessionWire.limit {
      outgoing.removeFirst(sent)
      sent = 0
    }
  }

  func fail(_ problem: String) { if self.problem == nil { self.problem = problem } }

  fileprivate func take(_ bytes: UnsafeRawBufferPointer) { outgoing += bytes }

  fileprivate func receive(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    // Where the library waits in a loop of its own, it waits for an answer to what is still here.
    if hasOutgoing { flush() }
    if problem != nil { return -Int(ENOTCONN) }
    let count = recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
    if count > 0 { lastHeard = monotonicTime() }
    if count == 0, !buffer.isEmpty { fail("the host closed it") }
    if count < 0 {
      guard errno == EAGAIN || errno == EINTR else {
        let number = errno
        fail(errorText(number))
        return -Int(number)
      }
      return -Int(EAGAIN)
    }
    return count
  }

  fileprivate static func of(
    _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> SessionWire? {
    guard let pointer = abstract?.pointee else { return nil }
    return Unmanaged<SessionWire>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// In the place of `send`; the library talks with agents by it, too.
  static let sending:
    @convention(c) (
      Int32, UnsafeMutableRawPointer?, Int, Int32,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int = { socket, buffer, count, flags, abstract in
      guard let wire = SessionWire.of(abstract), socket == wire.socket else {
        let sent = send(socket, buffer, count, flags | Int32(MSG_NOSIGNAL))
        return sent < 0 ? -Int(errno) : sent
      }
      if wire.problem != nil { return -Int(EPIPE) }
      wire.take(UnsafeRawBufferPointer(start: buffer, count: count))
      return count
    }

  /// In the place of `recv`.
  static let receiving:
    @convention(c) (
      Int32, UnsafeMutableRawPointer?, Int, Int32,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int = { socket, buffer, count, flags, abstract in
      guard let wire = SessionWire.of(abstract), socket == wire.socket else {
        let received = recv(socket, buffer, count, flags)
        return received < 0 ? -Int(errno) : received
      }
      return wire.receive(UnsafeMutableRawBufferPointer(start: buffer, count: count))
    }

  /// Answers each question that is not echoed with the password.
  static let answering:
    @convention(c) (
      UnsafePointer<CChar>?, Int32, UnsafePointer<CChar>?, Int32, Int32,
      UnsafePointer<ssh2_prompt>?, UnsafeMutablePointer<ssh2_response>?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Void = { _, _, _, _, count, prompts, responses, abstract in
      guard let prompts, let responses else { return }
      for place in 0..<Int(count) {
        // The library frees the texts.
        let text = prompts[place].echo == 0 ? SessionWire.of(abstract)?.password ?? "" : ""
        responses[place].text = strdup(text)
        responses[place].length = UInt32(text.utf8.count)
      }
    }
}
