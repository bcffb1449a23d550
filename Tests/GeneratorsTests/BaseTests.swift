import Generators
import Histories
import Testing
import Values

@Suite struct BaseTests {
  @Test func `nothing is exhausted at once`() {
    let run = alone.run(Nothing())
    #expect(run.steps.isEmpty)
    #expect(run.end == .exhausted)
  }

  @Test func `a single operation happens once, when a thread is free`() {
    var once = Once("read")
    #expect(once.next(world(busy: [0, 1, 2])) == .pending)
    #expect(once.next(world(busy: [0, 2])).invocation?.thread == 1)
    #expect(once.next(world()) == .exhausted)
  }

  @Test func `an operation carries time, thread, process and further fields`() {
    var once = Once(Draft("read", 7, extra: ValueMap([.init(key: "final", value: true)])))
    var context = world(concurrency: 3, time: 42, busy: [0, 1, 3])
    context.processes[2] = 8
    let invocation = once.next(context).invocation
    #expect(invocation?.time == 42)
    #expect(invocation?.process == .client(8))
    #expect(invocation?.value == 7)
    #expect(invocation?.extra["final"] == true)
  }

  @Test func `the nemesis's thread plays the nemesis`() {
    var once = NemesisOnly(Once("kill"))
    #expect(once.next(world()).invocation?.process == .nemesis)
  }

  @Test func `sleeps and messages are no operations`() {
    let run = GeneratorSimulation(concurrency: 1, latency: 5).run(
      Clients(Concat(Once("a"), Sleep(100), Once("b"), Log("done"), Once("c"))))
    #expect(
      run.golden == [
        "0:0:a", "ok 5:0:a", "5:0:sleep 100", "105:0:b", "ok 110:0:b", "110:0:log done", "110:0:c",
        "ok 115:0:c",
      ])
  }

  @Test func `a function is called again for each operation`() {
    let run = alone.run(numbers("w").limit(4))
    #expect(run.sequence == ["w 0", "w 1", "w 2", "w 3"])
  }

  @Test func `a function that makes nothing ends the generator`() {
    let generator = Generate(seed: 0, state: 0) { count, _, context in
      count += 1
      return count > 3 ? nil : Invocation(f: "a", in: context)
    }
    let run = alone.run(generator)
    #expect(run.fs == ["a", "a", "a"])
    #expect(run.end == .exhausted)
  }

  @Test func `a function is not called while no thread is free`() {
    var generator = Generate(seed: 0, state: 0) { count, _, context in
      count += 1
      return Invocation(f: "a", value: .integer(count), in: context)
    }
    #expect(generator.next(world(busy: [0, 1, 2])) == .pending)
    #expect(generator.next(world()).invocation?.value == 1)
  }

  @Test func `generators made by a function follow each other`() {
    let generator = Successively(0) { round, _ in
      round += 1
      return round > 3 ? nil : numbers("r\(round)", to: round)
    }
    let run = alone.run(generator)
    #expect(run.sequence == ["r1 0", "r2 0", "r2 1", "r3 0", "r3 1", "r3 2"])
    #expect(run.end == .exhausted)
  }

  @Test func `an empty generator made by a function is passed over`() {
    let generator = Successively(0) { round, _ in
      round += 1
      if round > 4 { return nil }
      if round % 2 == 0 { return Nothing() }
      return Once("r\(round)")
    }
    #expect(alone.run(generator).fs == ["r1", "r3"])
  }

  @Test func `a deferred generator waits for the event that makes it`() {
    let deferred = Deferred { event, _ in
      event.f == "b" && event.type == .ok ? Once("after \(event.value.integer ?? -1)") : nil
    }
    let generator = AnyOf(Concat(Once("a"), Once("b", 7), Once("c")), deferred)
    let run = alone.run(generator)
    #expect(run.fs.contains("after 7"))
    #expect(run.fs.firstIndex(of: "after 7") ?? 0 > 1)
    #expect(run.end == .exhausted)
  }

  @Test func `a deferred generator that nothing makes leaves the driver stuck`() {
    #expect(alone.run(Deferred { _, _ in nil }).end == .stuck)
  }
}
