/// What a switch must know of an IPv4 packet.
package struct PacketHeader: Hashable {
  /// The address that it goes to, its first byte the highest.
  package var destination: UInt32
  /// How long the header is, in bytes.
  package var size: Int
  /// Whether it is a probe of the harness's own.
  package var isProbe: Bool

  package init(destination: UInt32, size: Int, isProbe: Bool) {
    self.destination = destination
    self.size = size
    self.isProbe = isProbe
  }

  /// Reads a packet's header; nothing where it is no IPv4 packet.
  package init?(_ packet: UnsafeRawBufferPointer) {
    guard packet.count >= 20, packet[0] >> 4 == 4 else { return nil }
    size = Int(packet[0] & 15) * 4
    guard size >= 20, size <= packet.count else { return nil }
    destination = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    isProbe = PacketProbe.isOne(packet, headerSize: size)
  }
}

/// A packet of the harness's own, which tries what happens to packets.
///
/// It is the answer to a ping that nobody has sent: hosts take it without a word.
package enum PacketProbe {
  private static let internetControl: UInt8 = 1
  private static let word = Array("shrike".utf8)

  /// What is behind its IP header.
  package static let message = message(of: word)

  /// The message of a probe that is known by its number, though a bit of it were flipped.
  package static func message(numbered number: UInt16) -> [UInt8] {
    let part = word + [UInt8(number >> 8), UInt8(number & 255)]
    return message(of: Array(repeatElement(part, count: repetitions).joined()))
  }

  /// The number of the probe that a packet ends with, and whether that is as it was sent.
  package static func numbered(
    _ packet: UnsafeRawBufferPointer
  ) -> (number: UInt16, isWhole: Bool)? {
    let size = word.count + 2
    let length = numberedLength
    guard packet.count >= length else { return nil }
    let found = UnsafeRawBufferPointer(rebasing: packet.suffix(length))
    // One bit at most is flipped, so that two of three agree.
    let numbers = (0..<repetitions).map { place in
      let part = found[(8 + place * size)..<(8 + (place + 1) * size)]
      return part.starts(with: word)
        ? UInt16(part[part.endIndex - 2]) << 8 | UInt16(part[part.endIndex - 1]) : nil
    }
    let known = numbers.compactMap { $0 }
    guard let number = known.first(where: { one in known.count { $0 == one } > 1 })
    else { return nil }
    return (number, found.elementsEqual(message(numbered: number)))
  }

  private static let repetitions = 16
  private static let numberedLength = 8 + (word.count + 2) * repetitions

  private static func message(of content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0] + content
    var sum: UInt32 = 0
    for place in stride(from: 0, to: bytes.count, by: 2) {
      sum += UInt32(bytes[place]) << 8 | UInt32(bytes[place + 1])
    }
    let folded = UInt16(truncatingIfNeeded: ~((sum & 0xffff) + (sum >> 16)))
    bytes[2] = UInt8(folded >> 8)
    bytes[3] = UInt8(folded & 255)
    return bytes
  }

  static func isOne(_ packet: UnsafeRawBufferPointer, headerSize: Int) -> Bool {
    guard packet[9] == internetControl,
      [message.count, numberedLength].contains(packet.count - headerSize), packet[headerSize] == 0
    else { return false }
    return packet[(headerSize + 8)...].starts(with: word)
  }
}
