import Values

/// A file of framed, checksummed records that is only ever appended to and cut.
///
/// A frame is the payload's length (4 bytes), a checksum (8 bytes) over the frame's position, its
/// length and its payload, and the payload. The position in the checksum keeps bytes of an older,
/// longer file from passing for records.
public struct RecordLog: Hashable, Sendable {
  /// What a file held when its node started.
  public struct Recovery: Hashable, Sendable {
    /// The payloads of the good records from the beginning of the file.
    public var records: [[UInt8]]
    /// Where each of the records begins.
    public var positions: [Int]
    public var damage: Damage
    /// The bytes up to the end of the last good record.
    public var validCount: Int

    /// The file as it is where nothing is damaged.
    public var bytes: [UInt8] {
      var log = RecordLog()
      return records.flatMap { log.frame($0) }
    }
  }

  public enum Damage: Hashable, Sendable {
    case none
    /// The file ends in an unfinished record: an append that a crash interrupted.
    case tornTail
    /// A bad record stands before a good one: the disk lost or changed what was durable.
    case corruption(at: Int)
  }

  static let headerCount = 12

  /// The bytes that were appended so far, which is where the next record begins.
  public private(set) var count: Int

  public init(count: Int = 0) { self.count = count }

  /// The frame of the next record; its bytes must be appended to the file.
  public mutating func frame(_ payload: [UInt8]) -> [UInt8] {
    let frame = RecordLog.frame(payload, at: count)
    count += frame.count
    return frame
  }

  /// Notes that the file was cut to its first `count` bytes.
  public mutating func cut(to count: Int) {
    precondition(count <= self.count, "a log of \(self.count) bytes can't be cut to \(count)")
    self.count = count
  }

  /// Reads a file's records up to the first that is bad, and says whether good ones follow it.
  public static func recover(_ bytes: [UInt8]) -> Recovery { recover(copies: [bytes]) }

  /// Reads the records of a log that is kept in several files, each from the first in which it is good.
  ///
  /// The damage is what no copy makes up for: a record is bad where it is bad in all of them.
  public static func recover(copies: [[UInt8]]) -> Recovery {
    var recovery = Recovery(records: [], positions: [], damage: .none, validCount: 0)
    while let payload = payload(of: copies, at: recovery.validCount) {
      recovery.positions.append(recovery.validCount)
      recovery.records.append(Array(payload))
      recovery.validCount = payload.endIndex
    }
    let count = copies.lazy.map(\.count).max() ?? 0
    guard recovery.validCount < count else { return recovery }
    let rest = (recovery.validCount + 1)..<count
    let isFollowed = rest.contains { payload(of: copies, at: $0) != nil }
    recovery.damage = isFollowed ? .corruption(at: recovery.validCount) : .tornTail
    return recovery
  }

  private static func payload(of copies: [[UInt8]], at position: Int) -> ArraySlice<UInt8>? {
    for place in copies.indices {
      if let payload = payload(of: copies[place], at: position) { return payload }
    }
    return nil
  }

  static func frame(_ payload: [UInt8], at position: Int) -> [UInt8] {
    var frame: [UInt8] = []
    frame.reserveCapacity(headerCount + payload.count)
    withUnsafeBytes(of: UInt32(payload.count).littleEndian) { frame.append(contentsOf: $0) }
    withUnsafeBytes(of: checksum(payload[...], at: position).littleEndian) {
      frame.append(contentsOf: $0)
    }
    frame.append(contentsOf: payload)
    return frame
  }

  /// The payload of the frame at a position, when a whole good one stands there.
  private static func payload(of bytes: [UInt8], at position: Int) -> ArraySlice<UInt8>? {
    let start = position + headerCount
    guard start <= bytes.count else { return nil }
    var count = 0
    for offset in 0..<4 { count |= Int(bytes[position + offset]) << (8 * offset) }
    guard count <= bytes.count - start else { return nil }
    var source = ByteSource(bytes[(position + 4)..<start])
    let payload = bytes[start..<start + count]
    return source.word() == checksum(payload, at: position) ? payload : nil
  }

  private static func checksum(_ payload: ArraySlice<UInt8>, at position: Int) -> UInt64 {
    var hasher = StableHasher(seed: UInt64(position))
    hasher.put(payload.count)
    payload.withUnsafeBytes { buffer in
      var offset = 0
      while offset + 8 <= buffer.count {
        hasher.put(
          UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
        offset += 8
      }
      while offset < buffer.count {
        hasher.put(buffer[offset])
        offset += 1
      }
    }
    return hasher.value
  }
}
