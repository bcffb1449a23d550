import Generators
import Histories
import Testing
import Values

@Suite struct PurityTests {
  /// One of each combinator, around generators that have draws of their own.
  static func specimen(_ name: String, seed: UInt64) -> any Generator {
    let draws = Draws(seed: seed)
    let random = Generate(draws) { draws, context in
      Invocation(f: "r", value: .integer(draws.below(1000)), in: context)
    }
    let mix = Mix(draws.child(1), random, numbers("n"))
    return switch name {
    case "generate": random
    case "successively":
      Successively(0) {
        $0 += 1
        _ = $1
        return mix.limit($0 % 4 + 1)
      }
    case "concat": Concat(random.limit(5), mix)
    case "synchronize": Phases(random.limit(5), mix.limit(5), random)
    case "limits": mix.limit(200).timeLimit(9000).processLimit(60).concurrencyLimit(2)
    case "repeat": random.limit(3).repeated()
    case "cycle": mix.limit(3).cycled()
    case "stagger": mix.staggered(by: 20, draws.child(2))
    case "delay": mix.delayed(by: 7)
    case "mix": mix
    case "any": AnyOf(mix, random.delayed(by: 30), Concat(Once("o"), Sleep(50), random))
    case "shortest any": ShortestAny(mix, random.delayed(by: 30))
    case "each thread": EachThread(mix.staggered(by: 30, draws.child(2)))
    case "each process": EachProcess(mix.limit(3))
    case "reserve": Reserve([(count: 1, generator: mix)], rest: random.delayed(by: 9))
    case "clients": Clients(mix, nemesis: random.staggered(by: 100, draws.child(3)))
    case "map": mix.map { invocation, _ in invocation }.filter { $0.value != 3 }
    case "until ok":
      Successively(0) {
        $0 += 1
        _ = $1
        return mix.untilOk()
      }
    case "flip-flop": FlipFlop(mix, random.delayed(by: 5))
    case "cycle times":
      CycleTimes([(100, mix.staggered(by: 20, draws.child(2))), (70, random.delayed(by: 9))])
    case "deferred": AnyOf(mix, Deferred { event, _ in event.type == .fail ? random : nil })
    case "cache": mix.staggered(by: 20, draws.child(2)).cached(for: 30)
    case "sequential keys": SequentialKeys(.integers()) { _ in mix.limit(6) }
    case "concurrent keys":
      ConcurrentKeys(threadsPerKey: 2, .integers()) { _ in
        mix.staggered(by: 10, draws.child(2)).limit(5)
      }
    default: RegisterOperations(seed: seed, keyCount: 2, operationsPerKey: 9)
    }
  }

  static let names = [
    "generate", "successively", "concat", "synchronize", "limits", "repeat", "cycle", "stagger",
    "delay", "mix", "any", "shortest any", "each thread", "each process", "reserve", "clients",
    "map", "until ok", "flip-flop", "cycle times", "deferred", "cache", "sequential keys",
    "concurrent keys", "registers",
  ]

  /// Asks copies of the generator it holds, over and over, before it is asked itself.
  struct Curious: Generator {
    var child: any Generator

    mutating func next(_ context: GeneratorContext) -> Offer {
      var offers: [Offer] = []
      for _ in 0..<3 {
        var copy = child
        offers.append(copy.next(context))
      }
      let offer = child.next(context)
      #expect(offers.allSatisfy { $0 == offer })
      return offer
    }

    mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
      child.update(event, thread: thread, context)
    }
  }

  @Test(arguments: names, [UInt64(1), 2, 3])
  func `asking copies changes nothing`(name: String, seed: UInt64) {
    let settings = GeneratorSimulation(
      concurrency: 4, answers: .imperfect, latency: 13, operationsMax: 300, seed: seed)
    let generator = Clients(Self.specimen(name, seed: seed))
    let plain = settings.run(generator)
    #expect(plain.invocations.count > 20)
    #expect(settings.run(Curious(child: generator)) == plain)
    #expect(settings.run(generator) == plain)
  }

  @Test(arguments: names, [UInt64(4), 5])
  func `what is offered can be done`(name: String, seed: UInt64) {
    let settings = GeneratorSimulation(
      concurrency: 4, answers: .imperfect, latency: 13, operationsMax: 300, seed: seed)
    let run = settings.run(
      Validate(Clients(Self.specimen(name, seed: seed)), orElse: { Issue.record("\($0)") }))
    #expect(zip(run.steps, run.steps.dropFirst()).allSatisfy { $0.time <= $1.time })
    var busy: Set<Int> = []
    for step in run.steps {
      guard case .operation(let operation) = step.content else { continue }
      if operation.type == .invoke {
        #expect(busy.insert(step.thread).inserted)
      } else {
        #expect(busy.remove(step.thread) != nil)
      }
    }
  }

  @Test(arguments: names)
  func `an offer that is not taken leaves the generator as it was`(name: String) {
    // Time creeps, so that whatever waits is asked for many times before it is due.
    func sequence(step: Nanoseconds) -> [String] {
      var generator: any Generator = Clients(Self.specimen(name, seed: 9))
      var context = GeneratorContext(concurrency: 4)
      var sequence: [String] = []
      while sequence.count < 60, context.time < 100_000 {
        switch generator.take(context) {
        case .invocation(let invocation):
          if invocation.time > context.time {
            context.time = min(invocation.time, context.time + step)
            continue
          }
          context.turn += 1
          sequence.append("\(invocation.time) \(invocation.f) \(invocation.value)")
        case .pending: context.time += 1
        case .exhausted: return sequence
        }
      }
      return sequence
    }
    #expect(sequence(step: 1) == sequence(step: 1_000_000))
  }
}
