import Glibc
import Synchronization

/// The fingerprints of all states that were met, each with that of the state it was met from.
///
/// It has shards, of which each grows for itself, and which several threads can work on at a time.
final class VisitedSet: @unchecked Sendable {
  private struct Shard {
    var keys: UnsafeMutablePointer<Fingerprint>
    /// Half a fingerprint of the state before, which is enough to find it.
    var parents: UnsafeMutablePointer<UInt64>
    var mask: Int
    var count = 0
  }

  private static let shardBits: UInt64 = 6
  private static let shardCount = 1 << 6

  private let shards: UnsafeMutablePointer<Shard>
  private let locks: UnsafeMutablePointer<Mutex<Void>>
  private let isShared: Bool

  /// - Parameter isShared: Whether several threads insert at a time.
  init(isShared: Bool) {
    self.isShared = isShared
    shards = .allocate(capacity: VisitedSet.shardCount)
    locks = .allocate(capacity: VisitedSet.shardCount)
    for place in 0..<VisitedSet.shardCount {
      (shards + place).initialize(to: VisitedSet.shard(capacity: 256))
      (locks + place).initialize(to: Mutex(()))
    }
  }

  deinit {
    for place in 0..<VisitedSet.shardCount {
      free(shards[place].keys)
      free(shards[place].parents)
    }
    locks.deinitialize(count: VisitedSet.shardCount)
    locks.deallocate()
    shards.deallocate()
  }

  /// Fresh pages from `calloc` are zeros, and a fingerprint of zero stands for none.
  private static func shard(capacity: Int) -> Shard {
    guard let keys = calloc(capacity, MemoryLayout<Fingerprint>.stride),
      let parents = calloc(capacity, MemoryLayout<UInt64>.stride)
    else { fatalError("no memory for \(capacity) more states") }
    return Shard(
      keys: keys.bindMemory(to: Fingerprint.self, capacity: capacity),
      parents: parents.bindMemory(to: UInt64.self, capacity: capacity), mask: capacity - 1)
  }

  /// How many states there are.
  var count: Int { (0..<VisitedSet.shardCount).reduce(0) { $0 + shards[$1].count } }

  var bytes: Int {
    (0..<VisitedSet.shardCount).reduce(0) {
      $0 + (shards[$1].mask + 1) * (MemoryLayout<Fingerprint>.stride + MemoryLayout<UInt64>.stride)
    }
  }

  /// Adds a state.
  ///
  /// - Returns: Whether it is new.
  @inline(__always)
  func insert(_ fingerprint: Fingerprint, from parent: Fingerprint) -> Bool {
    let place = Int(truncatingIfNeeded: fingerprint.high >> (64 - VisitedSet.shardBits))
    guard isShared else { return insert(fingerprint, parent.low, at: place) }
    return locks[place].withLock { _ in insert(fingerprint, parent.low, at: place) }
  }

  @inline(__always)
  private func insert(_ fingerprint: Fingerprint, _ parent: UInt64, at shard: Int) -> Bool {
    let keys = shards[shard].keys
    let mask = shards[shard].mask
    var place = Int(truncatingIfNeeded: fingerprint.low) & mask
    while keys[place] != .zero {
      if keys[place] == fingerprint { return false }
      place = (place + 1) & mask
    }
    keys[place] = fingerprint
    shards[shard].parents[place] = parent
    shards[shard].count += 1
    if shards[shard].count * 10 > mask * 7 { grow(shard) }
    return true
  }

  private func grow(_ place: Int) {
    let old = shards[place]
    var larger = VisitedSet.shard(capacity: (old.mask + 1) * 2)
    for slot in 0...old.mask where old.keys[slot] != .zero {
      var target = Int(truncatingIfNeeded: old.keys[slot].low) & larger.mask
      while larger.keys[target] != .zero { target = (target + 1) & larger.mask }
      larger.keys[target] = old.keys[slot]
      larger.parents[target] = old.parents[slot]
    }
    larger.count = old.count
    shards[place] = larger
    free(old.keys)
    free(old.parents)
  }

  /// Half the fingerprint of the state from which a state was met; nothing for one that was not.
  func parent(of fingerprint: Fingerprint) -> UInt64? {
    let shard = shards[Int(truncatingIfNeeded: fingerprint.high >> (64 - VisitedSet.shardBits))]
    var place = Int(truncatingIfNeeded: fingerprint.low) & shard.mask
    while shard.keys[place] != .zero {
      if shard.keys[place] == fingerprint { return shard.parents[place] }
      place = (place + 1) & shard.mask
    }
    return nil
  }

  /// The state whose fingerprint has this half.
  func state(low: UInt64) -> Fingerprint? {
    for number in 0..<VisitedSet.shardCount {
      let shard = shards[number]
      var place = Int(truncatingIfNeeded: low) & shard.mask
      while shard.keys[place] != .zero {
        if shard.keys[place].low == low { return shard.keys[place] }
        place = (place + 1) & shard.mask
      }
    }
    return nil
  }
}
