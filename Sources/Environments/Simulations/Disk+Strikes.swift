package import Environments
import Nodes
package import Values

/// What strikes a disk at once, while no process runs on it.
extension Disk {
  /// What an operation has done, wherever it is done again.
  private enum Change {
    case put([UInt8], at: Int)
    case cut(to: Int)
    case replace([UInt8])
  }

  /// The bytes that a disk changes together, so that one fault damages no more.
  static let sectorSize = 512
  /// How many neighbouring bytes bit rot changes at most.
  static let rottenBytesMax = 4

  /// - Returns: What was lost of the operations that were not synced.
  package mutating func strike(
    _ kind: DiskFault.Kind, _ draws: inout Draws, tornAppends: Double
  ) -> Loss {
    switch kind {
    case .powerLoss: return losePower(&draws, tornAppends: tornAppends)
    case .torn: return tear(&draws)
    case .reorder: return reorder(&draws)
    case .corrupt: corrupt(&draws)
    case .truncate: truncate(&draws)
    case .swap: swap(&draws)
    case .wipe: wipe()
    case .lostSync, .syncError, .misdirect, .stale, .crashAtSync, .full, .stall, .readOnly,
      .readError, .writeError, .slowIO:
      break
    }
    return Loss()
  }

  /// Cuts the power while a write is being done: those before it are kept, those after it lost.
  ///
  /// Of what it overwrote, each byte is the old or the new one; what it added to the file may be cut
  /// short, or be zeros or garbage from some byte on.
  private mutating func tear(_ draws: inout Draws) -> Loss {
    let writes = unsynced.indices.filter { isWrite(unsynced[$0]) }
    guard !writes.isEmpty else { return losePower(&draws, tornAppends: 0) }
    let place = draws.element(of: writes)
    var loss = Loss(lost: unsynced.count - place)
    while unsynced.count > place + 1 { _ = takeBackLast() }
    let whole = contents
    if case (let file, .put(let bytes, at: let position))? = takeBackLast(), !bytes.isEmpty {
      let old = contents
      write(part: bytes, at: position, file: file, &draws)
      loss.isTorn = contents != old && contents != whole
    }
    tally[.torn] += loss.isTorn ? 1 : 0
    losePower(keeping: place)
    return loss
  }

  private mutating func write(
    part bytes: [UInt8], at position: Int, file: Int, _ draws: inout Draws
  ) {
    let ending = draws.below(3)
    let count = bytes.count
    let isCut = ending == 0 && count > 1
    let written = isCut ? 1 + draws.below(count - 1) : draws.below(count)
    put(Array(bytes.prefix(written)), at: position, file: file)
    while !isCut && contents[file].count < position + count {
      contents[file].append(ending == 1 ? 0 : UInt8(draws.below(256)))
    }
  }

  private func isWrite(_ undo: Undo) -> Bool {
    switch undo {
    case .appended, .overwritten: true
    case .cut, .replaced: false
    }
  }

  /// Cuts the power of a disk that had done what was not synced in any order: of two operations or
  /// more, one is lost that is older than one that is kept.
  ///
  /// What is kept stands where it stood, so that a hole is zeros; but what followed a replacement
  /// went to the new file, and is lost with it.
  private mutating func reorder(_ draws: inout Draws) -> Loss {
    let count = unsynced.count
    guard count > 1 else { return losePower(&draws, tornAppends: 0) }
    let lost = draws.below(count - 1)
    let kept = lost + 1 + draws.below(count - 1 - lost)
    var changes: [(file: Int, change: Change)] = []
    while let last = takeBackLast() { changes.append(last) }
    var loss = Loss()
    var firstLost = count
    var isGone = contents.map { _ in false }
    for (place, (file, change)) in changes.reversed().enumerated() {
      let survives = place == kept || (draws.chance(0.5) && place != lost)
      if survives && !isGone[file] {
        redo(change, file: file)
      } else {
        loss.lost += 1
        firstLost = min(firstLost, place)
        if case .replace = change { isGone[file] = true }
      }
    }
    tally[.reorder] += loss.lost
    losePower(keeping: firstLost)
    return loss
  }

  private mutating func redo(_ change: Change, file: Int) {
    switch change {
    case .put(let bytes, let position): put(bytes, at: position, file: file)
    case .cut(let count):
      contents[file].removeLast(max(0, contents[file].count - count))
    case .replace(let bytes): contents[file] = bytes
    }
  }

