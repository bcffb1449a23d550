import Algorithms
import Nodes
import Values

/// A random run of up to four replicas of a type of operations that are told, with causal delivery.
struct ToldRun<Object: ToldType> {
  private struct Replica {
    var object = Object()
    var seen: Set<Int> = []
    var count = 0
    var wallClock: Nanoseconds
  }

  private let bugs: Set<String>
  private var draws: Draws
  private var requests: UpdateDraws
  private var observations: Observations
  private var replicas: [Replica] = []
  private var effects: [(effect: Object.Effect, dot: Dot)] = []

  /// The laws that a run breaks.
  static func broken(seed: UInt64, bugs: Set<String> = []) -> Set<String> {
    var run = ToldRun(seed: seed, bugs: bugs)
    return run.go()
  }

  private init(seed: UInt64, bugs: Set<String>) {
    let workload = Object.description.workloads[0]
    self.bugs = bugs
    draws = Draws(seed: seed)
    requests = UpdateDraws(workload, draws.child(1))
    observations = Observations(workload)
    for _ in 0..<2 + draws.below(3) {
      replicas.append(Replica(wallClock: .milliseconds(Int64(draws.below(1_000)))))
    }
  }

  private mutating func go() -> Set<String> {
    let isSmall = draws.chance(0.3)
    for _ in 0..<(isSmall ? 9 : 8 + draws.below(30)) {
      let node = draws.below(replicas.count)
      if draws.chance(0.5) { update(at: node) } else { deliver(to: node) }
      observations.read(replicas[node].object.value, seeing: replicas[node].seen)
    }
    for node in replicas.indices {
      while replicas[node].seen.count < effects.count { deliver(to: node) }
      observations.read(replicas[node].object.value, seeing: replicas[node].seen)
    }
    checkOrders(all: effects.count <= 5)
    for told in effects {
      var source = ByteSource(told.effect.encoded)
      observations.check(
        "encoding", Object.Effect(from: &source) == told.effect && source.remaining == 0)
    }
    observations.finish()
    return observations.broken
  }

  private mutating func update(at node: Int) {
    let before = replicas[node]
    let update = requests.update(at: node, of: replicas.count, reading: before.object.value)
    replicas[node].wallClock += .milliseconds(Int64(draws.below(60)))
    let dot = Dot(NodeID(node), before.count + 1)
    let origin = UpdateOrigin(dot, wallClock: before.wallClock, bugs: bugs)
    guard let (effect, result) = try? before.object.effect(of: update, at: origin) else {
      return observations.refuse(update, at: node, seeing: before.seen)
    }
    replicas[node].object.apply(effect, of: dot, bugs: bugs)
    let place = observations.accept(
      update, result, at: node, seeing: before.seen, before: before.object.value,
      after: replicas[node].object.value)
    replicas[node].seen.insert(place)
    replicas[node].count += 1
    effects.append((effect, dot))
  }

  /// The updates that can be applied where some are.
  private func ready(_ seen: Set<Int>) -> [Int] {
    observations.updates.filter { !seen.contains($0.place) && $0.seen.isSubset(of: seen) }
      .map(\.place)
  }

  private mutating func deliver(to node: Int) {
    let ready = ready(replicas[node].seen)
    guard !ready.isEmpty else { return }
    let place = draws.element(of: ready)
    replicas[node].object.apply(effects[place].effect, of: effects[place].dot, bugs: bugs)
    replicas[node].seen.insert(place)
  }

  /// Every order that respects causes ends in one state: each of them, or some.
  private mutating func checkOrders(all: Bool) {
    let expected = replicas[0].object
    if all {
      walk(Object(), [], expected)
    } else {
      for _ in 0..<5 {
        var object = Object()
        var seen: Set<Int> = []
        while seen.count < effects.count {
          let place = draws.element(of: ready(seen))
          object.apply(effects[place].effect, of: effects[place].dot, bugs: bugs)
          seen.insert(place)
        }
        observations.check("commutes", isEqual(object, expected))
      }
    }
  }

  private mutating func walk(_ object: Object, _ seen: Set<Int>, _ expected: Object) {
    if seen.count == effects.count {
      observations.check("commutes", isEqual(object, expected))
    }
    for place in ready(seen) {
      var next = object
      next.apply(effects[place].effect, of: effects[place].dot, bugs: bugs)
      walk(next, seen.union([place]), expected)
    }
  }

  private func isEqual(_ left: Object, _ right: Object) -> Bool {
    left == right && left.encoded == right.encoded
  }
}
