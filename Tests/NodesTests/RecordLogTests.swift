import Nodes
import Testing
import Values

struct RecordLogTests {
  static let payloads: [[UInt8]] = [
    [1, 2, 3], [], Array(0..<200), [0], [0, 0, 0, 0, 0, 0, 0, 0], Array(repeating: 0xff, count: 17),
  ]

  /// A file of the payloads, and where each record ends.
  static func file(_ payloads: [[UInt8]]) -> (bytes: [UInt8], ends: [Int]) {
    var log = RecordLog()
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for payload in payloads {
      bytes += log.frame(payload)
      ends.append(bytes.count)
    }
    #expect(log.count == bytes.count)
    return (bytes, ends)
  }

  @Test("what was appended is read back, with its positions")
  func roundTrip() {
    let (bytes, ends) = Self.file(Self.payloads)
    let recovery = RecordLog.recover(bytes)
    #expect(recovery.records == Self.payloads)
    #expect(recovery.positions == [0] + ends.dropLast())
    #expect(recovery.damage == .none)
    #expect(recovery.validCount == bytes.count)
    let empty = RecordLog.recover([])
    #expect(empty.records.isEmpty && empty.damage == .none && empty.validCount == 0)
  }

  @Test("a tail that is torn at any byte costs the last record and no other")
  func tornTail() {
    let (bytes, ends) = Self.file(Self.payloads)
    for count in bytes.indices {
      let recovery = RecordLog.recover(Array(bytes[..<count]))
      let whole = ends.count { $0 <= count }
      let boundary = whole == 0 ? 0 : ends[whole - 1]
      #expect(recovery.records == Array(Self.payloads[..<whole]), "cut at \(count)")
      #expect(recovery.validCount == boundary, "cut at \(count)")
      #expect(recovery.damage == (count == boundary ? .none : .tornTail), "cut at \(count)")
    }
  }

  @Test("a log that goes on after a cut is read back whole")
  func cut() {
    let (bytes, ends) = Self.file(Self.payloads)
    for whole in ends.indices {
      var log = RecordLog(count: bytes.count)
      log.cut(to: ends[whole])
      let more = log.frame([42])
      let recovery = RecordLog.recover(Array(bytes[..<ends[whole]]) + more)
      #expect(recovery.records == Array(Self.payloads[...whole]) + [[42]])
      #expect(recovery.damage == .none)
    }
  }

  @Test(
    "any changed byte is seen: before a good record it is corruption, in the last a torn tail",
    arguments: [0x01, 0x80, 0xff] as [UInt8])
  func corruption(change: UInt8) {
    let (bytes, ends) = Self.file(Self.payloads)
    for position in bytes.indices {
      var changed = bytes
      changed[position] ^= change
      let hit = ends.count { $0 <= position }
      let start = hit == 0 ? 0 : ends[hit - 1]
      let recovery = RecordLog.recover(changed)
      #expect(recovery.records == Array(Self.payloads[..<hit]), "byte \(position)")
      #expect(recovery.validCount == start)
      let isLast = hit == ends.count - 1
      #expect(
        recovery.damage == (isLast ? .tornTail : .corruption(at: start)), "byte \(position)")
    }
  }

  @Test("a log whose beginning was wiped is corrupt")
  func wiped() {
    let (bytes, ends) = Self.file(Self.payloads)
    let wiped = [UInt8](repeating: 0, count: ends[2]) + bytes[ends[2]...]
    #expect(RecordLog.recover(wiped).damage == .corruption(at: 0))
    #expect(
      RecordLog.recover([UInt8](repeating: 0, count: bytes.count)).damage == .tornTail)
  }

  @Test("bytes of an older, longer file don't pass for records", arguments: 0..<50 as Range<UInt64>)
  func stale(seed: UInt64) {
    var draws = Draws(seed: seed)
    func payloads(_ count: Int) -> [[UInt8]] {
      (0..<count).map { _ in (0..<draws.below(30)).map { _ in UInt8(draws.below(256)) } }
    }
    let old = Self.file(payloads(40))
    let fresh = payloads(5)
    let new = Self.file(fresh)
    guard new.bytes.count < old.bytes.count, !old.ends.contains(new.bytes.count) else { return }
    let mixed = new.bytes + old.bytes[new.bytes.count...]
    let recovery = RecordLog.recover(mixed)
    #expect(recovery.records == fresh, "seed \(seed)")
    #expect(recovery.damage != .none)
    // Moved by a single byte, no old record is good anywhere.
    let moved = RecordLog.recover(new.bytes + [0] + old.bytes)
    #expect(moved.records == fresh, "seed \(seed)")
    #expect(moved.damage == .tornTail, "seed \(seed)")
  }

  @Test("random bytes are never mistaken for a log", arguments: 0..<200 as Range<UInt64>)
  func noise(seed: UInt64) {
    var draws = Draws(seed: seed)
    let bytes = (0..<draws.below(300)).map { _ in UInt8(draws.below(3)) }
    let recovery = RecordLog.recover(bytes)
    #expect(recovery.records.isEmpty)
    #expect(recovery.damage == (bytes.isEmpty ? .none : .tornTail))
  }
}
