import Generators
import Histories
import Testing
import Values

@Suite struct RegisterOperationsTests {
  func run(
    _ seed: UInt64, keys: Int = 3, perKey: Int = 50, concurrency: Int = 4,
    answers: GeneratorSimulation.Answers = .perfect
  ) -> [Operation] {
    GeneratorSimulation(
      concurrency: concurrency, answers: answers, operationsMax: 2000, seed: seed
    ).run(
      Clients(RegisterOperations(seed: seed, keyCount: keys, operationsPerKey: perKey))
    ).invocations
  }

  func key(_ operation: Operation) -> Int { operation.value.elements?[0].integer ?? -1 }
  func argument(_ operation: Operation) -> Value { operation.value.elements?[1] ?? .null }
  func written(_ operation: Operation) -> Int? {
    operation.f == "write"
      ? argument(operation).integer : argument(operation).elements?.last?.integer
  }

  @Test(arguments: UInt64(0)..<10)
  func `values written to a key are each new, and rise`(seed: UInt64) {
    var last: [Int: Int] = [:]
    for operation in run(seed) {
      guard let value = written(operation) else { continue }
      #expect(value == last[key(operation), default: 0] + 1)
      last[key(operation)] = value
    }
  }

  @Test(arguments: UInt64(0)..<10)
  func `keys rotate after a bounded number of operations`(seed: UInt64) {
    var count: [Int: Int] = [:]
    var active: [Int: Int] = [:]
    for (place, operation) in run(seed).enumerated() {
      count[key(operation), default: 0] += 1
      active[key(operation)] = place
    }
    #expect(count.values.allSatisfy { $0 <= 50 })
    #expect(count.count >= 40)
    #expect(count.values.count { $0 == 50 } >= count.count - 3)
  }

  @Test(arguments: UInt64(0)..<10)
  func `keys rotate before too many processes used them`(seed: UInt64) {
    var processes: [Int: Set<Process>] = [:]
    for operation in run(seed, perKey: 10_000, answers: .crashing) {
      processes[key(operation), default: []].insert(operation.process)
    }
    // Four threads and twenty that took the place of crashed ones.
    #expect(processes.values.allSatisfy { $0.count <= 24 })
    #expect(processes.count > 2000 / 24 - 3)
  }

  @Test(arguments: UInt64(0)..<10)
  func `operations come in their shares`(seed: UInt64) {
    let operations = run(seed)
    #expect(abs(operations.count { $0.f == "read" } - 1000) < 120)
    #expect(abs(operations.count { $0.f == "write" } - 500) < 120)
    #expect(abs(operations.count { $0.f == "cas" } - 500) < 120)
  }

  @Test func `a compare-and-set expects what was last observed, mostly`() {
    var generator: any Generator = RegisterOperations(
      seed: 4, keyCount: 1, operationsPerKey: 100_000,
      shares: .init(read: 0, write: 0, cas: 1))
    let context = world()
    generator.update(
      Operation(type: .ok, process: .client(0), f: "read", value: [0, 77]), thread: 0, context)
    // The key is in use from its first operation on.
    _ = generator.take(context)
    generator.update(
      Operation(type: .ok, process: .client(0), f: "read", value: [0, 77]), thread: 0, context)
    var hits = 0
    for _ in 0..<1000 {
      let value = generator.take(context).invocation?.value.elements?[1]
      if value?.elements?.first == 77 { hits += 1 }
    }
    #expect(abs(hits - 800) < 60)
    generator.update(
      Operation(type: .ok, process: .client(0), f: "cas", value: [0, [77, 5001]]), thread: 0,
      context)
    let next = (0..<20).compactMap { _ in
      generator.take(context).invocation?.value.elements?[1].elements?.first
    }
    #expect(next.contains(5001) && !next.contains(77))
  }

  @Test func `failed and indeterminate operations are not taken for observations`() {
    var generator: any Generator = RegisterOperations(
      seed: 4, keyCount: 1, shares: .init(read: 0, write: 0, cas: 1), mismatches: 0)
    let context = world()
    _ = generator.take(context)
    for type in [Operation.Kind.invoke, .fail, .info] {
      generator.update(
        Operation(type: type, process: .client(0), f: "write", value: [0, 99]), thread: 0, context)
    }
    #expect(generator.take(context).invocation?.value == [0, [1, 2]])
  }

  @Test(arguments: UInt64(0)..<5)
  func `which operation comes next follows from the seed, not from what happened`(seed: UInt64) {
    let calm = run(seed, perKey: 10_000)
    let stormy = run(seed, perKey: 10_000, concurrency: 9, answers: .imperfect)
    #expect(calm.map(\.f) == stormy.map(\.f))
    #expect(calm.map(\.f) != run(seed + 100, perKey: 10_000).map(\.f))
  }
}
