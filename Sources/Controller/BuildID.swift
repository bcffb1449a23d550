import SystemPackage
import Values

/// A fingerprint of the running executable: the same code gives the same runs only under one build.
public enum BuildID {
  /// The fingerprint in 12 hexadecimal digits, or `unknown` where the executable can't be read.
  public static let current: String = {
    guard let bytes = try? FileContents.read("/proc/self/exe") else { return "unknown" }
    var hasher = StableHasher()
    bytes.withUnsafeBytes { buffer in
      for offset in stride(from: 0, to: buffer.count & ~7, by: 8) {
        hasher.put(buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
    }
    let digits = String(hasher.value, radix: 16)
    return String((String(repeating: "0", count: 16 - digits.count) + digits).prefix(12))
  }()
}
