import Values

/// Histories of a store with a replica for each of its sessions, as lines of JSON.
///
/// Half of the operations read, half write a new value, each to one of so many keys. Before each operation
/// its replica takes some writes of others, each once it has all that its writer had.
struct ReadWriteText {
  enum Kind {
    /// The write that came last is what a replica holds: causal memory.
    case arrivals
    /// The write with the latest stamp is what a replica holds: causal convergence.
    case stamps
    /// As with arrivals, but once in a hundred thousand operations a session's read shows the initial state of what
    /// it has written.
    case lostWrites
  }

  private struct Write {
    var key: Int
    var value: Int
    var stamp: Int
  }

  private static let deliveries = 8
  private static let lossEvery = 100_000

  private let kind: Kind
  private let sessions: Int
  private let keys: Int
  private var draws = Draws(seed: 7)
  /// For each session and each other one how many writes its replica has taken.
  private var taken: [Int32]
  private var values: [Int]
  private var stamps: [Int]
  private var clocks: [Int]
  private var writes: [[Write]]
  /// For each write of a session what its replica had taken.
  private var contexts: [[Int32]]
  private var lines = 0
  private(set) var bytes: [UInt8] = []

  /// - Parameter count: The number of operations.
  init(_ kind: Kind, count: Int, sessions: Int = 50, keys: Int = 1_000) {
    self.kind = kind
    self.sessions = sessions
    self.keys = keys
    taken = Array(repeating: 0, count: sessions * sessions)
    values = Array(repeating: 0, count: sessions * keys)
    stamps = values
    clocks = Array(repeating: 0, count: sessions)
    writes = Array(repeating: [], count: sessions)
    contexts = Array(repeating: [], count: sessions)
    bytes.reserveCapacity(count * 160)
    var written = 0
    for number in 1...count {
      let session = draws.below(sessions)
      for _ in 0..<ReadWriteText.deliveries { deliver(to: session) }
      let key = draws.below(keys)
      let isLoss = kind == .lostWrites && number % ReadWriteText.lossEvery == 0
      if isLoss, let lost = writes[session].last {
        add(session, "read", lost.key, 0)
      } else if draws.chance(0.5) {
        add(session, "read", key, values[session * keys + key])
      } else {
        written += 1
        write(session, Write(key: key, value: written, stamp: 0))
        add(session, "write", key, written)
      }
    }
  }

  private mutating func write(_ session: Int, _ write: Write) {
    var write = write
    clocks[session] += 1
    write.stamp = clocks[session] * sessions + session
    contexts[session] += taken[session * sessions..<(session + 1) * sessions]
    writes[session].append(write)
    taken[session * sessions + session] += 1
    apply(write, to: session)
  }

  private mutating func deliver(to session: Int) {
    let writer = draws.below(sessions)
    let next = Int(taken[session * sessions + writer])
    guard writer != session, next < writes[writer].count else { return }
    for other in 0..<sessions where other != writer {
      guard contexts[writer][next * sessions + other] <= taken[session * sessions + other] else {
        return
      }
    }
    taken[session * sessions + writer] += 1
    apply(writes[writer][next], to: session)
  }

  private mutating func apply(_ write: Write, to session: Int) {
    let place = session * keys + write.key
    clocks[session] = max(clocks[session], write.stamp / sessions)
    if kind == .stamps, stamps[place] > write.stamp { return }
    (values[place], stamps[place]) = (write.value, write.stamp)
  }

  private mutating func add(_ session: Int, _ f: String, _ key: Int, _ value: Int) {
    for type in ["invoke", "ok"] {
      let isKnown = value > 0 && (f == "write" || type == "ok")
      bytes.append(
        contentsOf:
          #"{"index":\#(lines),"type":"\#(type)","process":\#(session),"f":"\#(f)","value":[\#(key),"#
          .utf8)
      bytes.append(contentsOf: (isKnown ? "\(value)]}\n" : "null]}\n").utf8)
      lines += 1
    }
  }
}
