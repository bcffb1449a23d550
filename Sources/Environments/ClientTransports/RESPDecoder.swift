package import Values

/// Takes replies out of the bytes of RESP2, the protocol of Redis, in whichever parts they come.
///
/// Simple and bulk strings are strings, nulls are null, an error is `{"error": text}`. Bytes that are
/// no UTF-8 are replaced.
package struct RESPDecoder {
  /// The longest line, which is that of an error, a simple string or a number, in bytes.
  static let lineMax = 1 << 16
  /// How deep arrays may lie in arrays.
  static let depthMax = 32

  private struct OpenArray {
    var count: Int
    var elements: [Value] = []
  }

  private enum Element {
    case value(Value)
    /// The head of an array that is not empty.
    case array(count: Int)
  }

  private let sizeMax: Int
  private var bytes: [UInt8] = []
  /// Where what is not decoded yet begins.
  private var start = 0
  private var open: [OpenArray] = []

  /// - Parameter sizeMax: The greatest length of a string or an array that is believed.
  package init(sizeMax: Int = 8 << 20) { self.sizeMax = sizeMax }

  /// Whether nothing is left of what came, nor anything begun.
  package var isBetweenReplies: Bool { start == bytes.count && open.isEmpty }

  package mutating func append(_ more: some Sequence<UInt8>) {
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      start = 0
    } else if start > RESPDecoder.lineMax {
      bytes.removeSubrange(..<start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next reply; nothing before it is there as a whole.
  ///
  /// - Throws: When the bytes are no RESP2; nothing can be told after that.
  package mutating func next() throws(RESPMistake) -> Value? {
    while let element = try nextElement() {
      switch element {
      case .array(let count):
        guard open.count < RESPDecoder.depthMax else { throw .tooDeep }
        open.append(OpenArray(count: count))
      case .value(let value):
        if let reply = close(with: value) { return reply }
      }
    }
    return nil
  }

  /// Puts a value where it belongs; the reply that is whole with it, if one is.
  private mutating func close(with value: Value) -> Value? {
    var value = value
    while let last = open.indices.last {
      open[last].elements.append(value)
      guard open[last].elements.count == open[last].count else { return nil }
      value = .list(open.removeLast().elements)
    }
    return value
  }

  private mutating func nextElement() throws(RESPMistake) -> Element? {
    guard start < bytes.count else { return nil }
    let kind = bytes[start]
    guard "+-:$*".utf8.contains(kind) else { throw .unknownKind(kind) }
    guard let end = try lineEnd() else { return nil }
    let line = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
    let next = end + 2
    switch kind {
    case UInt8(ascii: "+"):
      start = next
      return .value(.string(line))
    case UInt8(ascii: "-"):
      start = next
      return .value(["error": .string(line)])
    case UInt8(ascii: ":"):
      guard let number = Int(line) else { throw .noNumber(line) }
      start = next
      return .value(.integer(number))
    case UInt8(ascii: "*"):
      let count = try size(line)
      start = next
      guard let count else { return .value(.null) }
      return count == 0 ? .value(.list([])) : .array(count: count)
    default: return try bulk(size(line), from: next)
    }
  }

  private mutating func bulk(_ size: Int?, from first: Int) throws(RESPMistake) -> Element? {
    guard let size else {
      start = first
      return .value(.null)
    }
    let end = first + size
    guard bytes.count >= end + 2 else { return nil }
    guard bytes[end] == UInt8(ascii: "\r"), bytes[end + 1] == UInt8(ascii: "\n") else {
      throw .withoutEnd
    }
    start = end + 2
    return .value(.string(String(decoding: bytes[first..<end], as: UTF8.self)))
  }

  /// A length or a count; nothing for that of a null.
  private func size(_ line: String) throws(RESPMistake) -> Int? {
    guard let size = Int(line) else { throw .noNumber(line) }
    guard size != -1 else { return nil }
    guard 0...sizeMax ~= size else { throw .size(size, max: sizeMax) }
    return size
  }

  /// Where the line ends that begins at the start; nothing where its end did not come yet.
  private func lineEnd() throws(RESPMistake) -> Int? {
    let ends = [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    guard let end = bytes[start...].prefix(RESPDecoder.lineMax).firstIndex(where: ends.contains)
    else {
      guard bytes.count - start < RESPDecoder.lineMax else { throw .longLine }
      return nil
    }
    guard bytes[end] == ends[0] else { throw .withoutEnd }
    guard end + 1 < bytes.count else { return nil }
    guard bytes[end + 1] == ends[1] else { throw .withoutEnd }
    return end
  }
}

/// Why bytes are no replies of RESP2.
package enum RESPMistake: Error, Hashable, Sendable, CustomStringConvertible {
  case unknownKind(UInt8)
  case noNumber(String)
  case size(Int, max: Int)
  case withoutEnd
  case longLine
  case tooDeep
  case unasked
  case tooLong(max: Int)

  package var description: String {
    switch self {
    case .unknownKind(let byte): "no reply of RESP2 begins with the byte \(byte)"
    case .noNumber(let line): "\"\(line.prefix(40))\" is no number"
    case .size(let size, let max): "a size of \(size), which is not from 0 to \(max)"
    case .withoutEnd: "a line or a string that does not end with CR LF"
    case .longLine: "a line of more than \(RESPDecoder.lineMax) bytes"
    case .tooDeep: "more than \(RESPDecoder.depthMax) arrays in each other"
    case .unasked: "more replies than there were commands"
    case .tooLong(let max): "an answer of more than \(max) bytes"
    }
  }
}
