import Environments
import Packets
import Testing
import Values

@Suite("What links do to packets")
struct LinkDisturbancesTests {
  private func fates(
    _ disturbances: [Disturbance], seed: UInt64 = 7, peer: Int = 1, count: Int = 1_000,
    payload: Int = 80
  ) -> [LinkDisturbances.Fate] {
    var links = LinkDisturbances()
    for disturbance in disturbances {
      links.disturb(disturbance, to: [1, 2], Draws(seed: seed))
    }
    return (0..<count).map {
      links.decide(
        to: peer, isProbe: false, size: payload + 20, payload: payload,
        at: Nanoseconds($0) * .milliseconds(1))
    }
  }

  @Test("a share of packets is struck, as large as asked", arguments: [0.05, 0.2, 0.7])
  func share(of probability: Double) {
    let lost = fates([Disturbance(.loss, probability: probability)], count: 10_000)
      .count { $0.isLost }
    #expect(abs(Double(lost) / 10_000 - probability) < 0.02)
  }

  @Test("delays spread as asked, and never below nothing")
  func delays() {
    func delays(_ distribution: Disturbance.Distribution) -> [Nanoseconds] {
      fates([
        Disturbance(
          .delay, probability: 1, latency: .milliseconds(10), distribution: distribution)
      ]).map(\.delay)
    }
    #expect(Set(delays(.constant)) == [.milliseconds(10)])
    let uniform = delays(.uniform)
    #expect(uniform.allSatisfy { (0...Nanoseconds.milliseconds(10)).contains($0) })
    #expect(abs(uniform.reduce(0, +) / 1_000 - .milliseconds(5)) < .milliseconds(1))
    let exponential = delays(.exponential)
    #expect(abs(exponential.reduce(0, +) / 1_000 - .milliseconds(10)) < .milliseconds(2))
    #expect(exponential.contains { $0 > .milliseconds(30) })
  }

  @Test("fates are the seed's, and each link has its own")
  func seeds() {
    let loss = [Disturbance(.loss, probability: 0.5)]
    #expect(fates(loss) == fates(loss))
    #expect(fates(loss) != fates(loss, seed: 8))
    #expect(fates(loss) != fates(loss, peer: 2))
  }

  @Test("a kind strikes the same packets whatever else is in force")
  func independence() {
    let loss = Disturbance(.loss, probability: 0.3)
    let delay = Disturbance(.delay, probability: 0.5, latency: .milliseconds(10))
    let alone = fates([delay])
    let both = fates([loss, delay])
    #expect(both.contains { $0.isLost })
    for (one, other) in zip(alone, both) where !other.isLost { #expect(one == other) }
  }

  @Test("disturbances of several kinds add up")
  func together() {
    let delay = Disturbance(
      .delay, probability: 1, latency: .milliseconds(10), distribution: .constant)
    let reorder = Disturbance(.reorder, probability: 1, latency: .milliseconds(5))
    let duplicate = Disturbance(.duplicate, probability: 1, latency: .milliseconds(3))
    let corrupt = Disturbance(.corrupt, probability: 1)
    let found = fates([delay, reorder, duplicate, corrupt])
    for fate in found {
      let copy = (fate.copyDelay ?? 0) - fate.delay
      #expect((Nanoseconds.milliseconds(10)...(.milliseconds(15))).contains(fate.delay))
      #expect((0...Nanoseconds.milliseconds(3)).contains(copy))
      #expect((0..<640).contains(fate.flippedBit ?? -1))
    }
    #expect(Set(found.map(\.flippedBit)).count > 300, "any bit may be hit")
  }

  @Test("links that are not disturbed leave packets alone, as do all after the end")
  func calm() {
    var links = LinkDisturbances()
    links.disturb(Disturbance(.loss, probability: 1), to: [1], Draws(seed: 1))
    links.disturb(Disturbance(.clog, probability: 1), to: [1], Draws(seed: 1))
    func fate(_ peer: Int) -> LinkDisturbances.Fate {
      links.decide(to: peer, isProbe: false, size: 100, payload: 80, at: 0)
    }
    #expect(fate(2) == .untouched)
    #expect(fate(1).isLost)
    #expect(links.calm(.loss) == [1: .init(met: 1, struck: 1)])
    #expect(links.peers == [1])
    #expect(!fate(1).isLost && fate(1).isHeld)
    // What was lost was not held back.
    #expect(links.calm(.clog) == [1: .init(met: 3, struck: 2)])
    #expect(fate(1) == .untouched && links.peers.isEmpty)
    #expect(links.calm(.clog).isEmpty)
  }

  @Test("probes are counted apart, and change nothing for others")
  func probes() {
    var links = LinkDisturbances()
    links.disturb(Disturbance(.loss, probability: 0.5), to: [1], Draws(seed: 7))
    let fates = fates([Disturbance(.loss, probability: 0.5)], count: 100)
    var found: [LinkDisturbances.Fate] = []
    for _ in 0..<100 {
      _ = links.decide(to: 1, isProbe: true, size: 34, payload: 14, at: 0)
      found.append(links.decide(to: 1, isProbe: false, size: 100, payload: 80, at: 0))
    }
    #expect(found == fates)
    let count = links.calm(.loss)[1] ?? .init()
    #expect(count.met == 100 && count.probesMet == 100)
    #expect(count.struck == fates.count { $0.isLost })
    #expect((20..<80).contains(count.probesStruck))
  }

  @Test("a link of a rate carries so many bytes a second, and loses what would queue too long")
  func rate() {
    var links = LinkDisturbances()
    links.disturb(
      Disturbance(
        .rate, probability: 1, latency: .milliseconds(100), bytesPerSecond: 100_000),
      to: [1], Draws(seed: 1))
    func fate(at time: Nanoseconds) -> LinkDisturbances.Fate {
      links.decide(to: 1, isProbe: false, size: 1_000, payload: 980, at: time)
    }
    let burst = (0..<12).map { _ in fate(at: 0) }
    #expect(burst.prefix(10).map(\.delay) == (1...10).map { .milliseconds(10 * $0) })
    #expect(burst.map(\.isLost) == Array(repeating: false, count: 10) + [true, true])
    #expect(fate(at: .milliseconds(50)).delay == .milliseconds(60))
    #expect(fate(at: .seconds(1)).delay == .milliseconds(10))
  }
}
