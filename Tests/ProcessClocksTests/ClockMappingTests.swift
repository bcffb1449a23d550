import ProcessClocks
import Testing
import Values

@Suite("What a wall clock that is wrong shows")
struct ClockMappingTests {
  private let start: Nanoseconds = .seconds(1_800_000_000)

  @Test("offsets replace each other, and steps add up")
  func offsets() {
    var clock = ClockMapping()
    #expect(clock.isRight && clock.shown(at: start) == start)
    clock.setOffset(.seconds(5), at: start)
    clock.setOffset(.milliseconds(-1_500), at: start + 1)
    #expect(clock.error(at: start + .seconds(9)) == .milliseconds(-1_500))
    clock.step(by: .seconds(-3), at: start + 2)
    clock.step(by: .seconds(1), at: start + 3)
    #expect(clock.error(at: start + 4) == .milliseconds(-3_500))
    #expect(!clock.isRight)
  }

  @Test("a drift goes on from where the clock was, and a frozen clock shows one time")
  func drift() {
    var clock = ClockMapping()
    clock.setDrift(250_000_000, at: start)
    #expect(clock.error(at: start + .seconds(4)) == .seconds(1))
    clock.setDrift(-500_000_000, at: start + .seconds(4))
    #expect(clock.error(at: start + .seconds(8)) == .seconds(-1))
    clock.freeze(at: start + .seconds(8))
    let shown = clock.shown(at: start + .seconds(8))
    #expect(shown == start + .seconds(7))
    #expect(clock.shown(at: start + .seconds(1_000)) == shown)
    clock.step(by: .seconds(2), at: start + .seconds(10))
    #expect(clock.shown(at: start + .seconds(20)) == shown + .seconds(2), "it stands elsewhere")
    clock.setDrift(0, at: start + .seconds(20))
    #expect(clock.shown(at: start + .seconds(21)) == shown + .seconds(3))
    clock.setDrift(9_000_000_000, at: start)
    #expect(clock.drift == ClockMapping.drifts.upperBound)
  }

  @Test("a strobe comes on top of what is wrong besides, and begins with a jump")
  func strobe() {
    var clock = ClockMapping()
    clock.setOffset(.seconds(10), at: start)
    clock.setStrobe(by: .milliseconds(-700), period: .milliseconds(100), at: start)
    let errors = (0..<4).map { clock.error(at: start + .milliseconds(50 + 100 * $0)) }
    let (off, on) = (Nanoseconds.seconds(10), Nanoseconds.milliseconds(9_300))
    #expect(errors == [on, off, on, off])
    #expect(clock.error(at: start - 1) == off)
  }
}
