public import Nodes
public import Values

/// A node's files: what its process sees, and how to undo what is not durable yet.
///
/// A kill keeps every operation that was issued. Power loss keeps what was synced and a prefix of
/// the rest in the order of issue, whose last append may be torn.
@usableFromInline
struct Disk: Sendable {
  /// Takes back one operation.
  @usableFromInline
  enum Undo: Sendable {
    /// The bytes from `count` on were appended.
    case appended(file: Int, count: Int)
    /// These bytes stood from `at` on, to the file's end.
    case changed(file: Int, at: Int, [UInt8])
  }

  @usableFromInline var contents: [[UInt8]]
  /// The operations since the last sync that succeeded, oldest first.
  @usableFromInline var unsynced: [Undo] = []
  /// How many of them the running sync makes durable.
  @usableFromInline var syncing = 0

  @inlinable
  init(fileCount: Int) { contents = Array(repeating: [], count: fileCount) }

  /// Executes an operation.
  ///
  /// - Returns: The bytes that a read asked for.
  @inlinable
  mutating func execute(_ operation: StorageOperation, file: Int) -> [UInt8]? {
    switch operation {
    case .append(let bytes):
      unsynced.append(.appended(file: file, count: contents[file].count))
      contents[file].append(contentsOf: bytes)
    case .write(let position, let bytes):
      let end = position + bytes.count
      unsynced.append(
        .changed(
          file: file, at: min(position, contents[file].count),
          Array(contents[file].dropFirst(position))))
      while contents[file].count < end { contents[file].append(0) }
      contents[file].replaceSubrange(position..<end, with: bytes)
    case .truncate(let count):
      guard count < contents[file].count else { return nil }
      unsynced.append(.changed(file: file, at: count, Array(contents[file][count...])))
      contents[file].removeLast(contents[file].count - count)
    case .replace(let bytes):
      unsynced.append(.changed(file: file, at: 0, contents[file]))
      contents[file] = bytes
    case .read(let range, _):
      return Array(contents[file][range.clamped(to: contents[file].indices)])
    }
    return nil
  }

  @inlinable
  mutating func startSync() { syncing = unsynced.count }

  @inlinable
  mutating func finishSync() {
    unsynced.removeFirst(syncing)
    syncing = 0
  }

  /// Makes everything durable, as a host does before it starts a node.
  mutating func settle() {
    unsynced.removeAll()
    syncing = 0
  }

  /// Cuts the power.
  ///
  /// - Returns: How many operations were lost or torn.
  @usableFromInline
  mutating func losePower(_ draws: inout Draws) -> Int {
    let kept = draws.below(unsynced.count + 1)
    let lost = unsynced.count - kept
    while unsynced.count > kept {
      guard let undo = unsynced.popLast() else { break }
      switch undo {
      case .appended(let file, let count):
        let isTorn = unsynced.count == kept && draws.below(2) == 0
        let length = contents[file].count - count
        contents[file].removeLast(isTorn && length > 0 ? length - draws.below(length) : length)
      case .changed(let file, let position, let bytes):
        contents[file].replaceSubrange(position..., with: bytes)
      }
    }
    settle()
    return lost
  }

  /// The files' contents by name, as a node finds them at its start.
  func surviving(_ names: [String]) -> SurvivingFiles {
    SurvivingFiles(
      Dictionary(zip(names, contents).filter { !$0.1.isEmpty }, uniquingKeysWith: { $1 }))
  }
}
