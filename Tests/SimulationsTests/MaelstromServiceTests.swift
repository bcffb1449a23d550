import Environments
import Nodes
import Testing
import Values

@Suite("The services")
struct MaelstromServiceTests {
  /// What a reader sees of a key that a writer counts up, the writer far ahead of the reader.
  private func reads(isCompatible: Bool, seed: UInt64) -> [Int] {
    var service = ServiceState(.seqKV, draws: Draws(seed: seed), isCompatible: isCompatible)
    var seen: [Int] = []
    for value in 1...200 {
      _ = service.handle(.write(key: "x", value: .integer(value)), from: 0)
      guard value > 100, value % 10 == 0 else { continue }
      if case .value(.integer(let read)) = service.handle(.read(key: "x"), from: 1) {
        seen.append(read)
      }
    }
    return seen
  }

  @Test("never show a client an older state of seq-kv, but for the compatible one")
  func sequential() {
    var compatibleWentBack = 0
    for seed in 0..<100 as Range<UInt64> {
      let strict = reads(isCompatible: false, seed: seed)
      #expect(strict == strict.sorted(), "seed \(seed)")
      let compatible = reads(isCompatible: true, seed: seed)
      if compatible != compatible.sorted() { compatibleWentBack += 1 }
    }
    #expect(compatibleWentBack > 10)
  }

  @Test("let a client of seq-kv that writes see the newest state", arguments: [false, true])
  func recency(isCompatible: Bool) {
    var service = ServiceState(.seqKV, draws: Draws(seed: 3), isCompatible: isCompatible)
    for value in 1...50 { _ = service.handle(.write(key: "x", value: .integer(value)), from: 0) }
    _ = service.handle(.write(key: "mark", value: 1), from: 1)
    #expect(service.handle(.read(key: "x"), from: 1) == .value(50))
  }

  /// How often a written value is read from lww-kv, of so many reads, the first ones left out.
  private func shareSeen(isCompatible: Bool, seed: UInt64) -> Double {
    var service = ServiceState(.lwwKV, draws: Draws(seed: seed), isCompatible: isCompatible)
    _ = service.handle(.write(key: "x", value: 1), from: 0)
    let replies = (0..<1_000).map { _ in service.handle(.read(key: "x"), from: 1) }.dropFirst(500)
    return Double(replies.count { $0 == .value(1) }) / 500
  }

  @Test("merge the replicas of lww-kv, but for the compatible ones, where half the reads miss")
  func replicas() {
    for seed in 0..<20 as Range<UInt64> {
      #expect(shareSeen(isCompatible: false, seed: seed) == 1, "seed \(seed)")
      #expect((0.4...0.6).contains(shareSeen(isCompatible: true, seed: seed)), "seed \(seed)")
    }
  }

  @Test("answer a request that they don't know with an error, the compatible ones not at all")
  func unknown() {
    for service in Service.allCases {
      var strict = ServiceState(service, draws: Draws(seed: 0))
      guard case .failed(let error)? = strict.handle(.echo(1), from: 0) else {
        Issue.record("\(service) answered")
        continue
      }
      #expect(error.code == .notSupported)
      var compatible = ServiceState(service, draws: Draws(seed: 0), isCompatible: true)
      #expect(compatible.handle(.echo(1), from: 0) == nil)
    }
  }
}
