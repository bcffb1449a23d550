package import Environments
import Nodes
package import Values

/// What holds until a disk is mended.
extension Disk {
  struct Affliction: Sendable {
    let fault: DiskFault
    var draws: Draws
    /// The one file that is misdirected or stale.
    var file = 0
    /// Lost syncs: how many of the oldest operations were said to be durable, and are not.
    var claimed = 0
    /// Crashes at a sync: how many syncs are left, that one among them.
    var syncsLeft = 0
    /// Stale files: what the file held at the beginning, and at syncs since then.
    var versions: [[UInt8]] = []
    /// Whether a process has found what was damaged: the fault does no more.
    var isSpent = false
  }

  /// How many states of a file are remembered while it is to be stale.
  static let versionsMax = 8
  /// The orders of magnitude, by doubling, of how long an operation of a stalled disk takes.
  static let stallDoublings = 12
  /// The orders of magnitude, by doubling, of how many syncs come before a random one.
  static let crashDoublings = 5

  /// Has a fault hold, in place of the one that held before.
  package mutating func afflict(_ fault: DiskFault, _ draws: Draws) {
    var affliction = Affliction(fault: fault, draws: draws)
    let durable = durableContents
    let files = durable.indices.filter { !durable[$0].isEmpty }
    if !durable.isEmpty {
      affliction.file = affliction.draws.element(of: files.isEmpty ? Array(durable.indices) : files)
      if fault.kind == .stale { affliction.versions = [durable[affliction.file]] }
    }
    if fault.kind == .crashAtSync {
      let least = Int64(1) << Int64(affliction.draws.below(Disk.crashDoublings))
      affliction.syncsLeft = fault.sync ?? Int(affliction.draws.within(least...2 * least - 1))
    }
    self.affliction = affliction
  }

  /// Whether the power fails at a sync that is about to end.
  @usableFromInline
  mutating func crashesAtSync() -> Bool {
    guard affliction?.fault.kind == .crashAtSync, affliction?.isSpent == false else { return false }
    affliction?.syncsLeft -= 1
    guard affliction?.syncsLeft == 0 else { return false }
    affliction?.isSpent = true
    tally[.crashAtSync] += 1
    return true
  }

  /// Whether a fault does something in an operation's place, or has it fail.
  mutating func interferes(with operation: StorageOperation, file: Int) -> Bool {
    if case .read = operation { return false }
    guard !hasFailed else { return true }
    switch affliction?.fault.kind {
    case .full where grows(operation, file: file): fail(.full)
    case .readOnly: fail(.readOnly)
    case .misdirect: return misdirect(operation, file: file)
    default: return false
    }
    return true
  }

  private mutating func fail(_ kind: DiskFault.Kind) {
    hasFailed = true
    isTouched = true
    tally[kind] += 1
  }

  /// Whether an operation needs room that a full disk hasn't; a replacement is a new file at first.
  private func grows(_ operation: StorageOperation, file: Int) -> Bool {
    switch operation {
    case .append(let bytes), .replace(let bytes): !bytes.isEmpty
    case .write(let position, let bytes): position + bytes.count > contents[file].count
    case .truncate, .read: false
    }
  }

  /// Writes to another place of the file, and leaves the right place as it is or full of zeros.
  private mutating func misdirect(_ operation: StorageOperation, file: Int) -> Bool {
    let count = contents[file].count
    let bytes: [UInt8]
    let position: Int
    switch operation {
    case .append(let appended): (bytes, position) = (appended, count)
    case .write(let place, let written): (bytes, position) = (written, place)
    case .truncate, .replace, .read: return false
    }
    guard var affliction, affliction.file == file, !affliction.isSpent, !bytes.isEmpty, count > 0
    else { return false }
    defer { self.affliction = affliction }
    let wrong = affliction.draws.below(max(1, count - bytes.count + 1))
    guard affliction.draws.chance(affliction.fault.probability), wrong != position else {
      return false
    }
    tally[.misdirect] += 1
    isTouched = true
    _ = perform(.write(at: wrong, bytes), file: file)
    let missing = position + bytes.count - contents[file].count
    if missing > 0 { _ = perform(.append(Array(repeating: 0, count: missing)), file: file) }
    return true
  }

