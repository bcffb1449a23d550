import Generators
import Histories
import Testing
import Values

@Suite struct SequenceTests {
  @Test func `concatenated generators follow each other without waiting`() {
    let run = GeneratorSimulation(concurrency: 2, latency: 10).run(
      Clients(Concat(numbers("a", to: 3), Nothing(), numbers("b", to: 2))))
    #expect(run.sequence == ["a 0", "a 1", "a 2", "b 0", "b 1"])
    #expect(run.times == [0, 0, 10, 10, 20])
  }

  @Test func `phases wait until all threads are idle`() {
    let run = GeneratorSimulation(concurrency: 2, latency: 10).run(
      Clients(Phases(numbers("a", to: 3), numbers("b", to: 2))))
    #expect(run.sequence == ["a 0", "a 1", "a 2", "b 0", "b 1"])
    #expect(run.times == [0, 0, 10, 20, 20])
  }

  @Test func `then is a phase after another`() {
    let run = GeneratorSimulation(concurrency: 3, latency: 10).run(
      Clients(numbers("write", to: 1).then(Once("read"))))
    #expect(run.times == [0, 10])
    #expect(run.fs == ["write", "read"])
  }

  @Test func `a synchronized generator waits only for threads that it may use`() {
    var generator = Clients(Synchronize(Once("a")))
    #expect(generator.next(world(busy: [0])) == .pending)
    #expect(generator.next(world(busy: [2])).invocation?.f == "a")
  }

  @Test func `once begun, a synchronized generator waits no more`() {
    var generator = Synchronize(numbers("a", to: 2))
    #expect(generator.take(world()).invocation?.value == 0)
    #expect(generator.take(world(busy: [0])).invocation?.value == 1)
  }

  @Test func `a limit counts operations`() {
    let run = alone.run(numbers().limit(3))
    #expect(run.values == [0, 1, 2])
    #expect(run.end == .exhausted)
    #expect(alone.run(numbers().once()).values == [0])
    #expect(alone.run(numbers().limit(0)).end == .exhausted)
  }

  @Test func `a limit does not count the times it was asked in vain`() {
    var limit = numbers().limit(1)
    for _ in 0..<5 { #expect(limit.take(world(busy: [0, 1, 2])) == .pending) }
    #expect(limit.take(world()).invocation?.value == 0)
    #expect(limit.take(world()) == .exhausted)
  }

  @Test func `a repeated generator does the same again, and never advances`() {
    #expect(alone.run(numbers().repeated(3)).values == [0, 0, 0])
    #expect(alone.run(numbers().repeated().limit(2)).values == [0, 0])
    #expect(alone.run(Nothing().repeated(3)).end == .exhausted)
  }

  @Test func `a cycle begins anew when it is through`() {
    #expect(alone.run(numbers(to: 2).cycled(2)).values == [0, 1, 0, 1])
    #expect(alone.run(numbers(to: 3).cycled().limit(7)).values == [0, 1, 2, 0, 1, 2, 0])
    #expect(alone.run(numbers(to: 3).cycled(0)).values == [])
  }

  @Test func `a cycle of nothing ends instead of spinning`() {
    #expect(alone.run(Nothing().cycled()).end == .exhausted)
  }

  @Test func `a long sequence of operations is as quick at its end as at its start`() {
    let count = 20_000
    let children = (0..<count).map { Once("a", .integer($0)) as any Generator }
    let run = GeneratorSimulation(concurrency: 1, latency: 0, operationsMax: 1_000_000).run(
      Concat(children))
    #expect(run.invocations.count == count)
    #expect(run.values.last == count - 1)
  }

  @Test func `flip-flop alternates until either is exhausted`() {
    let run = alone.run(FlipFlop(numbers("a", to: 2), numbers("b", to: 9)))
    #expect(run.sequence == ["a 0", "b 0", "a 1", "b 1"])
    #expect(run.end == .exhausted)
  }

  @Test func `a pending child of a flip-flop keeps its turn`() {
    var generator = FlipFlop(NemesisOnly(numbers("a")), Clients(numbers("b")))
    #expect(generator.take(world(busy: [2])) == .pending)
    #expect(generator.take(world()).invocation?.f == "a")
    #expect(generator.take(world()).invocation?.f == "b")
  }

  @Test func `a generator until ok ends with its first success`() {
    // The thread's answers are ok, fail and info by turns, so the second operation is the last.
    let imperfect = GeneratorSimulation(concurrency: 1, answers: .imperfect)
    #expect(imperfect.run(Clients(numbers().untilOk())).values == [0])
    let crashing = GeneratorSimulation(concurrency: 1, answers: .crashing, operationsMax: 7)
    #expect(crashing.run(Clients(numbers().untilOk())).values.count == 7)
  }

  @Test func `another generator's success does not end a generator until ok`() {
    var generator = numbers("mine").untilOk()
    let mine = generator.take(world()).invocation?.thread ?? -1
    let other = (mine + 1) % 2
    generator.update(
      Operation(type: .ok, process: .client(other), f: "other"), thread: other, world())
    #expect(generator.take(world()).invocation?.f == "mine")
    generator.update(
      Operation(type: .ok, process: .client(mine), f: "mine"), thread: mine, world())
    #expect(generator.take(world()) == .exhausted)
  }
}
