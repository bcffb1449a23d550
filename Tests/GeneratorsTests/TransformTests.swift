import Generators
import Histories
import Synchronization
import Testing
import Values

@Suite struct TransformTests {
  @Test func `a map changes operations and leaves sleeps alone`() {
    let generator = Concat(numbers(to: 2), Sleep(5)).map { invocation, context in
      var invocation = invocation
      invocation.value = .integer(100 + (invocation.value.integer ?? 0))
      return invocation
    }
    let run = alone.run(Clients(generator))
    #expect(run.values == [100, 101])
    #expect(run.golden.contains { $0.hasSuffix("sleep 5") })
  }

  @Test func `a renamed generator learns of its operations under its own names`() {
    let inner = AnyOf(
      Once("start"), Deferred { event, _ in event.f == "start" ? Once("stop") : nil })
    let run = alone.run(Clients(inner.renamed(["start": "begin", "stop": "end"])))
    #expect(run.fs == ["begin", "end"])
  }

  @Test func `a filter drops what it does not want`() {
    let run = alone.run(numbers(to: 10).filter { ($0.value.integer ?? 0) % 3 == 0 })
    #expect(run.values == [0, 3, 6, 9])
    #expect(run.end == .exhausted)
  }

  @Test func `a function can take the place of updates`() {
    let generator = numbers("a").onUpdate { child, event, thread, context in
      if event.type == .ok, event.value == 2 { child = Once("done") }
    }
    let run = alone.run(generator)
    #expect(run.sequence == ["a 0", "a 1", "a 2", "done "])
    let deaf = OnUpdate.ignored(by: Deferred { _, _ in Once("heard") })
    #expect(alone.run(AnyOf(Once("a"), deaf)).fs == ["a"])
  }

  @Test func `a trace tells what was offered and learned`() {
    final class Lines: Sendable {
      let lines = Mutex<[String]>([])
    }
    let lines = Lines()
    let run = alone.run(
      numbers("a", to: 1).traced("mine") { line in lines.lines.withLock { $0.append(line) } })
    #expect(run.fs == ["a"])
    let told = lines.lines.withLock { $0 }
    #expect(told.count == 4)
    #expect(told[0].hasPrefix("mine at 0 offers a"))
    #expect(told[1].contains("learns invoke of a"))
    #expect(told[2].contains("learns ok of a"))
    #expect(told[3] == "mine at 0 is exhausted")
  }

  @Test func `validation complains of operations that no driver could do`() {
    final class Complaints: Sendable {
      let texts = Mutex<[String]>([])
    }
    func complaints(
      in context: GeneratorContext, _ change: @escaping @Sendable (inout Invocation) -> Void
    ) -> [String] {
      let complaints = Complaints()
      var generator = Validate(
        numbers("a").map { invocation, _ in
          var invocation = invocation
          change(&invocation)
          return invocation
        }, orElse: { text in complaints.texts.withLock { $0.append(text) } })
      _ = generator.next(context)
      return complaints.texts.withLock { $0 }
    }
    let context = world(time: 10, busy: [1])
    #expect(complaints(in: context) { _ in } == [])
    #expect(complaints(in: context) { $0.thread = 9 }.first?.contains("may not use") == true)
    #expect(complaints(in: context) { $0.thread = 1 }.first?.contains("busy") == true)
    #expect(complaints(in: context) { $0.process = .client(77) }.first?.contains("77") == true)
    #expect(complaints(in: context) { $0.time = 9 }.first?.contains("over at 10") == true)
    #expect(complaints(in: context) { $0.f = "" }.first?.contains("without a name") == true)
  }

  @Test func `a cache asks its child no more than once within its time`() {
    final class Count: Sendable {
      let count = Mutex(0)
    }
    let count = Count()
    let child = numbers("a").map { invocation, _ in
      count.count.withLock { $0 += 1 }
      return invocation
    }.delayed(by: 1000)
    var generator: any Generator = child.cached(for: 50)
    #expect(generator.take(world()).invocation?.time == 0)
    // The second is due at 1000 and is asked for all the time.
    for time in 1..<100 {
      #expect(generator.take(world(time: Nanoseconds(time))).invocation?.value == 1)
    }
    #expect(count.count.withLock { $0 } == 1 + 2)
    #expect(generator.take(world(time: 1000)).invocation?.value == 1)
    #expect(generator.take(world(time: 2000)).invocation?.value == 2)
  }

  @Test func `a cache changes nothing in what is done`() {
    let settings = GeneratorSimulation(concurrency: 3, answers: .imperfect, latency: 40)
    let generator = Clients(numbers().staggered(by: 30, Draws(seed: 5)).limit(100))
    #expect(settings.run(generator).sequence == settings.run(generator.cached(for: 20)).sequence)
  }

  @Test func `a cache does not offer a thread that has become busy`() {
    var generator: any Generator = numbers().delayed(by: 100).cached(for: 1000)
    _ = generator.take(world())
    let offered = generator.take(world(time: 1)).invocation
    let thread = offered?.thread ?? -1
    #expect(generator.take(world(time: 2, busy: [thread])).invocation?.thread != thread)
  }
}
