/// What a node can do to one of its named byte files.
public enum StorageOperation: Hashable, Sendable {
  case append([UInt8])
  /// Overwrites from `at`, growing the file where the bytes reach past its end.
  case write(at: Int, [UInt8])
  /// Cuts the file to this many bytes.
  case truncate(Int)
  /// Replaces the whole content atomically: afterwards the file has the old bytes or the new.
  case replace([UInt8])
  case read(Range<Int>, Token)
}

/// How a storage operation or a sync ended.
public enum StorageResult: Hashable, Sendable {
  case done
  case bytes([UInt8])
  case failed
}

/// What a node's files held when it started: all that was synced, and perhaps more.
public struct SurvivingFiles: Hashable, Sendable {
  private var contents: [String: [UInt8]]

  /// - Parameter contents: The bytes of each file that exists, by its name.
  public init(_ contents: [String: [UInt8]] = [:]) { self.contents = contents }

  /// A file's bytes; a file that was never written is empty.
  public subscript(file: some RawRepresentable<String>) -> [UInt8] {
    contents[file.rawValue] ?? []
  }

  public var isEmpty: Bool { contents.allSatisfy { $0.value.isEmpty } }
}
