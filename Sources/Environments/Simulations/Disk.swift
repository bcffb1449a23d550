import Environments
public import Nodes
import Values

/// A node's files: what its process sees, and how to undo what is not durable yet.
///
/// A kill keeps every operation that was issued. Power loss keeps what was synced and a prefix of
/// the rest in the order of issue; of an append right after that prefix a part may be kept too. What
/// faults make of that is in the extensions; a disk without faults pays one test for them.
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

  @usableFromInline var contents: [[UInt8]]
  /// The operations since the last sync that succeeded, oldest first.
  var unsynced: [Undo] = []
  /// How many of them the running sync makes durable.
  var syncing = 0

  /// Whether operations need a second look: a fault holds, or one has left something behind.
  @usableFromInline private(set) var isTroubled = false
  var affliction: Affliction? { didSet { updateTrouble() } }
  /// Whether a write has failed since the last sync that said so: no later one is done either, so
  /// that the files hold what a prefix of the operations made.
  var hasFailed = false { didSet { updateTrouble() } }
  /// Whether the running sync has to say so.
  var isDoomed = false
  /// Whether the process has been deceived, or told of a failure.
  var isTouched = false
  /// How many operations each kind of fault has touched.
  var tally = DiskTally()

  @usableFromInline
  init(fileCount: Int) { contents = Array(repeating: [], count: fileCount) }

  private mutating func updateTrouble() { isTroubled = hasFailed || affliction != nil }

  /// Whether there is anything that a sync would make durable.
  @usableFromInline
  var isDirty: Bool { !unsynced.isEmpty }

  /// Executes an operation.
  ///
  /// - Returns: The bytes that a read asked for, as far as the file has them.
  @usableFromInline
  mutating func execute(_ operation: StorageOperation, file: Int) -> [UInt8]? {
    if isTroubled && interferes(with: operation, file: file) { return nil }
    return perform(operation, file: file)
  }

  mutating func perform(_ operation: StorageOperation, file: Int) -> [UInt8]? {
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
    let start = min(position, count)
    let end = min(position + bytes.count, count)
    unsynced.append(
      .overwritten(file: file, at: start, Array(contents[file][start..<end]), count: count))
    put(bytes, at: position, file: file)
  }

  /// Sets bytes, be it beyond the file's end: a hole is zeros.
  mutating func put(_ bytes: [UInt8], at position: Int, file: Int) {
    let gap = position + bytes.count - contents[file].count
    if gap > 0 { contents[file].append(contentsOf: repeatElement(0, count: gap)) }
    contents[file].replaceSubrange(position..<position + bytes.count, with: bytes)
  }

  @usableFromInline
  mutating func startSync() {
    syncing = unsynced.count
    isDoomed = hasFailed
  }

  /// Makes durable what was issued when the sync began.
  ///
  /// - Returns: Whether the sync succeeded, as far as its process can tell.
  @usableFromInline
  mutating func finishSync() -> Bool {
    if isTroubled, let outcome = finishTroubledSync() { return outcome }
    commit()
    return true
  }

  mutating func commit() {
    if syncing == unsynced.count {
      unsynced.removeAll(keepingCapacity: true)
    } else {
      unsynced.removeFirst(syncing)
    }
    syncing = 0
  }

  /// Makes everything durable, whatever faults there are.
  mutating func settle() {
    unsynced.removeAll()
    syncing = 0
    affliction?.claimed = 0
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
    losePower(keeping: kept)
    tally[.powerLoss] += loss.lost
    return loss
  }

  mutating func take(back undo: Undo) {
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
