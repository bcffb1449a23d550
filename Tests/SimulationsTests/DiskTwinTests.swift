import Environments
import Nodes
import Simulations
import Testing
import Values

/// The disk that takes back what is not durable, against the one that makes every state anew.
struct DiskTwinTests {
  /// Both disks, and what is done to them.
  struct Twins {
    var disk = Disk(fileCount: 2)
    var naive = NaiveDisk(fileCount: 2)
    var draws: Draws
    var letter: UInt8 = 0

    init(seed: UInt64) { draws = Draws(seed: seed, stream: 0xd15c) }

    mutating func operation() -> (file: Int, operation: StorageOperation) {
      letter &+= 1
      let file = draws.below(2)
      let count = disk.contents[file].count
      let bytes = (0..<draws.below(6)).map { UInt8(16 * (Int(letter) % 15) + 1 + $0) }
      switch draws.below(8) {
      case 0: return (file, .write(at: draws.below(count + 3), bytes))
      case 1: return (file, .truncate(draws.below(count + 2)))
      case 2: return (file, .replace(bytes))
      default: return (file, .append(bytes))
      }
    }

    /// Does some operations and syncs on both.
    mutating func work(_ steps: Int) {
      for _ in 0..<steps {
        switch draws.below(6) {
        case 0:
          guard naive.syncing == 0 else { continue }
          disk.startSync()
          naive.syncing = naive.issued.count
        case 1:
          guard naive.syncing > 0 else { continue }
          expectSync(&disk)
          naive.durable = naive.syncing
          naive.syncing = 0
        default:
          let (file, operation) = operation()
          _ = disk.execute(operation, file: file)
          naive.issued.append(.init(file: file, operation: operation))
        }
        #expect(disk.contents == naive.contents)
      }
    }

    mutating func restart() {
      disk.prepareForProcess()
      naive.restart(with: disk.contents)
    }
  }

  /// Has both disks work, fails the power of the one, and hands over to who judges.
  static func strike(
    _ kind: DiskFault.Kind, seed: UInt64, tornAppends: Double = 0,
    _ judge: (Twins, Disk.Loss) -> Void
  ) {
    var twins = Twins(seed: seed)
    for _ in 0..<6 {
      twins.work(2 + twins.draws.below(12))
      let loss = twins.disk.strike(kind, &twins.draws, tornAppends: tornAppends)
      judge(twins, loss)
      twins.restart()
    }
  }

  static let seeds = 0..<1_000 as Range<UInt64>

  @Test("power loss leaves a prefix of what was not synced")
  func powerLoss() {
    for seed in Self.seeds {
      Self.strike(.powerLoss, seed: seed) { twins, loss in
        let count = twins.naive.changes.count
        let kept = (0...count).filter { kept in
          twins.naive.contents { $0 < kept } == twins.disk.contents
        }
        #expect(kept.contains(count - loss.lost), "seed \(seed)")
      }
    }
  }

  @Test("a torn write leaves all before it, nothing after it, and a part of itself")
  func torn() {
    var torn = 0
    for seed in Self.seeds {
      Self.strike(.torn, seed: seed) { twins, loss in
        let place = twins.naive.changes.count - loss.lost
        if loss.isTorn {
          torn += 1
          #expect(twins.naive.isTorn(twins.disk.contents, at: place), "seed \(seed)")
          #expect(twins.disk.contents != twins.naive.contents { $0 < place }, "seed \(seed)")
        }
      }
      var twins = Twins(seed: seed)
      twins.work(8)
      twins.naive.durable = twins.naive.issued.count
      twins.disk.startSync()
      expectSync(&twins.disk)
      let before = twins.disk.contents
      let loss = twins.disk.strike(.torn, &twins.draws, tornAppends: 1)
      #expect(!loss.isTorn)
      #expect(twins.disk.contents == before, "seed \(seed): what was synced is not torn")
    }
    #expect(torn > 3_000)
  }

