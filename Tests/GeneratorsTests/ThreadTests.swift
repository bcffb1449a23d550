import Generators
import Histories
import Testing
import Values

@Suite struct ThreadTests {
  @Test func `clients and nemesis have operations of their own`() {
    let run = GeneratorSimulation(concurrency: 3).run(
      Clients(numbers("write", to: 50), nemesis: numbers("kill", to: 5)))
    for (thread, operation) in zip(run.threads, run.invocations) {
      #expect((thread == 3) == (operation.f == "kill"))
      #expect((operation.process == .nemesis) == (operation.f == "kill"))
    }
    #expect(run.invocations.count == 55)
    let other = GeneratorSimulation(concurrency: 3).run(
      NemesisOnly(numbers("kill", to: 5), clients: numbers("write", to: 50)))
    #expect(other.invocations.count == 55)
  }

  @Test func `a restricted generator gets only its threads' updates`() {
    let deferred = Deferred { event, _ in Once("heard \(event.f)") }
    var generator = OnThreads(ThreadSet([1]), deferred)
    generator.update(Operation(type: .ok, process: .client(0), f: "a"), thread: 0, world())
    #expect(generator.next(world()) == .pending)
    generator.update(Operation(type: .ok, process: .client(1), f: "b"), thread: 1, world())
    let invocation = generator.next(world()).invocation
    #expect(invocation?.f == "heard b")
    #expect(invocation?.thread == 1)
  }

  @Test func `restrictions add up`() {
    var generator = OnThreads(ThreadSet([0, 1]), OnThreads(ThreadSet([1, 2]), numbers()))
    #expect(generator.take(world()).invocation?.thread == 1)
    #expect(generator.take(world(busy: [1])) == .pending)
  }

  @Test func `each thread has a copy of its own`() {
    let run = GeneratorSimulation(concurrency: 3).run(Clients(EachThread(numbers(to: 3))))
    #expect(run.invocations.count == 9)
    for thread in 0..<3 {
      let mine = zip(run.threads, run.values).filter { $0.0 == thread }.map(\.1)
      #expect(mine == [0, 1, 2])
    }
    #expect(run.end == .exhausted)
  }

  @Test func `each thread waits for busy threads that have something left`() {
    var generator = EachThread(Once("a"))
    let context = world(concurrency: 1)
    let first = generator.take(context).invocation
    let busy = first.map { [$0.thread] } ?? []
    #expect(generator.take(world(concurrency: 1, busy: [0, 1])) == .pending)
    let second = generator.take(world(concurrency: 1, busy: busy)).invocation
    #expect(second?.thread != first?.thread)
    #expect(generator.take(context) == .exhausted)
  }

  @Test func `each thread's copy learns only of its own thread`() {
    let deferred = Deferred { event, _ in Once(event.f) }
    var generator = EachThread(deferred)
    generator.update(Operation(type: .ok, process: .client(1), f: "b"), thread: 1, world())
    let invocation = generator.take(world()).invocation
    #expect(invocation?.thread == 1 && invocation?.f == "b")
    #expect(generator.take(world()) == .pending)
  }

  @Test func `each process begins anew after a crash, each thread does not`() {
    let crashing = GeneratorSimulation(concurrency: 2, answers: .crashing, operationsMax: 12)
    let processes = crashing.run(Clients(EachProcess(numbers(to: 3))))
    #expect(processes.end == .bounded)
    #expect(processes.values.allSatisfy { $0 == 0 })
    #expect(Set(processes.invocations.map(\.process)).count == 12)
    let threads = crashing.run(Clients(EachThread(numbers(to: 3))))
    #expect(threads.end == .exhausted)
    #expect(threads.values.compactMap { $0 }.sorted() == [0, 0, 1, 1, 2, 2])
  }

  @Test func `each process ends when all are through`() {
    let run = GeneratorSimulation(concurrency: 2).run(Clients(EachProcess(numbers(to: 3))))
    #expect(run.end == .exhausted)
    #expect(run.invocations.count == 6)
  }

  @Test func `reserved threads keep to their generators`() {
    let generator = Reserve(
      [(count: 2, generator: numbers("write")), (count: 3, generator: numbers("cas"))],
      rest: numbers("read"))
    let run = GeneratorSimulation(concurrency: 10).run(Clients(generator.limit(2000)))
    for (thread, f) in zip(run.threads, run.fs) {
      #expect(f == (thread < 2 ? "write" : thread < 5 ? "cas" : "read"))
    }
    // Latency is the same for all, so each thread does as much as the others.
    #expect(abs(run.fs.count { $0 == "write" } - 400) < 60)
    #expect(abs(run.fs.count { $0 == "cas" } - 600) < 60)
  }

  @Test func `threads are reserved among those that may be used`() {
    let generator = Reserve([(count: 1, generator: numbers("a"))], rest: numbers("b"))
    let run = GeneratorSimulation(concurrency: 6).run(
      OnThreads(ThreadSet([3, 4, 5]), generator).limit(60))
    for (thread, f) in zip(run.threads, run.fs) { #expect(f == (thread == 3 ? "a" : "b")) }
  }

  @Test func `updates of a reserved thread reach its generator only`() {
    let deferred = Deferred { event, _ in Once(event.f) }
    var generator = Reserve([(count: 1, generator: deferred)], rest: deferred)
    generator.update(Operation(type: .ok, process: .client(1), f: "b"), thread: 1, world())
    #expect(generator.next(world(busy: [1, 2])) == .pending)
    #expect(generator.next(world(busy: [0])).invocation?.f == "b")
  }

  @Test func `a reserve whose threads are all shared out ends with them`() {
    let generator = Reserve([(count: 2, generator: numbers(to: 2))], rest: numbers("never"))
    let run = GeneratorSimulation(concurrency: 2).run(Clients(generator))
    #expect(run.fs == ["write", "write"])
    #expect(run.end == .exhausted)
  }

  @Test(arguments: [1, 3, 8])
  func `a concurrency limit holds`(limit: Int) {
    let run = GeneratorSimulation(concurrency: 10, latency: 7).run(
      Clients(numbers().concurrencyLimit(limit).limit(200)))
    var outstanding = 0
    var most = 0
    for step in run.steps {
      outstanding += step.invocation == nil ? -1 : 1
      most = max(most, outstanding)
    }
    #expect(most == limit)
    #expect(run.invocations.count == 200)
  }

  @Test func `a process limit counts processes that could have been chosen`() {
    let crashing = GeneratorSimulation(concurrency: 3, answers: .crashing)
    let run = crashing.run(Clients(numbers().processLimit(7)))
    // The first three processes could do the first operation, and each crash adds one.
    let processes = Set(run.invocations.map(\.process))
    #expect(run.end == .exhausted)
    #expect(processes.count <= 7)
    #expect(processes.count >= 5)
    let perfect = GeneratorSimulation(concurrency: 3, operationsMax: 100)
    #expect(perfect.run(Clients(numbers().processLimit(3))).end == .bounded)
    #expect(perfect.run(Clients(numbers().processLimit(2))).invocations.isEmpty)
  }
}
