/// What comes before what in the order in which each process sees writes, whatever it reads.
struct ViewOrder {
  enum Kind: Hashable, Sendable {
    /// All that led to it by reads and by the order of processes: causal memory.
    case causes
    /// What its own process had executed before it: PRAM.
    case programs
  }

  let kind: Kind
  let sessions: SessionOrder
  /// For each transaction its place in an order that agrees with this one.
  let ranks: [Int32]
  /// For each transaction how much of each lane comes before it, it itself included; of causes.
  private let clocks: [Int32]
  /// For each lane the one before it in its process, and how much of that comes before it.
  private let parents: [(lane: Int32, length: Int32)]

  var width: Int { sessions.laneCount }

  private static let bytesMax = 1 << 31

  /// What comes before what, which must go in no circle.
  ///
  /// - Throws: Where clocks would take too much memory.
  /// - Complexity: O(*n* *k*) for *n* steps and *k* lanes in time and memory; O(*n*) for programs.
  init(
    _ kind: Kind, _ reads: ReadsFrom, _ sessions: SessionOrder
  ) throws(TooManyLanes) {
    self.kind = kind
    self.sessions = sessions
    let count = reads.transactions.count
    guard count * sessions.laneCount * MemoryLayout<Int32>.stride <= ViewOrder.bytesMax else {
      throw TooManyLanes()
    }
    switch kind {
    case .causes:
      let order = CausalOrder(reads, sessions)
      ranks = order.ranks
      parents = []
      clocks = ViewOrder.clocks(reads, sessions, order.order)
    case .programs:
      ranks = (0..<Int32(truncatingIfNeeded: count)).map { $0 }
      clocks = []
      var parents = [(lane: Int32, length: Int32)](
        repeating: (-1, 0), count: sessions.laneCount)
      for transaction in 0..<count where sessions.places[transaction] == 0 {
        let before = Int(sessions.predecessors[transaction])
        guard before >= 0 else { continue }
        parents[Int(sessions.lanes[transaction])] = (
          sessions.lanes[before], sessions.places[before] + 1
        )
      }
      self.parents = parents
    }
  }

  private static func clocks(
    _ reads: ReadsFrom, _ sessions: SessionOrder, _ order: [Int32]
  ) -> [Int32] {
    let width = sessions.laneCount
    var all = [Int32](repeating: 0, count: reads.transactions.count * width)
    all.withUnsafeMutableBufferPointer { all in
      guard let clocks = all.baseAddress else { return }
      for transaction in order {
        let clock = clocks + Int(transaction) * width
        @inline(__always) func join(_ cause: Int32) {
          guard cause >= 0 else { return }
          let other = clocks + Int(cause) * width
          for lane in 0..<width { clock[lane] = max(clock[lane], other[lane]) }
        }
        join(sessions.predecessors[Int(transaction)])
        for step in reads.transactions.steps(of: Int(transaction)) { join(reads.sources[step]) }
        clock[Int(sessions.lanes[Int(transaction)])] = sessions.places[Int(transaction)] + 1
      }
    }
    return all
  }

  /// Adds to a clock a transaction and all that comes before it.
  ///
  /// - Returns: Whether that is new to the clock.
  @inline(__always)
  @discardableResult
  func include(_ transaction: Int32, in clock: UnsafeMutablePointer<Int32>) -> Bool {
    let width = width
    switch kind {
    case .causes:
      return clocks.withUnsafeBufferPointer { clocks in
        guard let other = clocks.baseAddress else { return false }
        return ViewOrder.join(other + Int(transaction) * width, into: clock, width)
      }
    case .programs:
      var lane = Int(sessions.lanes[Int(transaction)])
      var length = sessions.places[Int(transaction)] + 1
      var isNew = false
      while clock[lane] < length {
        clock[lane] = length
        isNew = true
        let parent = parents[lane]
        guard parent.lane >= 0 else { break }
        (lane, length) = (Int(parent.lane), parent.length)
      }
      return isNew
    }
  }

  /// Makes a clock the later of itself and another one, and tells whether it was not that before.
  @inline(__always)
  static func join(
    _ other: UnsafePointer<Int32>, into clock: UnsafeMutablePointer<Int32>, _ width: Int
  ) -> Bool {
    var changes: Int32 = 0
    for lane in 0..<width {
      let later = max(clock[lane], other[lane])
      changes |= later ^ clock[lane]
      clock[lane] = later
    }
    return changes != 0
  }
}
