import Algorithms
import Nodes
import Values

/// A random run of up to four replicas of a type of states that are merged.
struct MergedRun<Object: MergedType> {
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
  private var deltas: [Object] = []
  private var snapshots = [Object()]

  /// The laws that a run breaks.
  static func broken(seed: UInt64, bugs: Set<String> = []) -> Set<String> {
    var run = MergedRun(seed: seed, bugs: bugs)
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
    for _ in 0..<8 + draws.below(20) {
      let node = draws.below(replicas.count)
      let choice = draws.below(10)
      if choice < 5 {
        update(at: node)
      } else if choice < 7 {
        let other = replicas[draws.below(replicas.count)]
        replicas[node].object.merge(other.object, bugs: bugs)
        replicas[node].seen.formUnion(other.seen)
      } else {
        deliverDelta(to: node)
      }
      observations.read(replicas[node].object.value, seeing: replicas[node].seen)
      snapshots.append(replicas[node].object)
    }
    checkEnd()
    for _ in 0..<20 { checkLattice() }
    for object in snapshots {
      var source = ByteSource(object.encoded)
      observations.check("encoding", Object(from: &source) == object && source.remaining == 0)
    }
    observations.finish()
    return observations.broken
  }

  private mutating func update(at node: Int) {
    let before = replicas[node]
    let update = requests.update(at: node, of: replicas.count, reading: before.object.value)
    replicas[node].wallClock += .milliseconds(Int64(draws.below(60)))
    let origin = UpdateOrigin(
      Dot(NodeID(node), before.count + 1), wallClock: before.wallClock, bugs: bugs)
    guard let (delta, result) = try? before.object.delta(of: update, at: origin) else {
      return observations.refuse(update, at: node, seeing: before.seen)
    }
    let after = merged(before.object, delta)
    let place = observations.accept(
      update, result, at: node, seeing: before.seen, before: before.object.value,
      after: after.value)
    observations.check("inflation", merged(after, before.object) == after)
    observations.check("delta again", merged(after, delta) == after)
    replicas[node].object = after
    replicas[node].seen.insert(place)
    replicas[node].count += 1
    deltas.append(delta)
  }

  /// Merges the delta of an update of which the replica has seen all causes, or of one that it has
  /// seen.
  private mutating func deliverDelta(to node: Int) {
    let replica = replicas[node]
    let ready = observations.updates.filter { $0.seen.isSubset(of: replica.seen) }
    guard !ready.isEmpty else { return }
    let update = draws.element(of: ready)
    replicas[node].object.merge(deltas[update.place], bugs: bugs)
    if !replicas[node].seen.insert(update.place).inserted {
      observations.check("delta again", replicas[node].object == replica.object)
    }
  }

  private func merged(_ left: Object, _ right: Object) -> Object {
    var object = left
    object.merge(right, bugs: bugs)
    return object
  }

  /// All updates have one join, in whatever order and groups they come, and how often.
  private mutating func checkEnd() {
    let all = Set(observations.updates.indices)
    let whole = draws.shuffled(replicas).map(\.object).reduce(Object(), merged)
    observations.read(whole.value, seeing: all)
    var told = draws.shuffled(deltas + deltas.filter { _ in draws.chance(0.3) })
    while told.count > 1 {
      let place = draws.below(told.count)
      let delta = told.remove(at: place)
      let other = draws.below(told.count)
      told[other] = draws.chance(0.5) ? merged(told[other], delta) : merged(delta, told[other])
    }
    observations.check("deltas", merged(Object(), told.first ?? Object()) == whole)
  }

  private mutating func checkLattice() {
    let (a, b, c) = (
      draws.element(of: snapshots), draws.element(of: snapshots), draws.element(of: snapshots)
    )
    let ab = merged(a, b)
    observations.check("commutative", ab == merged(b, a))
    observations.check("associative", merged(ab, c) == merged(a, merged(b, c)))
    observations.check("idempotent", merged(a, a) == a)
    observations.check("upper bound", merged(a, ab) == ab && merged(b, ab) == ab)
  }
}
