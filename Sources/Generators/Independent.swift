public import Histories
public import Values

/// The keys of independent objects, in the order in which they are worked on.
public struct Keys: Sendable {
  /// The key at a place, or nothing beyond the last.
  let key: @Sendable (Int) -> Value?

  public init(_ key: @escaping @Sendable (Int) -> Value?) { self.key = key }

  public init(_ keys: [Value]) {
    // Not `nil` alone, which can also be the value null.
    self.init { keys.indices.contains($0) ? keys[$0] : Value?.none }
  }

  /// The integers from `first`, without end.
  public static func integers(from first: Int = 0) -> Keys { Keys { .integer(first + $0) } }
}

/// One key after the other, each with a generator of its own, whose values become `[key, value]`.
///
/// A key's generator gets the updates of its own key's operations, with its own values in them.
public struct SequentialKeys: Generator {
  private var work: KeyWork

  public init(_ keys: Keys, _ generator: @escaping @Sendable (Value) -> any Generator) {
    work = KeyWork(Catalog(keys: keys, generator: generator))
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    var position = work.nextPosition
    return work.next(context, position: &position)
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    work.update(event, thread: thread, context)
  }
}

/// Several keys at a time: groups of clients' threads, each of which works on one key until that
/// key's generator is exhausted, and then on the next key that no group has begun.
///
/// Values become `[key, value]`. A key's generator sees and uses only its group's threads, and gets
/// the updates of its own key's operations, with its own values in them. Threads that make up no
/// whole group stay idle.
public struct ConcurrentKeys: Generator {
  private let threadsPerKey: Int
  private let catalog: Catalog
  private var groups: [KeyWork] = []
  private var shares: [ThreadSet] = []
  private var clients: ThreadSet?
  /// The place of the next key that no group has begun.
  private var nextPosition = 0

  /// - Precondition: `threadsPerKey` is above 0, and there are as many client threads.
  public init(
    threadsPerKey: Int, _ keys: Keys, _ generator: @escaping @Sendable (Value) -> any Generator
  ) {
    precondition(threadsPerKey > 0, "a key needs at least one thread, not \(threadsPerKey)")
    self.threadsPerKey = threadsPerKey
    catalog = Catalog(keys: keys, generator: generator)
  }

  /// Forms the groups when the threads are known.
  private mutating func form(_ context: GeneratorContext) {
    var threads = context.threads
    threads.remove(context.nemesis)
    if let clients {
      precondition(clients == threads, "the threads of a keyed generator changed under it")
      return
    }
    let all = threads.elements
    precondition(
      all.count >= threadsPerKey,
      "\(threadsPerKey) threads a key need at least as many clients; raise the concurrency "
        + "from \(all.count)")
    clients = threads
    for group in 0..<all.count / threadsPerKey {
      shares.append(ThreadSet(all[group * threadsPerKey..<(group + 1) * threadsPerKey]))
      groups.append(KeyWork(catalog))
    }
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    form(context)
    let below = context.belowChoice
    var draws = context.tieBreaker
    // By thread, not by group, so that a group with more free threads gets its share.
    var candidates = context.free
    candidates.remove(context.nemesis)
    var isPending = false
    var best: (invocation: Invocation, group: Int, work: KeyWork, nextPosition: Int)?
    while !candidates.isEmpty {
      let thread = candidates.element(at: draws.below(candidates.count))
      guard let group = shares.firstIndex(where: { $0.contains(thread) }) else {
        candidates.remove(thread)
        continue
      }
      candidates = candidates.subtracting(shares[group])
      var work = groups[group]
      var position = nextPosition
      switch work.next(below.restricted(to: shares[group]), position: &position) {
      case .invocation(let invocation):
        if invocation.time <= context.time {
          groups[group] = work
          nextPosition = position
          return .invocation(invocation)
        }
        if let soonest = best?.invocation.time, soonest <= invocation.time { continue }
        best = (invocation, group, work, position)
      case let offer:
        isPending = isPending || offer == .pending
        // Keys that it began would be the same ones that the best offer so far began.
        guard best == nil || position == nextPosition else { continue }
        groups[group] = work
        nextPosition = position
      }
    }
    if let best {
      groups[best.group] = best.work
      nextPosition = best.nextPosition
      return .invocation(best.invocation)
    }
    return isPending || groups.contains { !$0.isOver } ? .pending : .exhausted
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    guard let group = shares.firstIndex(where: { $0.contains(thread) }) else { return }
    groups[group].update(event, thread: thread, context.restricted(to: shares[group]))
  }
}

/// Keys and what is done to each.
private struct Catalog: Sendable {
  let keys: Keys
  let generator: @Sendable (Value) -> any Generator
}

/// The work of some threads on one key at a time.
private struct KeyWork: Sendable {
  let catalog: Catalog
  var key: Value = .null
  var current: (any Generator)?
  /// Whether there is no further key.
  var isOver = false
  /// The place of the key after the current one, where no other group takes keys.
  var nextPosition = 0
  /// The key of each thread's last operation, by thread.
  var keyOfThread: [Value?] = []

  init(_ catalog: Catalog) { self.catalog = catalog }

  /// - Parameter position: The place of the next key that nobody has begun.
  mutating func next(_ context: GeneratorContext, position: inout Int) -> Offer {
    defer { nextPosition = position }
    for _ in 0..<fruitlessAttemptsMax {
      if let offer = current?.next(context), offer != .exhausted { return wrapped(offer) }
      current = nil
      guard !isOver, let key = catalog.keys.key(position) else {
        isOver = true
        return .exhausted
      }
      position += 1
      self.key = key
      current = catalog.generator(key)
    }
    preconditionFailure("\(fruitlessAttemptsMax) keys in a row had nothing to do")
  }

  private mutating func wrapped(_ offer: Offer) -> Offer {
    guard case .invocation(var invocation) = offer, invocation.action == .call else { return offer }
    invocation.value = .list([key, invocation.value])
    while keyOfThread.count <= invocation.thread { keyOfThread.append(nil) }
    keyOfThread[invocation.thread] = key
    return .invocation(invocation)
  }

  mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    guard current != nil, thread < keyOfThread.count, keyOfThread[thread] == key else { return }
    var event = event
    if case .list(let pair) = event.value, pair.count == 2, pair[0] == key { event.value = pair[1] }
    current?.update(event, thread: thread, context)
  }
}
