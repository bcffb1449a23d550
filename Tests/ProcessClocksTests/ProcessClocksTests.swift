import Glibc
import ProcessClocks
import Processes
import Testing
import Values

@Suite(
  "Clocks of running processes", .serialized, .timeLimit(.minutes(1)),
  .enabled(if: clockProblem == nil, "clocks of processes can't be changed here"))
struct ProcessClocksTests {
  private let clocks: ProcessClocks

  init() throws { clocks = try ProcessClocks() }

  private func set(_ mapping: ClockMapping, of target: Target) -> Bool {
    let outcome = clocks.set(mapping, of: [target.pid])
    return outcome.count == 1 && outcome.problems.isEmpty
  }

  private func offset(_ offset: Nanoseconds) -> ClockMapping {
    var mapping = ClockMapping()
    mapping.setOffset(offset, at: wallTime())
    return mapping
  }

  @Test("the machine code maps times as the clock does, whatever the parameters")
  func arithmetic() throws {
    var generator = SystemRandomNumberGenerator()
    let page = 4_096
    let memory = try #require(
      mmap(nil, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    defer { munmap(memory, page) }
    try #require(memory != MAP_FAILED)
    typealias Shown = @convention(c) (Int64) -> Int64
    let now = wallTime()
    var wrong = 0
    for round in 0..<20_000 {
      var mapping = ClockMapping()
      let since = now + Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &generator)
      let scales: [Int64] = [
        1, 1_000, 1_000_000_000, 1_000_000_000_000_000, 2_000_000_000_000_000_000,
      ]
      let scale = scales[round % scales.count]
      func amount() -> Int64 { Int64.random(in: -scale...scale, using: &generator) }
      if Bool.random(using: &generator) { mapping.setOffset(amount(), at: since) }
      if Bool.random(using: &generator) { mapping.setDrift(amount(), at: since + 5) }
      if round % 7 == 0 { mapping.freeze(at: since + 10) }
      if Bool.random(using: &generator) {
        mapping.setStrobe(by: amount(), period: Int64.random(in: 1...2_000_000_000), at: since)
      }
      let entry = clocks.write(mapping, to: memory)
      let shown = unsafeBitCast(entry, to: Shown.self)
      let times = [
        since, since - 1, since + 11, since + Int64.random(in: -2_000_000_000...2_000_000_000),
        0, -1, now, .seconds(3_000_000_000),
      ]
      for time in times where shown(time) != mapping.shown(at: time) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test(
    "a process reads the wall clock by each of its functions as it was set, and no other clock",
    arguments: [
      Nanoseconds.seconds(3_600), .milliseconds(-3_500), .milliseconds(999), 1, -1,
      .seconds(-100_000_000) - 999_999_999,
    ])
  func functions(_ amount: Nanoseconds) throws {
    let target = try Target()
    let right = ClockMapping()
    #expect(target.reading("realtime").agrees(with: right))
    let mapping = offset(amount)
    #expect(set(mapping, of: target))
    #expect(clocks.mapping(of: target.pid) == mapping)
    for _ in 0..<100 {
      #expect(target.reading("realtime").agrees(with: mapping))
      #expect(target.reading("coarse").agrees(with: mapping))
      #expect(target.reading("gettimeofday").agrees(with: mapping, tolerance: 999))
      #expect(target.reading("monotonic").agrees(with: right))
      let seconds = target.reading("time")
      let whole = mapping.shown(at: seconds.before) / 1_000_000_000
      #expect((whole...whole + 1).contains(seconds.shown / 1_000_000_000))
    }
    #expect(set(right, of: target))
    for clock in ["realtime", "coarse", "monotonic"] {
      #expect(target.reading(clock).agrees(with: right, tolerance: clock == "coarse" ? 1 : 0))
    }
    #expect(target.reading("gettimeofday").agrees(with: right, tolerance: 999))
  }

  @Test("drift, freeze, strobe and steps are what the clock shows at each moment")
  func kinds() throws {
    let target = try Target()
    var mapping = ClockMapping()
    mapping.setDrift(-250_000_000, at: wallTime())
    #expect(set(mapping, of: target))
    for _ in 0..<50 { #expect(target.reading("realtime").agrees(with: mapping)) }
    usleep(20_000)
    let drifted = target.reading("realtime")
    #expect(drifted.agrees(with: mapping))
    #expect(drifted.shown - drifted.before < .milliseconds(-5))

    mapping.freeze(at: wallTime())
    #expect(set(mapping, of: target))
    let frozen = target.reading("realtime").shown
    #expect(frozen == mapping.shown(at: wallTime()))
    usleep(3_000)
    #expect(target.reading("realtime").shown == frozen)
    #expect(target.reading("coarse").shown == frozen)
    mapping.step(by: .seconds(-7), at: wallTime())
    #expect(set(mapping, of: target))
    #expect(target.reading("realtime").shown == frozen - .seconds(7))

    mapping = ClockMapping()
    mapping.setStrobe(by: .seconds(100), period: .milliseconds(2), at: wallTime())
    #expect(set(mapping, of: target))
    var seen: [Bool: Int] = [:]
    for _ in 0..<400 {
      let reading = target.reading("realtime")
      let isOff = reading.shown - reading.before >= .seconds(100)
      seen[isOff, default: 0] += 1
      // Between two jumps both ends of the bracket are on the same side.
      let errors = [reading.before, reading.after].map(mapping.error)
      if errors[0] == errors[1], reading.after - reading.before < .milliseconds(2) {
        #expect(reading.agrees(with: mapping))
      }
      usleep(50)
    }
    #expect(seen[true, default: 0] > 10 && seen[false, default: 0] > 10)
  }

  @Test("a child that is forked has its parent's clock, and can be set itself")
  func forks() throws {
    let target = try Target()
    let mapping = offset(.seconds(77))
    #expect(set(mapping, of: target))
    let child = try #require(pid_t(target.ask("fork")))
    #expect(child != target.pid && clocks.mapping(of: child) == mapping)
    #expect(target.reading("realtime").agrees(with: mapping))
    let other = offset(.seconds(-77))
    #expect(clocks.set(other, of: [target.pid, child]).count == 2)
    #expect(target.reading("realtime").agrees(with: other))
    #expect(clocks.set(ClockMapping(), of: [child]).count == 1)
    #expect(target.reading("realtime").agrees(with: ClockMapping()))
    #expect(clocks.mapping(of: target.pid) == other, "each has memory of its own")
  }

  @Test("a program that is executed has the right clock until it is set again")
  func executions() throws {
    let target = try Target()
    let mapping = offset(.seconds(77))
    #expect(set(mapping, of: target))
    #expect(pid_t(target.ask("exec")) == target.pid)
    #expect(target.reading("realtime").agrees(with: ClockMapping()))
    #expect(clocks.mapping(of: target.pid)?.isRight == true)
    let again = clocks.set(mapping, of: [target.pid])
    #expect(again == ProcessClocks.Outcome(count: 1, problems: [], isNew: true))
    #expect(target.reading("realtime").agrees(with: mapping))
    #expect(clocks.set(mapping, of: [target.pid]).isNew == false)
  }

  @Test(
    "threads that read all the time read one clock or the other, also while it is first set and reset"
  )
  func hammering() throws {
    let offsets: [Nanoseconds] = [0, .seconds(1_000) + 1, -.seconds(1_000_000)]
    let target = try Target(["hammer", "4"] + offsets.map { "\($0)" })
    #expect(target.line() == "ready")
    let mappings = offsets.map { $0 == 0 ? ClockMapping() : offset($0) }
    var problems: [String] = []
    for _ in 0..<12 {
      for mapping in [1, 2, 1, 2, 1, 2, 1, 2, 0].map({ mappings[$0] }) {
        let outcome = clocks.set(mapping, of: [target.pid])
        problems += outcome.problems
        if outcome.count != 1 { problems.append("\(outcome.count)") }
        usleep(1_500)
      }
    }
    let seen = target.ask("over").split(separator: " ").compactMap { Int($0) }
    #expect(problems == [])
    #expect(seen.count == 4 && seen.last == 0, "\(seen)")
    #expect(seen.dropLast().allSatisfy { $0 > 0 }, "\(seen)")
    var status: Int32 = 0
    waitpid(target.pid, &status, 0)
    #expect(ExitStatus(waitStatus: status) == .exited(code: 0))
  }

  @Test("who was stopped stays so, and who was not is not left stopped")
  func stopped() throws {
    let target = try Target()
    #expect(target.reading("realtime").agrees(with: ClockMapping()))
    kill(target.pid, SIGSTOP)
    let mapping = offset(.seconds(5))
    while ProcessState(target.pid)?.isStopped != true { usleep(100) }
    #expect(set(mapping, of: target))
    #expect(ProcessState(target.pid)?.isStopped == true)
    #expect(set(ClockMapping(), of: target))
    #expect(set(mapping, of: target))
    #expect(ProcessState(target.pid)?.isStopped == true)
    kill(target.pid, SIGCONT)
    #expect(target.reading("realtime").agrees(with: mapping))
    #expect(ProcessState(target.pid)?.isStopped == false)
  }

  @Test("a reset gives back the kernel's own functions, byte for byte")
  func resets() throws {
    let target = try Target()
    #expect(target.reading("realtime").agrees(with: ClockMapping()))
    let before = try #require(clocks.functions(of: target.pid))
    #expect(set(offset(.seconds(5)), of: target))
    #expect(clocks.functions(of: target.pid) != before)
    #expect(set(ClockMapping(), of: target))
    #expect(clocks.functions(of: target.pid) == before)
    #expect(set(offset(.seconds(6)), of: target))
    #expect(set(ClockMapping(), of: target))
    #expect(clocks.functions(of: target.pid) == before)
  }

  @Test("who has ended counts for nothing, and code of others is named and left alone")
  func refusals() throws {
    #expect(clocks.set(offset(1), of: [pid_t.max]) == ProcessClocks.Outcome())
    let target = try Target()
    #expect(target.reading("realtime").agrees(with: ClockMapping()))
    #expect(clocks.scribble(in: target.pid))
    let outcome = clocks.set(offset(.seconds(1)), of: [target.pid])
    #expect(outcome.count == 0)
    #expect(
      outcome.problems == [
        "process \(target.pid) (ProcessClocksFi): the code of its vDSO is not this kernel's, nor ours"
      ])
    #expect(target.reading("realtime").agrees(with: ClockMapping()))
  }
}
