public import Nodes
import Values

/// A node's files: what its process sees, and how to undo what is not durable yet.
///
/// A kill keeps every operation that was issued. Power loss keeps what was synced and a prefix of
/// the rest in the order of issue; of an append right after that prefix a part may be kept too.
@usableFromInline
struct Disk: Sendable {
  /// Takes back one operation.
  @usableFromInline
  enum Undo: Sendable {
    /// The bytes from `count` on were appended.
    case appended(file: Int, count: Int)
    /// These bytes stood at `at`, and the file had `count` bytes.
    case overwritten(file: Int, at: Int, [UInt8], count: Int)
    /// These bytes stood at the file's end.
    case cut(file: Int, [UInt8])
    /// The file held these bytes.
    case replaced(file: Int, [UInt8])
  }

  /// What power loss took.
  @usableFromInline
  struct Loss: Hashable, Sendable {
    /// How many operations were lost, a torn one among them.
    var lost = 0
    var isTorn = false
  }

  @usableFromInline private(set) var contents: [[UInt8]]
  /// The operations since the last sync that succeeded, oldest first.
  private var unsynced: [Undo] = []
  /// How many of them the running sync makes durable.
  private var syncing = 0

  @usableFromInline
  init(fileCount: Int) { contents = Array(repeating: [], count: fileCount) }

  /// Whether there is anything that a sync would make durable.
  @usableFromInline
  var isDirty: Bool { !unsynced.isEmpty }

  /// Executes an operation.
  ///
  /// - Returns: The bytes that a read asked for, as far as the file has them.
  @usableFromInline
  mutating func execute(_ operation: StorageOperation, file: Int) -> [UInt8]? {
    switch operation {
    case .append(let bytes):
      unsynced.append(.appended(file: file, count: contents[file].count))
      contents[file].append(contentsOf: bytes)
    case .write(let position, let bytes): write(bytes, at: position, file: file)
    case .truncate(let count):
      let removed = contents[file].count - count
      guard removed > 0 else { return nil }
      unsynced.append(.cut(file: file, Array(contents[file][count...])))
      contents[file].removeLast(removed)
    case .replace(let bytes):
      unsynced.append(.replaced(file: file, contents[file]))
      contents[file] = bytes
    case .read(let range, _):
      return Array(contents[file][range.clamped(to: contents[file].indices)])
    }
    return nil
  }

  private mutating func write(_ bytes: [UInt8], at position: Int, file: Int) {
    let count = contents[file].count
    let end = position + bytes.count
    let start = min(position, count)
    unsynced.append(
      .overwritten(
        file: file, at: start, Array(contents[file][start..<min(end, count)]), count: count))
    if end > count {
      contents[file].append(contentsOf: repeatElement(0, count: end - count))
    }
    contents[file].replaceSubrange(position..<end, with: bytes)
  }

  @usableFromInline
  mutating func startSync() { syncing = unsynced.count }

  @usableFromInline
  mutating func finishSync() {
    if syncing == unsynced.count {
      unsynced.removeAll(keepingCapacity: true)
    } else {
      unsynced.removeFirst(syncing)
    }
    syncing = 0
  }

  /// Makes everything durable, as a host does before it starts a node.
  mutating func settle() {
    unsynced.removeAll()
    syncing = 0
  }

  /// Cuts the power.
  ///
  /// - Parameter tornAppends: How often an append that was interrupted is torn.
  mutating func losePower(_ draws: inout Draws, tornAppends: Double) -> Loss {
    var loss = Loss()
    let kept = draws.below(unsynced.count + 1)
    let isTearing = draws.chance(tornAppends)
    while unsynced.count > kept, let undo = unsynced.popLast() {
      loss.lost += 1
      if case .appended(let file, let count) = undo, isTearing, unsynced.count == kept {
        let appended = contents[file].count - count
        let survivors = appended > 1 ? 1 + draws.below(appended - 1) : 0
        loss.isTorn = survivors > 0
        contents[file].removeLast(appended - survivors)
      } else {
        take(back: undo)
      }
    }
    settle()
    return loss
  }

  private mutating func take(back undo: Undo) {
    switch undo {
    case .appended(let file, let count):
      contents[file].removeLast(contents[file].count - count)
    case .overwritten(let file, let position, let bytes, let count):
      contents[file].replaceSubrange(position..<position + bytes.count, with: bytes)
      contents[file].removeLast(contents[file].count - count)
    case .cut(let file, let bytes): contents[file].append(contentsOf: bytes)
    case .replaced(let file, let bytes): contents[file] = bytes
    }
  }

  /// The files' contents by name, as a node finds them at its start.
  func surviving(_ names: [String]) -> SurvivingFiles {
    SurvivingFiles(
      Dictionary(zip(names, contents).filter { !$0.1.isEmpty }, uniquingKeysWith: { $1 }))
  }
}
