/// Decides whether reads return one of the two latest writes: the algorithm LBT of Golab, Hurwitz
/// and Li, *On the k-atomicity-verification problem*, ICDCS 2013, section III.
///
/// It builds an order from its end. Whatever write comes last, the reads that were invoked after it
/// had settled follow it, so they return its value or that of the write just before it: if they
/// return a second value, that write is next, and so on until no next write is forced. Then whole
/// clusters (a write with all its reads) have been placed. If the history is 2-atomic, so is what
/// clusters are left of it; so the choice of the write that comes last need never be taken back
/// once this point is reached. Only writes that no other follows in time can be last; all of them
/// are tried with ever more steps, so that a wrong one costs no more than the right one, but for a
/// factor.
///
/// A write settles when it returns or a read of its value does: what is invoked after that must
/// come after the write in any case.
struct TwoAtomicity: ~Copyable {
  private let clusters: ReadClusters
  /// The writes that are not placed, by invocation and by the time when they settle; the reads, all
  /// of them and those of each write.
  private var writesByStart: LinkedNumbers
  private var writesByEnd: LinkedNumbers
  private var readsByStart: LinkedNumbers
  private var readsOfWrites: LinkedNumbers
  /// Reads are written as they are, writes as their complement.
  private var placed = Column<Int32>()
  /// What the last attempt failed for, when that is recorded.
  private var evidence: [Int32] = []

  init(_ clusters: ReadClusters) {
    self.clusters = clusters
    let (writes, reads) = (clusters.writes, clusters.reads)
    var atTime = [Int32](repeating: -1, count: clusters.eventCount + 1)
    for (number, write) in writes.enumerated() {
      atTime[Int(write.settled) + 1] = Int32(truncatingIfNeeded: number)
    }
    writesByStart = LinkedNumbers(count: writes.count)
    for number in writes.indices { writesByStart.append(Int32(number)) }
    writesByEnd = LinkedNumbers(count: writes.count)
    for number in atTime where number >= 0 { writesByEnd.append(number) }
    readsByStart = LinkedNumbers(count: reads.count)
    readsOfWrites = LinkedNumbers(count: reads.count, lists: writes.count)
    for (number, read) in reads.enumerated() {
      readsByStart.append(Int32(truncatingIfNeeded: number))
      readsOfWrites.append(Int32(truncatingIfNeeded: number), list: Int(read.write))
    }
  }

  private enum Outcome {
    case placed
    case impossible
    case unfinished
  }

  /// Operations that are not 2-atomic together with the writes of what they read, or nothing where
  /// the history is 2-atomic.
  mutating func contradiction() -> [Int32]? {
    var candidates: [Int32] = []
    while writesByStart.last() >= 0 {
      candidates.removeAll(keepingCapacity: true)
      let border = clusters.writes[Int(writesByStart.last())].invoked
      var write = writesByEnd.last()
      while write >= 0, clusters.writes[Int(write)].settled > border {
        candidates.append(write)
        write = writesByEnd.previous(of: write)
      }
      if clusters.writes[Int(writesByStart.last())].operation < 0 { candidates = [0] }
      guard place(oneOf: candidates) else { return explain(candidates) }
    }
    return nil
  }

  private mutating func place(oneOf candidates: [Int32]) -> Bool {
    var open = candidates
    var limit = 16
    while !open.isEmpty {
      var unfinished: [Int32] = []
      for candidate in open {
        switch place(candidate, limit: open.count == 1 ? .max : limit, records: false) {
        case .placed:
          placed.removeAll()
          return true
        case .impossible: takeBack()
        case .unfinished:
          takeBack()
          unfinished.append(candidate)
        }
      }
      open = unfinished
      limit *= 2
    }
    return false
  }

  /// Places a write at the end, and those before it that this forces.
  private mutating func place(_ candidate: Int32, limit: Int, records: Bool) -> Outcome {
    var write = candidate
    while true {
      let settled = clusters.writes[Int(write)].settled
      remove(write: write)
      if records { note(write: write) }
      let last = writesByStart.last()
      if last >= 0, clusters.writes[Int(last)].invoked > settled {
        if records { note(write: last) }
        return .impossible
      }
      var next: Int32 = -1
      while case let read = readsByStart.last(), read >= 0,
        clusters.reads[Int(read)].invoked > settled
      {
        let other = clusters.reads[Int(read)].write
        if other != write, other != next {
          if records {
            evidence.append(clusters.reads[Int(read)].operation)
            note(write: other)
          }
          if next >= 0 { return .impossible }
          next = other
        }
        remove(read: read)
        if placed.count > limit { return .unfinished }
      }
      while case let read = readsOfWrites.last(list: Int(write)), read >= 0 {
        remove(read: read)
        if placed.count > limit { return .unfinished }
      }
      if next < 0 { return .placed }
      write = next
    }
  }

  /// Operations that leave every candidate impossible.
  private mutating func explain(_ candidates: [Int32]) -> [Int32] {
    evidence = []
    note(write: writesByStart.last())
    for candidate in candidates {
      _ = place(candidate, limit: .max, records: true)
      takeBack()
    }
    return Set(evidence).filter { $0 >= 0 }.sorted()
  }

  /// Records a write with the read that settled it, for without that it might come later.
  private mutating func note(write: Int32) {
    evidence.append(clusters.writes[Int(write)].operation)
    if let read = clusters.settler(of: Int(write)) { evidence.append(read) }
  }

  private mutating func remove(write: Int32) {
    writesByStart.remove(write)
    writesByEnd.remove(write)
    placed.append(~write)
  }

  private mutating func remove(read: Int32) {
    readsByStart.remove(read)
    readsOfWrites.remove(read, list: Int(clusters.reads[Int(read)].write))
    placed.append(read)
  }

  private mutating func takeBack() {
    while let number = placed.popLast() {
      if number < 0 {
        writesByEnd.restore(~number)
        writesByStart.restore(~number)
      } else {
        readsOfWrites.restore(number, list: Int(clusters.reads[Int(number)].write))
        readsByStart.restore(number)
      }
    }
  }
}

/// Lists of numbers from which any can be removed, and be put back in reverse.
struct LinkedNumbers: ~Copyable {
  private var before: Column<Int32>
  private var after: Column<Int32>
  private var lasts: Column<Int32>

  init(count: Int, lists: Int = 1) {
    before = Column(repeating: -1, count: count)
    after = Column(repeating: -1, count: count)
    lasts = Column(repeating: -1, count: lists)
  }

  @inline(__always)
  func last(list: Int = 0) -> Int32 { lasts[list] }

  @inline(__always)
  func previous(of number: Int32) -> Int32 { before[Int(number)] }

  mutating func append(_ number: Int32, list: Int = 0) {
    let last = lasts[list]
    before[Int(number)] = last
    if last >= 0 { after[Int(last)] = number }
    lasts[list] = number
  }

  @inline(__always)
  mutating func remove(_ number: Int32, list: Int = 0) {
    let (previous, next) = (before[Int(number)], after[Int(number)])
    if previous >= 0 { after[Int(previous)] = next }
    if next >= 0 { before[Int(next)] = previous } else { lasts[list] = previous }
  }

  /// Puts back the number that was removed last.
  @inline(__always)
  mutating func restore(_ number: Int32, list: Int = 0) {
    let (previous, next) = (before[Int(number)], after[Int(number)])
    if previous >= 0 { after[Int(previous)] = number }
    if next >= 0 { before[Int(next)] = number } else { lasts[list] = number }
  }
}