  /// Ends a sync of a disk that is in trouble.
  ///
  /// - Returns: Whether it succeeded; nothing where it does as any sync.
  mutating func finishTroubledSync() -> Bool? {
    if isDoomed {
      isDoomed = false
      hasFailed = false
      syncing = 0
      return false
    }
    guard let affliction, !affliction.isSpent else { return nil }
    switch affliction.fault.kind {
    case .lostSync:
      claim(syncing)
      return true
    case .syncError: return failSync() ? false : nil
    case .stale:
      commit()
      remember(durableContents[affliction.file])
      return true
    default: return nil
    }
  }

  /// Pretends that the oldest operations, so many of them, are durable.
  private mutating func claim(_ count: Int) {
    let claimed = affliction?.claimed ?? 0
    tally[.lostSync] += max(0, count - claimed)
    affliction?.claimed = max(count, claimed)
    syncing = 0
  }

  /// Has the sync fail, if it has anything to make durable: that is lost but for a prefix, and so is
  /// what was issued since.
  private mutating func failSync() -> Bool {
    guard syncing > 0, var affliction else { return false }
    defer { self.affliction = affliction }
    guard affliction.draws.chance(affliction.fault.probability) else { return false }
    let kept = affliction.draws.below(syncing)
    tally[.syncError] += unsynced.count - kept
    while unsynced.count > kept, let undo = unsynced.popLast() { take(back: undo) }
    syncing = 0
    isTouched = true
    return true
  }

  /// The oldest state is kept, and the latest.
  private mutating func remember(_ bytes: [UInt8]) {
    guard let versions = affliction?.versions, versions.last != bytes else { return }
    if versions.count == Disk.versionsMax { affliction?.versions.remove(at: 1) }
    affliction?.versions.append(bytes)
  }

  /// How much longer an operation takes.
  mutating func stall() -> Nanoseconds {
    guard var affliction, affliction.fault.kind == .stall else { return 0 }
    defer { self.affliction = affliction }
    tally[.stall] += 1
    if let latency = affliction.fault.latency { return latency }
    let shortest = Nanoseconds.milliseconds(1) << Int64(affliction.draws.below(Disk.stallDoublings))
    return affliction.draws.within(shortest...2 * shortest - 1)
  }

  /// Notes that the power failed, and that of what was not synced the first lost one is at a place.
  mutating func losePower(keeping kept: Int) {
    if let affliction, affliction.claimed > kept { self.affliction?.isSpent = true }
    hasFailed = false
    isDoomed = false
    settle()
  }

  /// Makes ready for a process that starts: its host syncs what survived, as far as the disk does.
  package mutating func prepareForProcess() {
    switch affliction?.fault.kind {
    case .lostSync where affliction?.isSpent == false: claim(unsynced.count)
    case .misdirect:
      if isTouched { affliction?.isSpent = true }
      settle()
    case .stale:
      settle()
      goBack()
    default: settle()
    }
    hasFailed = false
    isDoomed = false
    isTouched = false
  }

  /// Has a file be as it was at an earlier sync.
  private mutating func goBack() {
    guard let affliction, affliction.versions.count > 1 else { return }
    var draws = affliction.draws
    contents[affliction.file] = affliction.versions[draws.below(affliction.versions.count - 1)]
    tally[.stale] += 1
    self.affliction?.isSpent = true
    self.affliction?.versions = []
  }

  /// What a process that runs has to go through, so that it sees what a fault has done.
  enum Aftermath {
    case none
    case restart
    case powerLoss
  }

  var aftermath: Aftermath {
    guard let affliction else { return isTouched ? .restart : .none }
    if affliction.claimed > 0 { return .powerLoss }
    return isTouched || affliction.versions.count > 1 ? .restart : .none
  }

  /// Ends the fault that holds, once its ``aftermath`` is over; what it did to the files stays.
  package mutating func mend() {
    if let affliction, affliction.versions.count > 1 {
      settle()
      goBack()
    }
    affliction = nil
  }
}
