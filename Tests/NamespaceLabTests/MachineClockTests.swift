import Glibc
import Hosts
import Testing
import Values

/// A machine whose clocks run as the test says.
final class Machine {
  var monotonic: Nanoseconds = 5
  /// How long it has slept, which timers don't notice.
  var slept: Nanoseconds = 0
  var lead: Nanoseconds = .seconds(1_000_000)
  var refusal: Int32 = 0

  private var sinceBoot: Nanoseconds { monotonic + slept }
  var wall: Nanoseconds { sinceBoot + lead }
  var error: Nanoseconds { lead - .seconds(1_000_000) }

  var clocks: MachineClockBreaker.Clocks {
    .init(
      wall: { self.wall }, sinceBoot: { self.sinceBoot }, monotonic: { self.monotonic },
      set: { time in
        guard self.refusal == 0 else { return self.refusal }
        self.lead = time - self.sinceBoot
        return 0
      })
  }
}

@Suite("The clock of a whole machine")
struct MachineClockTests {
  @Test("offsets and steps set it once, and it is right again afterwards")
  func steady() throws {
    let machine = Machine()
    let breaker = MachineClockBreaker(machine.clocks)
    let said = try breaker.obey(["offset", "3000000000"], on: [7, 8])
    #expect(said == ["3000000000", "2", "full"])
    #expect(machine.error == .seconds(3) && breaker.nextWake == nil)
    machine.monotonic += .seconds(10)
    _ = try breaker.obey(["step", "-4000000000"], on: [])
    #expect(machine.error == -.seconds(1))
    _ = try breaker.obey(["reset"], on: [])
    #expect(machine.error == 0)
  }

  @Test("a drift goes on while it is woken, and ends with the agent")
  func drift() throws {
    let machine = Machine()
    let breaker = MachineClockBreaker(machine.clocks)
    _ = try breaker.obey(["drift", "100000000"], on: [])
    for _ in 0..<200 {
      machine.monotonic = try #require(breaker.nextWake)
      breaker.wake(on: [])
    }
    #expect(machine.error == .milliseconds(100))
    machine.refusal = EPERM
    machine.monotonic = try #require(breaker.nextWake)
    breaker.wake(on: [])
    #expect(try #require(breaker.nextWake) > machine.monotonic)
    machine.refusal = 0
    breaker.mend()
    #expect(machine.error == 0)
  }

  @Test("a clock that somebody else sets, and one that can't be set, are told")
  func problems() throws {
    let machine = Machine()
    let breaker = MachineClockBreaker(machine.clocks)
    _ = try breaker.obey(["offset", "3000000000"], on: [])
    machine.lead -= .seconds(3)
    let said = try breaker.obey(["read"], on: [])
    #expect(said.last == "something else sets the machine's clock; stop its time daemon")
    machine.refusal = EPERM
    let refusal = #expect(throws: BreakerRefusal.self) {
      _ = try breaker.obey(["offset", "1"], on: [])
    }
    #expect(refusal?.reason == "the machine's clock can't be set: Operation not permitted")
  }

  @Test("what others do to the clock while it is right stays")
  func stepsBetween() throws {
    let machine = Machine()
    let breaker = MachineClockBreaker(machine.clocks)
    _ = try breaker.obey(["offset", "3000000000"], on: [])
    machine.slept += .seconds(3_600)
    _ = try breaker.obey(["reset"], on: [])
    #expect(machine.error == 0)
    machine.lead += .milliseconds(700)
    _ = try breaker.obey(["reset"], on: [])
    #expect(machine.error == .milliseconds(700))
    let said = try breaker.obey(["step", "1000000000"], on: [])
    #expect(said == ["1000000000", "0", "full"])
    breaker.mend()
    #expect(machine.error == .milliseconds(700))
  }

  @Test("a clock that could not be set right is so as soon as it can be")
  func lateReset() throws {
    let machine = Machine()
    let breaker = MachineClockBreaker(machine.clocks)
    _ = try breaker.obey(["offset", "3000000000"], on: [])
    machine.refusal = EPERM
    #expect(throws: BreakerRefusal.self) { _ = try breaker.obey(["reset"], on: []) }
    #expect(machine.error == .seconds(3))
    machine.refusal = 0
    _ = try breaker.obey(["reset"], on: [])
    #expect(machine.error == 0)
  }
}
