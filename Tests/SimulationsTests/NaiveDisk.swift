import Nodes

/// A disk by definition: what was durable at first, and a list of all operations since then, from
/// which every state is made anew.
struct NaiveDisk {
  enum Change {
    case put([UInt8], at: Int)
    case cut(to: Int)
    case replace([UInt8])
  }

  struct Issued {
    var file: Int
    var operation: StorageOperation
  }

  var base: [[UInt8]]
  var issued: [Issued] = []
  /// How many of the operations are durable, and how many of them the running sync makes so.
  var durable = 0
  var syncing = 0

  init(fileCount: Int) { base = Array(repeating: [], count: fileCount) }

  var contents: [[UInt8]] { contents(after: issued.count) }

  /// The files after the first operations, so many of them.
  func contents(after count: Int) -> [[UInt8]] {
    issued.prefix(count).reduce(into: base) { files, issued in
      NaiveDisk.apply(NaiveDisk.change(issued, files), issued.file, to: &files)
    }
  }

  /// What an operation does when it is done on these files.
  static func change(_ issued: Issued, _ files: [[UInt8]]) -> Change? {
    let count = files[issued.file].count
    switch issued.operation {
    case .append(let bytes): return .put(bytes, at: count)
    case .write(let position, let bytes):
      // A hole before the bytes is written with them.
      let gap = [UInt8](repeating: 0, count: max(0, position - count))
      return .put(gap + bytes, at: min(position, count))
    case .truncate(let end): return end < count ? .cut(to: end) : nil
    case .replace(let bytes): return .replace(bytes)
    case .read: return nil
    }
  }

  static func apply(_ change: Change?, _ file: Int, to files: inout [[UInt8]]) {
    switch change {
    case .put(let bytes, let position):
      while files[file].count < position + bytes.count { files[file].append(0) }
      for (offset, byte) in bytes.enumerated() { files[file][position + offset] = byte }
    case .cut(let count): files[file] = Array(files[file].prefix(count))
    case .replace(let bytes): files[file] = bytes
    case nil: break
    }
  }

  /// The unsynced operations that change anything, as they did it in their order.
  var changes: [(file: Int, change: Change)] {
    var files = contents(after: durable)
    return issued[durable...].compactMap { issued in
      guard let change = NaiveDisk.change(issued, files) else { return nil }
      NaiveDisk.apply(change, issued.file, to: &files)
      return (issued.file, change)
    }
  }

  /// The files when of the unsynced operations only some were done, each where it was to be.
  func contents(keeping isKept: (Int) -> Bool) -> [[UInt8]] {
    var files = contents(after: durable)
    var isGone = base.map { _ in false }
    for (place, (file, change)) in changes.enumerated() {
      if isKept(place) && !isGone[file] {
        NaiveDisk.apply(change, file, to: &files)
      } else if case .replace = change {
        isGone[file] = true
      }
    }
    return files
  }

  /// Whether files may be what is left when the last of these operations was torn: all before it are
  /// done, none after it, and of it some first bytes and anything or nothing where it went on.
  func isTorn(_ files: [[UInt8]], at place: Int) -> Bool {
    let changes = changes
    guard case (let file, .put(let bytes, at: let position)) = changes[place] else { return false }
    let old = contents { $0 < place }
    for written in 0...bytes.count {
      var torn = old
      NaiveDisk.apply(.put(Array(bytes.prefix(written)), at: position), file, to: &torn)
      let known = torn[file].count
      let end = max(old[file].count, position + bytes.count)
      guard files[file].count <= end, files[file].prefix(known) == torn[file][...] else { continue }
      torn[file] = files[file]
      if torn == files { return true }
    }
    return false
  }

  /// Forgets how the files came about: these are durable now.
  mutating func restart(with files: [[UInt8]]) {
    base = files
    issued = []
    durable = 0
    syncing = 0
  }
}
