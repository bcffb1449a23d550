import Nodes
import Values

extension KafkaLog {
  /// What is known of a key's committed offset, and what it is to become.
  struct Commit: Hashable, Sendable {
    /// The store has at least this; -1 where nothing is known of it.
    var known = -1
    var wanted = -1
    /// Whether a raise or the read after one is under way.
    var isBusy = false

    func encode(into sink: inout some ByteSink) {
      sink.put(known)
      sink.put(wanted)
      sink.put(isBusy)
    }
  }

  /// A request for committed offsets that waits for the store.
  struct Listing: Hashable, Sendable {
    var found: [String: Int] = [:]
    var missing: Int

    func encode(into sink: inout some ByteSink) {
      sink.put(offsets: found)
      sink.put(missing)
    }
  }

  mutating func commit(
    _ id: RequestID, _ offsets: [String: Int], _ context: inout Context<KafkaLog>
  ) {
    guard commitRequests[id] == nil else { return }
    commitRequests[id] = offsets
    for (key, offset) in offsets.sorted(by: { $0.key < $1.key }) {
      var commit = commits[key] ?? Commit()
      commit.wanted = max(commit.wanted, offset)
      if has(Bug.commitForgets) { commit.known = commit.wanted }
      commits[key] = commit
      raise(key, &context)
    }
    answerCommits(&context)
  }

  /// Raises a committed offset in the store, where it must be.
  private mutating func raise(_ key: String, _ context: inout Context<KafkaLog>) {
    guard let commit = commits[key], !commit.isBusy, commit.wanted > commit.known else { return }
    commits[key]?.isBusy = true
    call(
      .compareAndSet(
        key: key.committedName, from: .integer(commit.known), to: .integer(commit.wanted),
        createIfMissing: commit.known < 0),
      for: .commit(key: key, offset: commit.wanted), &context)
  }

  mutating func committed(
    _ key: String, _ offset: Int, _ reply: Reply, _ context: inout Context<KafkaLog>
  ) {
    guard reply == .compareAndSetDone else { return recommit(key, &context) }
    learn(key, offset, &context)
  }

  /// Reads the offset that a raise did not expect.
  mutating func recommit(_ key: String, _ context: inout Context<KafkaLog>) {
    call(.read(key: key.committedName), for: .recommit(key: key), &context)
  }

  mutating func recommitted(
    _ key: String, _ reply: Reply, _ context: inout Context<KafkaLog>
  ) {
    let found = if case .value(.integer(let offset)) = reply { offset } else { -1 }
    learn(key, found, &context)
  }

  private mutating func learn(
    _ key: String, _ offset: Int, _ context: inout Context<KafkaLog>
  ) {
    guard var commit = commits[key] else { return }
    commit.known = max(commit.known, offset)
    commit.isBusy = false
    commits[key] = commit
    answerCommits(&context)
    raise(key, &context)
  }

  /// Answers the requests of which all offsets are stored.
  private mutating func answerCommits(_ context: inout Context<KafkaLog>) {
    let done = commitRequests.filter { request in
      request.value.allSatisfy { commits[$0.key]?.known ?? -1 >= $0.value }
    }
    for id in done.keys.sorted() {
      commitRequests[id] = nil
      context.reply(.offsetsCommitted, to: id)
    }
  }

  mutating func list(_ id: RequestID, _ keys: [String], _ context: inout Context<KafkaLog>) {
    guard listings[id] == nil else { return }
    let keys = Set(keys).sorted()
    listings[id] = Listing(missing: keys.count)
    for key in keys {
      if has(Bug.commitForgets) {
        let known = commits[key]?.known ?? -1
        listed(id, key, .value(known < 0 ? .null : .integer(known)), &context)
      } else {
        readCommitted(key, for: id, &context)
      }
    }
    answerListing(id, &context)
  }

  mutating func readCommitted(
    _ key: String, for id: RequestID, _ context: inout Context<KafkaLog>
  ) {
    call(.read(key: key.committedName), for: .list(id, key: key), &context)
  }

  mutating func listed(
    _ id: RequestID, _ key: String, _ reply: Reply, _ context: inout Context<KafkaLog>
  ) {
    guard listings[id] != nil else { return }
    if case .value(.integer(let offset)) = reply { listings[id]?.found[key] = offset }
    listings[id]?.missing -= 1
    answerListing(id, &context)
  }

  private mutating func answerListing(_ id: RequestID, _ context: inout Context<KafkaLog>) {
    guard let listing = listings[id], listing.missing == 0 else { return }
    listings[id] = nil
    context.reply(.committedOffsets(listing.found), to: id)
  }
}