  @Test("reordered operations leave any of them where they were to be, with a hole before one")
  func reorder() {
    var reordered = 0
    for seed in Self.seeds {
      Self.strike(.reorder, seed: seed) { twins, loss in
        let count = twins.naive.changes.count
        guard count < 12 else { return }
        let subsets = (0..<1 << count).filter { subset in
          twins.naive.contents { subset >> $0 & 1 == 1 } == twins.disk.contents
        }
        #expect(!subsets.isEmpty, "seed \(seed)")
        if count > 1 { #expect(loss.lost > 0, "seed \(seed)") }
        let isPrefix = (0...count).contains { kept in subsets.contains(1 << kept - 1) }
        if !subsets.isEmpty && !isPrefix { reordered += 1 }
      }
    }
    #expect(reordered > 2_000)
  }

  @Test("bit rot changes a few neighbouring bytes of what is durable, in one sector of one file")
  func corrupt() {
    var changed = 0
    for seed in Self.seeds {
      Self.strike(.corrupt, seed: seed) { twins, _ in
        let before = twins.naive.contents
        let durable = twins.naive.contents(after: twins.naive.durable)
        let files = before.indices.filter { before[$0] != twins.disk.contents[$0] }
        guard let file = files.first else { return }
        changed += 1
        #expect(files.count == 1)
        let bytes = twins.disk.contents[file]
        let places = bytes.indices.filter { bytes[$0] != before[file][$0] }
        #expect(bytes.count == before[file].count)
        #expect(places.count <= 4 && places.last == places[0] + places.count - 1)
        #expect(places.allSatisfy { durable[file].indices.contains($0) }, "seed \(seed)")
      }
    }
    #expect(changed > 2_000)
  }

  @Test("bit rot stays in a sector")
  func sectors() {
    for seed in Self.seeds {
      var disk = Disk(fileCount: 1)
      var draws = Draws(seed: seed)
      let zeros = [UInt8](repeating: 0, count: 3_000)
      _ = disk.execute(.append(zeros), file: 0)
      disk.startSync()
      expectSync(&disk)
      _ = disk.strike(.corrupt, &draws, tornAppends: 0)
      let places = zeros.indices.filter { disk.contents[0][$0] != 0 }
      #expect(!places.isEmpty && Set(places.map { $0 / 512 }).count == 1, "seed \(seed)")
    }
  }

  @Test("a lost sync says that it succeeded, and power loss takes what it was to make durable")
  func lostSync() {
    var taken = 0
    for seed in Self.seeds {
      var twins = Twins(seed: seed)
      twins.work(10)
      twins.naive.syncing = 0
      twins.disk.startSync()
      expectSync(&twins.disk)
      twins.naive.durable = twins.naive.issued.count
      twins.disk.afflict(DiskFault(.lostSync), twins.draws.child(1))
      let (durable, honest) = (twins.naive.durable, twins.naive.contents)
      twins.work(12)
      #expect(twins.disk.contents == twins.naive.contents)
      // What syncs said is not so.
      twins.naive.durable = durable
      let loss = twins.disk.strike(.powerLoss, &twins.draws, tornAppends: 0)
      let count = twins.naive.changes.count
      #expect(
        twins.disk.contents == twins.naive.contents { $0 < count - loss.lost }, "seed \(seed)")
      if twins.disk.contents == honest && twins.disk.tally[.lostSync] > 0 { taken += 1 }
    }
    #expect(taken > 50)
  }

  @Test("a sync that fails leaves a prefix of what it was to make durable")
  func syncError() {
    var failed = 0
    for seed in Self.seeds {
      var twins = Twins(seed: seed)
      twins.work(8)
      if twins.naive.syncing > 0 {
        expectSync(&twins.disk)
        twins.naive.durable = twins.naive.syncing
      }
      twins.disk.afflict(DiskFault(.syncError, probability: 1), twins.draws.child(1))
      let count = twins.naive.changes.count
      twins.disk.startSync()
      let (file, operation) = twins.operation()
      _ = twins.disk.execute(operation, file: file)
      guard !twins.disk.finishSync() else {
        #expect(count == 0, "seed \(seed)")
        continue
      }
      failed += 1
      let lost = (0..<count).contains { kept in
        twins.naive.contents { $0 < kept } == twins.disk.contents
      }
      #expect(lost, "seed \(seed)")
    }
    #expect(failed > 300)
  }

