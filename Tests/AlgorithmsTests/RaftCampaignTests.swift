import Algorithms
import Nodes
import Simulations
import Testing
import Values

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Raft under faults")
struct RaftCampaignTests {
  static let options = [
    "entries-per-message": getenv("EPM").map { String(cString: $0) } ?? "1",
    "pre-vote": getenv("PV").map { String(cString: $0) } ?? "true",
  ]

  static func run(_ seed: UInt64, bug: String? = nil) -> CampaignOutcome {
    var campaign = KeyValueCampaign<Raft>(
      seed: seed, bugs: bug.map { [$0] } ?? [], options: options)
    return campaign.run()
  }

  @Test("trace")
  func trace() {
    guard let seed = getenv("TRACE").flatMap({ UInt64(String(cString: $0)) }) else { return }
    var campaign = KeyValueCampaign<Raft>(seed: seed, options: Self.options)
    var lines: [String] = []
    campaign.simulation.trace = { lines.append($0) }
    let outcome = campaign.run()
    for line in lines.suffix(20000) { print(line) }
    print("FOUND \(outcome)")
  }

  @Test("tune")
  func tune() {
    let count = UInt64(getenv("SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 100)
    var clock = timespec()
    clock_gettime(CLOCK_MONOTONIC, &clock)
    let start = Double(clock.tv_sec) + Double(clock.tv_nsec) * 1e-9
    var handled = 0
    var sums: [String: Int] = [:]
    for seed in 0..<(getenv("SKIP") == nil ? count : 0) {
      let outcome = Self.run(seed)
      handled += outcome.handled
      sums["ok", default: 0] += outcome.acknowledged
      sums["refused", default: 0] += outcome.refused
      sums["timedOut", default: 0] += outcome.timedOut
      for (m, c) in outcome.marks { sums[m, default: 0] += c }
      if outcome.isBroken || outcome.afterwards < 100 {
        print("seed \(seed): \(outcome.finding) afterwards \(outcome.afterwards)")
      }
    }
    clock_gettime(CLOCK_MONOTONIC, &clock)
    let seconds = Double(clock.tv_sec) + Double(clock.tv_nsec) * 1e-9 - start
    print("correct: \(count) seeds, \(handled) events, \(seconds) s, \(Double(handled) / seconds)/s")
    for (m, c) in sums.sorted(by: { $0.key < $1.key }) { print("  \(m): \(c)") }
    let only = getenv("BUGS").map { String(cString: $0) } ?? ""
    for bug in Raft.bugs where only.isEmpty || only.contains(bug.name) {
      var found: [String] = []
      for seed in 0..<count where found.count < 5 {
        let outcome = Self.run(seed, bug: bug.name)
        if outcome.isBroken { found.append("\(seed) \(outcome.finding.prefix(40))") }
      }
      print("\(bug.name): \(found)")
    }
  }
}