  /// Takes the last operation back, and says what it had done.
  private mutating func takeBackLast() -> (file: Int, Change)? {
    guard let undo = unsynced.popLast() else { return nil }
    defer { take(back: undo) }
    switch undo {
    case .appended(let file, let count):
      return (file, .put(Array(contents[file][count...]), at: count))
    case .overwritten(let file, let position, let bytes, let count):
      let end = contents[file].count > count ? contents[file].count : position + bytes.count
      return (file, .put(Array(contents[file][position..<end]), at: position))
    case .cut(let file, _): return (file, .cut(to: contents[file].count))
    case .replaced(let file, _): return (file, .replace(contents[file]))
    }
  }

  /// Changes a few neighbouring bytes of what is durable, in one sector of one file.
  private mutating func corrupt(_ draws: inout Draws) {
    let durable = durableCounts
    let files = durable.indices.filter { durable[$0] > 0 }
    guard !files.isEmpty else { return }
    let file = draws.element(of: files)
    let first = draws.below(durable[file])
    let sectorEnd = (first / Disk.sectorSize + 1) * Disk.sectorSize
    let end = min(first + 1 + draws.below(Disk.rottenBytesMax), sectorEnd, durable[file])
    for place in first..<end { contents[file][place] ^= UInt8(1 + draws.below(255)) }
    tally[.corrupt] += 1
  }

  /// Cuts one file short.
  private mutating func truncate(_ draws: inout Draws) {
    settle()
    let files = contents.indices.filter { !contents[$0].isEmpty }
    guard !files.isEmpty else { return }
    let file = draws.element(of: files)
    contents[file].removeLast(1 + draws.below(contents[file].count))
    tally[.truncate] += 1
  }

  /// Has two chunks of one file change places: sectors, or smaller ones where it has not two of them.
  private mutating func swap(_ draws: inout Draws) {
    settle()
    let files = contents.indices.filter { contents[$0].count > 1 }
    guard !files.isEmpty else { return }
    let file = draws.element(of: files)
    let size = min(Disk.sectorSize, contents[file].count / 2)
    let count = contents[file].count / size
    let first = draws.below(count)
    let other = (first + 1 + draws.below(count - 1)) % count
    let here = Array(contents[file][first * size..<(first + 1) * size])
    let there = Array(contents[file][other * size..<(other + 1) * size])
    guard here != there else { return }
    put(there, at: first * size, file: file)
    put(here, at: other * size, file: file)
    tally[.swap] += 1
  }

  /// Leaves no file.
  private mutating func wipe() {
    tally[.wipe] += contents.count { !$0.isEmpty }
    settle()
    for file in contents.indices { contents[file] = [] }
  }

  /// How many of each file's first bytes are durable, and touched by nothing that is not.
  private var durableCounts: [Int] {
    var counts = contents.map(\.count)
    var untouched = counts
    for undo in unsynced.reversed() {
      switch undo {
      case .appended(let file, let count):
        untouched[file] = min(untouched[file], count)
        counts[file] = count
      case .overwritten(let file, let position, _, let count):
        untouched[file] = min(untouched[file], position)
        counts[file] = count
      case .cut(let file, let bytes):
        untouched[file] = min(untouched[file], counts[file])
        counts[file] += bytes.count
      case .replaced(let file, let bytes):
        untouched[file] = 0
        counts[file] = bytes.count
      }
    }
    return untouched
  }

  /// The files without what is not durable.
  var durableContents: [[UInt8]] {
    var disk = self
    while let undo = disk.unsynced.popLast() { disk.take(back: undo) }
    return disk.contents
  }

  /// Whether a fault of a kind touches a disk on which the harness itself stores something.
  static func showsProbe(of fault: DiskFault, _ draws: Draws) -> Bool {
    var draws = draws
    var disk = Disk(fileCount: 1)
    // Chunks that are alike can't be seen to change places.
    _ = disk.perform(.append((0..<64).map { UInt8($0) }), file: 0)
    disk.settle()
    if !fault.kind.isStrike { disk.afflict(fault, draws.child(0)) }
    for _ in 0..<Network.probeCount where disk.tally[fault.kind] == 0 {
      for _ in 0..<2 { _ = disk.execute(.append([1, 2, 3]), file: 0) }
      if fault.kind.isStrike {
        _ = disk.strike(fault.kind, &draws, tornAppends: 0)
      } else {
        disk.startSync()
        _ = disk.crashesAtSync()
        _ = disk.finishSync()
        _ = disk.stall()
        disk.prepareForProcess()
      }
    }
    return disk.tally[fault.kind] > 0
  }
}
