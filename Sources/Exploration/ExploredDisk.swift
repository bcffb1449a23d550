public import Nodes
public import Values

/// The files of a node, and what of them is not durable yet.
@usableFromInline
struct ExploredDisk: Hashable, Sendable {
  @usableFromInline
  struct Write: Hashable, Sendable {
    @usableFromInline var file: Int
    @usableFromInline var operation: StorageOperation

    @inlinable
    init(file: Int, operation: StorageOperation) {
      self.file = file
      self.operation = operation
    }
  }

  @usableFromInline var durable: [[UInt8]]
  @usableFromInline var unsynced: [Write] = []

  @inlinable
  init(fileCount: Int) { durable = Array(repeating: [], count: fileCount) }

  /// What a process finds in a file.
  @inlinable
  func contents(of file: Int) -> [UInt8] {
    var files = durable
    for write in unsynced where write.file == file {
      ExploredDisk.apply(write.operation, to: &files[file])
    }
    return files[file]
  }

  @inlinable
  mutating func sync() {
    for write in unsynced { ExploredDisk.apply(write.operation, to: &durable[write.file]) }
    unsynced.removeAll()
  }

  /// A disk after the process has ended, and what of that which was not synced it has kept.
  @usableFromInline
  struct Remains {
    @usableFromInline var disk: ExploredDisk
    @usableFromInline var keptCount: Int
    @usableFromInline var isTorn: Bool

    @inlinable
    init(_ disk: ExploredDisk, keptCount: Int, isTorn: Bool) {
      self.disk = disk
      self.keptCount = keptCount
      self.isTorn = isTorn
    }
  }

  /// What can be left when the process ends: all that was synced, and a prefix of the rest, after
  /// which a part of an append may stand too.
  ///
  /// Of the many places where an append can be torn, its middle stands for all.
  @inlinable
  func afterCrash() -> [Remains] {
    var disk = self
    disk.unsynced = []
    var outcomes = [Remains(disk, keptCount: 0, isTorn: false)]
    for (place, write) in unsynced.enumerated() {
      if case .append(let bytes) = write.operation, bytes.count > 1 {
        var torn = disk
        torn.durable[write.file] += bytes[..<(bytes.count / 2)]
        outcomes.append(Remains(torn, keptCount: place, isTorn: true))
      }
      ExploredDisk.apply(write.operation, to: &disk.durable[write.file])
      outcomes.append(Remains(disk, keptCount: place + 1, isTorn: false))
    }
    return outcomes
  }

  @inlinable
  static func apply(_ operation: StorageOperation, to bytes: inout [UInt8]) {
    switch operation {
    case .append(let more): bytes += more
    case .write(let position, let written):
      let gap = position + written.count - bytes.count
      if gap > 0 { bytes += repeatElement(0, count: gap) }
      bytes.replaceSubrange(position..<position + written.count, with: written)
    case .truncate(let count): bytes.removeLast(max(0, bytes.count - count))
    case .replace(let replacement): bytes = replacement
    case .read: break
    }
  }
}

extension ExploredDisk: StablyEncodable {
  @inlinable
  func encode(into sink: inout some ByteSink) {
    for bytes in durable { sink.put(bytes) }
    sink.put(unsynced.count)
    for write in unsynced {
      sink.put(write.file)
      switch write.operation {
      case .append(let bytes):
        sink.put(UInt8(0))
        sink.put(bytes)
      case .write(let position, let bytes):
        sink.put(UInt8(1))
        sink.put(position)
        sink.put(bytes)
      case .truncate(let count):
        sink.put(UInt8(2))
        sink.put(count)
      case .replace(let bytes):
        sink.put(UInt8(3))
        sink.put(bytes)
      case .read: break
      }
    }
  }
}
