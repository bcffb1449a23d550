import Generators
import Histories
import Testing
import Values

@Suite struct ChoiceTests {
  func mix(_ seed: UInt64) -> Mix {
    Mix(Draws(seed: seed), numbers("a"), numbers("b"), numbers("c"))
  }

  @Test(arguments: UInt64(0)..<10)
  func `a mix is uniform`(seed: UInt64) {
    let run = GeneratorSimulation(concurrency: 3).run(Clients(mix(seed).limit(3000)))
    for f in ["a", "b", "c"] {
      let count = run.fs.count { $0 == f }
      #expect(abs(count - 1000) < 120, "\(f) came \(count) times")
    }
    // Each child's own operations come in order.
    #expect(run.invocations.filter { $0.f == "b" }.map(\.value.integer).prefix(4) == [0, 1, 2, 3])
  }

  @Test(arguments: UInt64(0)..<10)
  func `what a mix does follows from its seed, not from timing`(seed: UInt64) {
    let quick = GeneratorSimulation(concurrency: 1, latency: 0, seed: 1)
    let slow = GeneratorSimulation(concurrency: 7, answers: .crashing, latency: 90, seed: 2)
    #expect(quick.run(mix(seed).limit(200)).sequence == slow.run(mix(seed).limit(200)).sequence)
    #expect(quick.run(mix(seed).limit(200)).fs != quick.run(mix(seed + 1000).limit(200)).fs)
  }

  @Test func `an exhausted child leaves the mix`() {
    let run = alone.run(Mix(Draws(seed: 1), numbers("a", to: 5), numbers("b", to: 100)))
    #expect(run.fs.count { $0 == "a" } == 5)
    #expect(run.fs.count { $0 == "b" } == 100)
    #expect(run.end == .exhausted)
  }

  @Test(arguments: UInt64(0)..<20)
  func `a mix that was asked while all were busy goes on as one that was not`(seed: UInt64) {
    let fresh = Mix(
      Draws(seed: seed), numbers("a"), Nothing(), Nothing(), numbers("b"), Nothing(), numbers("c"))
    var asked = fresh
    for _ in 0..<3 { #expect(asked.take(world(busy: [0, 1, 2])) == .pending) }
    #expect(alone.run(asked.limit(50)).sequence == alone.run(fresh.limit(50)).sequence)
  }

  @Test func `a pending child of a mix does not hold up the others`() {
    var generator = Mix(Draws(seed: 1), Deferred { _, _ in nil }, numbers("b"))
    for turn in 0..<50 {
      #expect(generator.take(world(turn: UInt64(turn))).invocation?.f == "b")
    }
    #expect(generator.take(world(busy: [0, 1, 2])) == .pending)
  }

  @Test func `a mix ignores updates`() {
    var heard = Mix(Draws(seed: 1), Deferred { _, _ in Once("heard") })
    heard.update(Operation(type: .ok, process: .client(0), f: "a"), thread: 0, world())
    #expect(heard.next(world()) == .pending)
  }

  @Test func `any takes what comes soonest`() {
    let run = GeneratorSimulation(concurrency: 2, latency: 0).run(
      Clients(
        AnyOf(
          Concat(Once("a"), Once("a")).delayed(by: 10),
          Concat(Once("b"), Once("b"), Once("b")).delayed(by: 4))))
    let order = run.invocations.map { "\($0.time) \($0.f)" }
    #expect(Set(order.prefix(2)) == ["0 a", "0 b"])
    #expect(Array(order.dropFirst(2)) == ["4 b", "8 b", "10 a"])
    #expect(run.end == .exhausted)
  }

  @Test(arguments: [[1, 1, 1], [1, 2, 5]])
  func `ties are settled at random, by weight`(weights: [Int]) {
    let generator = AnyOf([numbers("0"), numbers("1"), numbers("2")], weights: weights)
    let run = GeneratorSimulation(concurrency: 3).run(Clients(generator.limit(4000)))
    for (place, weight) in weights.enumerated() {
      let expected = 4000 * weight / weights.reduce(0, +)
      let count = run.fs.count { $0 == "\(place)" }
      #expect(abs(count - expected) < 150, "child \(place) came \(count) times, not \(expected)")
    }
  }

  @Test func `choices inside of choices are independent of each other`() {
    let inner = AnyOf(numbers("a"), numbers("b"))
    let generator = AnyOf(inner, numbers("c"))
    let run = GeneratorSimulation(concurrency: 4).run(Clients(generator.limit(4000)))
    for (f, expected) in [("a", 1000), ("b", 1000), ("c", 2000)] {
      #expect(abs(run.fs.count { $0 == f } - expected) < 150)
    }
    for thread in 0..<4 {
      let mine = zip(run.threads, run.fs).filter { $0.0 == thread }.map(\.1)
      #expect(abs(mine.count - 1000) < 150)
      #expect(abs(mine.count { $0 == "c" } - mine.count / 2) < 120)
    }
  }

  @Test func `updates reach every child of any`() {
    let deferred = Deferred { _, _ in Once("heard") }
    var generator = AnyOf(deferred, deferred)
    generator.update(Operation(type: .ok, process: .client(0), f: "a"), thread: 0, world())
    #expect(generator.take(world()).invocation?.f == "heard")
    #expect(generator.take(world()).invocation?.f == "heard")
    #expect(generator.take(world()) == .exhausted)
  }

  @Test func `shortest any ends with its first exhausted child`() {
    let run = alone.run(ShortestAny(numbers("a", to: 3), numbers("b")))
    #expect(run.fs.count { $0 == "a" } == 3)
    #expect(run.end == .exhausted)
    #expect(alone.run(ShortestAny(Nothing(), numbers("b"))).fs == [])
  }

  @Test func `threads are chosen fairly`() {
    let run = GeneratorSimulation(concurrency: 70, latency: 0).run(Clients(numbers().limit(7000)))
    for thread in 0..<70 {
      let count = run.threads.count { $0 == thread }
      #expect((50...150).contains(count), "thread \(thread) had \(count) operations")
    }
  }
}
