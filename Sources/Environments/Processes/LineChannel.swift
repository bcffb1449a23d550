import Glibc

/// Lines of words over a stream socket; a word may hold any text.
package struct LineChannel {
  package let descriptor: Int32
  private var received: [UInt8] = []

  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Sends one line, waiting where the other side does not read.
  ///
  /// - Returns: Whether the other side is still there.
  package func send(_ words: [String]) -> Bool {
    let line = LineChannel.line(words)
    var sent = 0
    while sent < line.count {
      let count = line.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
        return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN {
        var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&watched, 1, -1)
        continue
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Words as they are sent.
  package static func line(_ words: [String]) -> [UInt8] {
    var line: [UInt8] = []
    for (position, word) in words.enumerated() {
      if position > 0 { line.append(UInt8(ascii: " ")) }
      for byte in word.utf8 { append(byte, to: &line) }
    }
    line.append(UInt8(ascii: "\n"))
    return line
  }

  /// Sends what there is room for, waiting for nothing.
  ///
  /// - Returns: How many bytes were taken; nothing where the other side is gone.
  package func sendSome(_ bytes: ArraySlice<UInt8>) -> Int? {
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
    if count < 0 { return errno == EINTR || errno == EAGAIN ? 0 : nil }
    return count
  }

  /// Reads what there is, waiting where there is nothing and the descriptor blocks.
  ///
  /// - Returns: The whole lines, or nothing when the other side has ended.
  package mutating func receive() -> [[String]]? {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0 { return errno == EINTR || errno == EAGAIN ? [] : nil }
    guard count > 0 else { return nil }
    received += chunk[..<count]
    guard let end = received.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let words = LineChannel.words(inLines: received[...end])
    received.removeSubrange(...end)
    return words
  }

  /// The words of whole lines.
  package static func words(inLines bytes: ArraySlice<UInt8>) -> [[String]] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
      .map { line in
        line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
          .map(word)
      }
  }

  /// Bytes that would end a word or a line are written as `%` and two hexadecimal digits.
  private static func append(_ byte: UInt8, to line: inout [UInt8]) {
    guard byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "%")
    else { return line.append(byte) }
    let digits = Array("0123456789abcdef".utf8)
    line += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }

  private static func word(_ bytes: ArraySlice<UInt8>) -> String {
    var word: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let plain = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        word.append(plain)
        rest = rest.dropFirst(2)
      } else {
        word.append(byte)
      }
    }
    return String(decoding: word, as: UTF8.self)
  }
}
