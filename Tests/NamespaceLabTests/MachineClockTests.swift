import Glibc
import Hosts
import Testing
import Values

/// A machine whose clocks run as the test says.
final class Machine {
  var monotonic: Nanoseconds = 5
  var lead: Nanoseconds = .seconds(1_000_000)
  var refusal: Int32 = 0

  var wall: Nanoseconds { monotonic + lead }
  var error: Nanoseconds { lead - .seconds(1_000_000) }

  var clocks: MachineClockBreaker.Clocks {
    .init(
      wall: { self.wall }, monotonic: { self.monotonic },
      set: { time in
        guard self.refusal == 0 else { return self.refusal }
        self.lead = time - self.monotonic
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
}
