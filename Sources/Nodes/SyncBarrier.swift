public import DequeModule

/// Orders a node's effects around its syncs, by the one rule that every host follows.
///
/// A send, reply or call leaves only when every sync asked for before it, in its event or an earlier
/// one, has succeeded, and they never overtake each other. A storage operation that follows a sync
/// *in the same event* waits for that sync, and later ones queue behind it; otherwise it is issued
/// at once. Syncs asked for while one runs are satisfied together by the next (group commit).
/// Timers, marks and logs take effect at once.
///
/// So a node's state may be ahead of its disk, but nothing that left the node is. The machine does
/// no I/O: its host executes what it finds in `ready`, in order, where `.sync` means "start making
/// durable what was issued", and reports the outcome.
public struct SyncBarrier<N: Node>: Sendable {
  @usableFromInline
  struct Held: Sendable {
    @usableFromInline var effect: Effect<N>
    /// The sync that must have succeeded first; for a sync in the storage lane, its own number.
    @usableFromInline var sync: Int

    @inlinable
    init(effect: Effect<N>, sync: Int) {
      self.effect = effect
      self.sync = sync
    }
  }

  /// Syncs are numbered from 1 in the order in which they were asked for.
  @usableFromInline var asked = 0
  @usableFromInline var askedInEvent = 0
  /// The last sync all of whose storage operations have been issued.
  @usableFromInline var startable = 0
  @usableFromInline var running = 0
  @usableFromInline var succeeded = 0
  @usableFromInline var outgoing: Deque<Held> = []
  @usableFromInline var storage: Deque<Held> = []
  @usableFromInline var tokens: Deque<Held> = []

  @inlinable
  public init() {}

  /// Whether a sync that the host was told to start has not ended.
  @inlinable
  public var isSyncing: Bool { running > succeeded }

  /// Whether nothing is held and no sync runs, so that effects without a sync pass as they are.
  @inlinable
  public var isIdle: Bool { asked == succeeded && storage.isEmpty }

  /// Takes in all effects of one event; what may be executed now is appended to `ready`.
  @inlinable
  public mutating func admit(_ effects: [Effect<N>], into ready: inout [Effect<N>]) {
    askedInEvent = 0
    // By index: an iterator would copy each of them once more.
    for place in effects.indices { admit(effects[place], into: &ready) }
  }

  @inlinable
  mutating func admit(_ effect: Effect<N>, into ready: inout [Effect<N>]) {
    switch effect {
    case .send, .reply, .call:
      if asked == succeeded {
        ready.append(effect)
      } else {
        outgoing.append(Held(effect: effect, sync: asked))
      }
    case .store:
      if storage.isEmpty && askedInEvent <= succeeded {
        ready.append(effect)
      } else {
        storage.append(Held(effect: effect, sync: askedInEvent))
      }
    case .sync(let token):
      asked += 1
      askedInEvent = asked
      if token != nil { tokens.append(Held(effect: effect, sync: asked)) }
      if storage.isEmpty {
        startable = asked
        startSync(into: &ready)
      } else {
        storage.append(Held(effect: effect, sync: asked))
      }
    case .setTimer, .cancelTimer, .mark, .log:
      ready.append(effect)
    }
  }

  /// The running sync succeeded: appends what it set free to `ready`.
  ///
  /// - Returns: The tokens of the syncs that it satisfied.
  @inlinable
  public mutating func syncSucceeded(into ready: inout [Effect<N>]) -> [Token] {
    precondition(isSyncing, "a sync ended that was never started")
    succeeded = running
    while let held = outgoing.first, held.sync <= succeeded {
      ready.append(held.effect)
      outgoing.removeFirst()
    }
    releaseStorage(into: &ready)
    startSync(into: &ready)
    return takeTokens()
  }

  /// The running sync failed: everything held is dropped, later syncs with the rest.
  ///
  /// - Returns: The tokens of all syncs that will never succeed, for the node to hear of; nothing
  ///   where the failed one carried no token, so that the host must stop the node.
  @inlinable
  public mutating func syncFailed() -> [Token] {
    precondition(isSyncing, "a sync failed that was never started")
    succeeded = running
    var failed = takeTokens()
    succeeded = asked
    if !failed.isEmpty { failed += takeTokens() }
    outgoing.removeAll()
    storage.removeAll()
    tokens.removeAll()
    startable = asked
    running = asked
    return failed
  }

  @inlinable
  mutating func releaseStorage(into ready: inout [Effect<N>]) {
    while let held = storage.first {
      if case .sync = held.effect {
        startable = held.sync
      } else if held.sync <= succeeded {
        ready.append(held.effect)
      } else {
        return
      }
      storage.removeFirst()
    }
  }

  @inlinable
  mutating func startSync(into ready: inout [Effect<N>]) {
    guard running == succeeded, startable > succeeded else { return }
    running = startable
    ready.append(.sync(nil))
  }

  @inlinable
  mutating func takeTokens() -> [Token] {
    var taken: [Token] = []
    while let held = tokens.first, held.sync <= succeeded {
      if case .sync(let token?) = held.effect { taken.append(token) }
      tokens.removeFirst()
    }
    return taken
  }
}
