import Glibc
public import SystemPackage

/// Whole files, read and written at once.
public enum FileContents {
  public static func read(_ path: FilePath) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly)
    return try file.closeAfter {
      var status = stat()
      guard fstat(file.rawValue, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else {
        throw Errno.isDirectory
      }
      var bytes: [UInt8] = []
      let size = try file.seek(offset: 0, from: .end)
      try file.seek(offset: 0, from: .start)
      bytes.reserveCapacity(Int(size))
      while true {
        // Files in /proc have no size: read on until there is nothing more.
        let room = max(1 << 16, Int(size) - bytes.count)
        var chunk = [UInt8](repeating: 0, count: room)
        let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
        if count == 0 { return bytes }
        bytes.append(contentsOf: chunk[..<count])
      }
    }
  }

  /// Replaces a file's content.
  public static func write(_ bytes: [UInt8], to path: FilePath) throws {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate], permissions: .standard)
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }
}

extension FilePermissions {
  /// What new files get: written by their owner, read by all.
  public static let standard: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
}
