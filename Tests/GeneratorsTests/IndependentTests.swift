import Generators
import Histories
import Testing
import Values

@Suite struct IndependentTests {
  func key(_ operation: Operation) -> Int? { operation.value.elements?.first?.integer }

  @Test func `keys follow each other, and values carry them`() {
    let generator = SequentialKeys(Keys([1, 2])) { _ in numbers("w", to: 2) }
    let run = alone.run(generator)
    #expect(run.invocations.map(\.value) == [[1, 0], [1, 1], [2, 0], [2, 1]])
    #expect(run.end == .exhausted)
  }

  @Test(arguments: [(2, 6), (3, 9), (5, 5)])
  func `a group of threads works on one key at a time`(threads: Int, concurrency: Int) {
    let generator = ConcurrentKeys(threadsPerKey: threads, Keys((0..<10).map { .integer($0) })) {
      _ in numbers("w", to: 20)
    }
    let run = GeneratorSimulation(concurrency: concurrency).run(generator)
    #expect(run.end == .exhausted)
    #expect(run.invocations.count == 200)
    var keysOfGroup: [Int: [Int]] = [:]
    for (thread, operation) in zip(run.threads, run.invocations) {
      let key = key(operation) ?? -1
      let group = thread / threads
      if keysOfGroup[group]?.last != key { keysOfGroup[group, default: []].append(key) }
    }
    let keys = keysOfGroup.values.flatMap { $0 }
    #expect(keys.sorted() == Array(0..<10))
    for key in 0..<10 {
      let values = run.invocations.filter { self.key($0) == key }.map { $0.value.elements?.last }
      #expect(values == (0..<20).map { .integer($0) })
    }
  }

  @Test func `the nemesis and threads beyond whole groups stay out of it`() {
    let generator = ConcurrentKeys(threadsPerKey: 2, .integers()) { _ in numbers() }
    let run = GeneratorSimulation(concurrency: 5).run(generator.limit(200))
    #expect(Set(run.threads) == [0, 1, 2, 3])
  }

  @Test func `a process limit moves a group to its next key`() {
    let crashing = GeneratorSimulation(concurrency: 4, answers: .crashing, operationsMax: 300)
    let generator = ConcurrentKeys(threadsPerKey: 2, .integers()) { _ in
      numbers().processLimit(6)
    }
    let run = crashing.run(generator)
    #expect(run.end == .bounded)
    var processes: [Int: Set<Process>] = [:]
    for operation in run.invocations {
      processes[key(operation) ?? -1, default: []].insert(operation.process)
    }
    #expect(processes.count > 30)
    #expect(processes.values.allSatisfy { $0.count <= 6 })
  }

  @Test func `reserved threads work in every group`() {
    let generator = ConcurrentKeys(threadsPerKey: 3, .integers()) { _ in
      Reserve([(count: 1, generator: numbers("read"))], rest: numbers("write")).limit(30)
    }
    let run = GeneratorSimulation(concurrency: 9).run(generator.limit(900))
    for (thread, f) in zip(run.threads, run.fs) {
      #expect(f == (thread % 3 == 0 ? "read" : "write"))
    }
  }

  @Test func `a key's generator learns of its own key's operations, with its own values`() {
    let generator = ConcurrentKeys(threadsPerKey: 1, Keys([7, 8])) { key in
      AnyOf(
        Once("first", 3),
        Deferred { event, _ in
          event.type == .ok ? Once("after", event.value) : nil
        })
    }
    let run = GeneratorSimulation(concurrency: 2).run(generator)
    let after = run.invocations.filter { $0.f == "after" }.map(\.value)
    #expect(Set(after) == [[7, 3], [8, 3]])
    #expect(after.count == 2)
  }

  @Test func `a late completion of the last key does not reach the next`() {
    let generator = SequentialKeys(Keys([1, 2])) { key in
      if key == 1 { return Once("slow") }
      return Deferred { event, _ in Once("heard \(event.f)") }
    }
    // Thread 0 is at work for key 1 when key 2 begins on thread 1.
    let run = GeneratorSimulation(concurrency: 2, latency: 10).run(Clients(generator))
    #expect(run.fs == ["slow"])
    #expect(run.end == .stuck)
  }

  @Test(arguments: UInt64(0)..<20)
  func `groups that pace themselves never share a key`(seed: UInt64) {
    let generator = ConcurrentKeys(threadsPerKey: 2, .integers()) { key in
      numbers().staggered(by: 50, Draws(seed: seed, stream: UInt64(key.integer ?? 0))).limit(5)
    }
    expectKeysOfOneGroup(generator.limit(300), seed: seed)
  }

  @Test(arguments: UInt64(0)..<20)
  func `groups that wait for a busy thread, or for later, never share a key`(seed: UInt64) {
    let generator = ConcurrentKeys(threadsPerKey: 2, .integers()) { key in
      Synchronize(numbers().limit(1 + (key.integer ?? 0) % 3)).map { invocation, _ in
        var invocation = invocation
        invocation.time = (invocation.time + 63) / 64 * 64
        return invocation
      }
    }
    expectKeysOfOneGroup(generator.limit(300), seed: seed)
  }

  func expectKeysOfOneGroup(_ generator: any Generator, seed: UInt64) {
    let run = GeneratorSimulation(concurrency: 6, latency: 20, seed: seed).run(generator)
    #expect(run.invocations.count == 300)
    var group: [Int: Int] = [:]
    for (thread, operation) in zip(run.threads, run.invocations) {
      let key = key(operation) ?? -1
      #expect(group[key, default: thread / 2] == thread / 2)
      group[key] = thread / 2
    }
    // Keys begin in order, and none is passed over; the last ones may have begun and done nothing.
    #expect(group.keys.max() ?? 0 < group.count + 3)
  }
}
