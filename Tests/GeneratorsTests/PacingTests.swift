import Generators
import Histories
import Testing
import Values

@Suite struct PacingTests {
  @Test func `a time limit counts from the first operation`() {
    let generator = Clients(
      Concat(Sleep(1000), numbers().delayed(by: 10).timeLimit(35)))
    let run = GeneratorSimulation(concurrency: 1, latency: 1).run(generator)
    #expect(run.times == [1000, 1010, 1020, 1030])
    #expect(run.end == .exhausted)
  }

  @Test func `a time limit ends a generator that is pending, too`() {
    var generator = TimeLimit(10, Clients(numbers()))
    #expect(generator.take(world()).invocation != nil)
    #expect(generator.take(world(time: 9, busy: [0, 1])) == .pending)
    #expect(generator.take(world(time: 10, busy: [0, 1])) == .exhausted)
  }

  @Test func `an operation due after the time limit is not offered`() {
    var generator = TimeLimit(10, numbers().delayed(by: 20))
    #expect(generator.take(world()).invocation?.time == 0)
    #expect(generator.take(world(time: 1)) == .exhausted)
  }

  @Test func `delays are fixed and for all threads together`() {
    let run = GeneratorSimulation(concurrency: 3, latency: 5).run(
      Clients(numbers().delayed(by: 7).limit(5)))
    #expect(run.times == [0, 7, 14, 21, 28])
  }

  @Test func `delays catch up after a time without a free thread`() {
    let run = GeneratorSimulation(concurrency: 1, latency: 5).run(
      Clients(Concat(numbers(to: 1), Sleep(0), numbers(to: 9)).delayed(by: 3).limit(4)))
    // Due at 0, 3, 6 and 9, but the thread is busy with the first until 5.
    #expect(run.golden.first == "0:0:write")
    #expect(run.times == [0, 6, 11])
  }

  @Test(arguments: UInt64(0)..<20)
  func `staggered operations are spaced between 0 and twice the mean`(seed: UInt64) {
    let run = GeneratorSimulation(concurrency: 4, latency: 0, seed: seed).run(
      Clients(numbers().staggered(by: 100, Draws(seed: seed)).limit(500)))
    let gaps = zip(run.times.dropFirst(), run.times).map { $0 - $1 }
    #expect(run.times.first == 0)
    #expect(gaps.allSatisfy { (0..<200).contains($0) })
    let mean = Double(gaps.reduce(0, +)) / Double(gaps.count)
    #expect(abs(mean - 100) < 12)
    #expect(gaps.contains { $0 < 30 } && gaps.contains { $0 > 170 })
  }

  @Test func `staggering does not depend on how often it is asked`() {
    let generator = Clients(numbers().staggered(by: 100, Draws(seed: 3)))
    func times(step: Nanoseconds) -> [Nanoseconds] {
      var generator: any Generator = generator
      var context = world()
      var times: [Nanoseconds] = []
      while times.count < 50 {
        guard case .invocation(let invocation) = generator.take(context) else { break }
        if invocation.time > context.time {
          context.time = min(invocation.time, context.time + step)
        } else {
          times.append(invocation.time)
        }
      }
      return times
    }
    #expect(times(step: 7) == times(step: 1_000_000))
  }

  @Test func `what is staggered by nothing comes at once`() {
    let run = GeneratorSimulation(concurrency: 2, latency: 0).run(
      Clients(numbers().staggered(by: 0, Draws(seed: 1)).limit(9)))
    #expect(run.times.allSatisfy { $0 == 0 })
  }

  @Test func `children take turns by windows of time, and keep their state`() {
    let generator = CycleTimes([
      (duration: 10, generator: numbers("a").delayed(by: 3)),
      (duration: 5, generator: numbers("b").delayed(by: 2)),
    ])
    let run = GeneratorSimulation(concurrency: 5, latency: 0).run(Clients(generator.limit(15)))
    #expect(
      run.golden.filter { !$0.hasPrefix("ok") }.map { word in
        let parts = word.split(separator: ":")
        return "\(parts[0]) \(parts[2])"
      } == [
        "0 a", "3 a", "6 a", "9 a", "10 b", "12 b", "14 b", "15 a", "15 a", "18 a", "21 a", "24 a",
        "25 b", "25 b", "25 b",
      ])
  }

  @Test func `windows end when a child is exhausted in its own`() {
    let generator = CycleTimes([
      (duration: 10, generator: numbers("a").delayed(by: 5)),
      (duration: 10, generator: Once("b")),
    ])
    let run = GeneratorSimulation(concurrency: 5, latency: 0).run(Clients(generator))
    #expect(run.fs == ["a", "a", "b"])
    #expect(run.end == .exhausted)
  }
}
