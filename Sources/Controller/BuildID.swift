import SystemPackage
import Values

/// A fingerprint of the running executable: the same code gives the same runs only under one build.
public enum BuildID {
  /// The fingerprint in 12 hexadecimal digits, or `unknown` where the executable can't be read.
  public static let current = (try? fingerprint(of: "/proc/self/exe")) ?? "unknown"

  /// A piece at a time, for the executable is large and every replay begins with this.
  private static func fingerprint(of path: FilePath) throws -> String {
    let file = try FileDescriptor.open(path, .readOnly)
    return try file.closeAfter {
      var hasher = StableHasher()
      var piece = [UInt8](repeating: 0, count: 1 << 20)
      var count = piece.count
      while count == piece.count {
        count = try piece.withUnsafeMutableBytes { try file.fill($0) }
        piece.withUnsafeBytes { bytes in
          for offset in stride(from: 0, to: count & ~7, by: 8) {
            hasher.put(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
          }
        }
      }
      let digits = String(hasher.value, radix: 16)
      return String((String(repeating: "0", count: 16 - digits.count) + digits).prefix(12))
    }
  }
}

extension FileDescriptor {
  /// Reads until the buffer is full or the file is at its end.
  ///
  /// - Returns: How many bytes were read.
  fileprivate func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      if count == 0 { break }
      filled += count
    }
    return filled
  }
}