  @Test(
    "of a disk that can't write, files hold what came before the first failure",
    arguments: [
      DiskFault.Kind.full, .readOnly,
    ])
  func failures(kind: DiskFault.Kind) {
    for seed in Self.seeds {
      var twins = Twins(seed: seed)
      twins.work(8)
      if twins.naive.syncing > 0 { expectSync(&twins.disk) }
      twins.disk.afflict(DiskFault(kind), twins.draws.child(1))
      var hasFailed = false
      for _ in 0..<12 {
        let (file, operation) = twins.operation()
        let before = twins.naive.contents
        _ = twins.disk.execute(operation, file: file)
        if !hasFailed {
          twins.naive.issued.append(.init(file: file, operation: operation))
          let isAddition: Bool =
            switch operation {
            case .replace(let bytes): !bytes.isEmpty
            default: twins.naive.contents[file].count > before[file].count
            }
          hasFailed = kind == .readOnly || isAddition
          if hasFailed { twins.naive.issued.removeLast() }
        }
        #expect(twins.disk.contents == twins.naive.contents, "seed \(seed)")
        guard twins.draws.below(4) == 0 else { continue }
        twins.disk.startSync()
        let isSynced = twins.disk.finishSync()
        #expect(isSynced == !hasFailed, "seed \(seed)")
        hasFailed = false
      }
      twins.disk.mend()
      twins.restart()
      twins.work(10)
    }
  }

  @Test("a misdirected write lands elsewhere in its file, and leaves its place as it was or zeros")
  func misdirect() {
    var misdirected = 0
    for seed in Self.seeds {
      var twins = Twins(seed: seed)
      twins.work(10)
      twins.disk.afflict(DiskFault(.misdirect, probability: 0.5), twins.draws.child(1))
      var files: Set<Int> = []
      for _ in 0..<8 {
        let before = twins.disk.contents
        let (file, operation) = twins.operation()
        let tally = twins.disk.tally[.misdirect]
        _ = twins.disk.execute(operation, file: file)
        twins.naive.restart(with: before)
        twins.naive.issued = [.init(file: file, operation: operation)]
        guard twins.disk.tally[.misdirect] > tally else {
          #expect(twins.disk.contents == twins.naive.contents, "seed \(seed)")
          continue
        }
        misdirected += 1
        files.insert(file)
        #expect(Self.places(operation, file, before).contains(twins.disk.contents), "seed \(seed)")
      }
      #expect(files.count <= 1, "seed \(seed): one file of a node is damaged at a time")
    }
    #expect(misdirected > 500)
  }

  /// All that a misdirected operation may leave.
  static func places(
    _ operation: StorageOperation, _ file: Int, _ before: [[UInt8]]
  ) -> [[[UInt8]]] {
    let count = before[file].count
    let (position, bytes): (Int, [UInt8])
    switch operation {
    case .append(let appended): (position, bytes) = (count, appended)
    case .write(let place, let written): (position, bytes) = (place, written)
    default: return []
    }
    return (0...max(0, count - bytes.count)).map { wrong in
      var files = before
      NaiveDisk.apply(.put(bytes, at: wrong), file, to: &files)
      while files[file].count < position + bytes.count { files[file].append(0) }
      return files
    }
  }

  @Test("a stale file is as it was at an earlier sync, when the next process starts")
  func stale() {
    var wentBack = 0
    for seed in Self.seeds {
      var twins = Twins(seed: seed)
      twins.work(10)
      twins.disk.afflict(DiskFault(.stale), twins.draws.child(1))
      var synced = [twins.naive.contents(after: twins.naive.durable)]
      for _ in 0..<20 {
        let durable = twins.naive.durable
        twins.work(1)
        if twins.naive.durable > durable {
          synced.append(twins.naive.contents(after: twins.naive.durable))
        }
      }
      let last = twins.naive.contents
      twins.disk.prepareForProcess()
      let stale = [0, 1].filter { twins.disk.contents[$0] != last[$0] }
      #expect(stale.count <= 1, "seed \(seed)")
      for file in stale {
        wentBack += 1
        #expect(synced.contains { $0[file] == twins.disk.contents[file] }, "seed \(seed)")
      }
    }
    #expect(wentBack > 300)
  }
}

/// Ends a sync, which must succeed.
private func expectSync(_ disk: inout Disk) {
  let isSynced = disk.finishSync()
  #expect(isSynced)
}
