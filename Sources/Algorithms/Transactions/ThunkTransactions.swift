public import Nodes
public import Values

/// A database of immutable values under a root that is exchanged.
public typealias ThunkTransactions = ServiceTransactions<ThunkLayout>

/// A database as Datomic keeps it: a root says which immutable thunk holds each key's value.
///
/// A transaction runs on the root that the node saw last, stores a new thunk for each key that it
/// changes, and then exchanges the root in lin-kv by one compare-and-set: that is where it takes
/// effect. One that only reads exchanges the root for itself, which proves that what it saw is
/// current. A thunk's name is never used twice, so any copy of it is the right one, and the store of
/// thunks need not be consistent: where one is missing, it is still on its way.
public struct ThunkLayout: TransactionLayout {
  /// Which answer is awaited.
  enum Phase: Hashable, Sendable {
    /// A number from lin-tso, by which this process names its thunks.
    case naming
    case readingRoot
    case loading(thunk: String)
    /// So many of the new thunks are stored.
    case storing(Int)
    case exchanging
  }

  static let thunkStore = AlgorithmOption(
    "thunk-store", standard: "lin-kv", "where thunks are: lin-kv, seq-kv or lww-kv")
  static let noRetry = PlantedBug(
    "no-retry", "a thunk that is still on its way is taken for a key without a value",
    source: "Maelstrom's guide, chapter 5: thunks in an eventually consistent store.",
    violates: [
      "incompatible-order", "lost-update", "G-single-item", "G-nonadjacent-item", "G2-item",
      "G0-realtime", "G-single-item-realtime", "G-nonadjacent-item-realtime", "G2-item-realtime",
    ])
  static let skipCas = PlantedBug(
    "skip-cas", "a transaction that only reads trusts the root that the node saw last",
    source: "Maelstrom's guide, chapter 5: a root that is not exchanged for itself.",
    violates: ["G-single-item-realtime", "G-nonadjacent-item-realtime", "G2-item-realtime"])
  static let reusedNames = PlantedBug(
    "reused-names", "thunks are named by node and number, which a restarted node begins anew",
    source: "MySQL bug 199 (2003): numbers given again after a restart point to what is new.",
    violates: [
      "garbage-versions", "duplicate-elements", "G0", "G1c-realtime", "G1a", "dirty-update", "G1b",
      "incompatible-order",
      "lost-update", "G-single-item", "G-nonadjacent-item", "G2-item",
      "G0-realtime", "G-single-item-realtime", "G-nonadjacent-item-realtime", "G2-item-realtime",
      "internal", "G1c", "future-read",
    ])

  public static let description = AlgorithmDescription(
    name: "txn-thunks", summary: "Transactions on immutable thunks under a root in lin-kv.",
    promise: "Strict serializability; a transaction that others overtake too often is refused.",
    assumptions: "lin-kv and lin-tso are up, the store of thunks loses none; nodes keep no state.",
    paper: "Hickey, The architecture of Datomic, 2012; Maelstrom's guide to transactions.",
    options: [thunkStore, .attempts], bugs: [noRetry, skipCas, reusedNames],
    workloads: ["txn-list-append", "txn-rw-register", "long-fork"],
    survives: AlgorithmDescription.everything)

  static let rootKey: Value = "root"
  /// How often a missing thunk is looked for before its transaction is given up.
  static let lookLimit = 200

  let store: Service
  let attemptsLimit: Int
  let retries: Bool
  let checksReads: Bool

  var phase = Phase.naming
  /// What the names of this process' thunks begin with.
  var prefix: Int?
  var thunkCount = 0
  /// The root as this node saw it last; nothing where that is in doubt.
  var root: Root?
  /// Thunks that the root names, or those of the present transaction.
  var cache: [String: Value] = [:]

  var transaction = Transaction()
  var attempts = 0
  var looks = 0
  /// With ``noRetry``: thunks that were not there.
  var absent: Set<String> = []
  /// What will be answered, and the new root with its thunks, when they are stored.
  var filled: [Value] = []
  var newRoot = Root()
  var newThunks: [Thunk] = []

  /// Which thunk holds each key's value.
  struct Root: Hashable, Sendable {
    var thunks = ValueMap()
    /// Whether the root stands in lin-kv yet.
    var exists = true

    func thunk(of key: Value) -> String? { thunks[key]?.name }
  }

  struct Thunk: Hashable, Sendable {
    var name: String
    var value: Value
  }

  public init(_ configuration: Configuration) {
    store = Service(rawValue: ThunkLayout.thunkStore.text(in: configuration)) ?? .linKV
    attemptsLimit = AlgorithmOption.attempts.count(in: configuration)
    retries = !configuration.bugs.contains(ThunkLayout.noRetry.name)
    checksReads = !configuration.bugs.contains(ThunkLayout.skipCas.name)
    if configuration.bugs.contains(ThunkLayout.reusedNames.name) {
      prefix = Int(configuration.id.rawValue)
    }
  }

  public mutating func begin(_ transaction: Transaction) -> TransactionStep {
    self.transaction = transaction
    attempts = 0
    looks = 0
    absent = []
    return proceed()
  }

  public mutating func resume() -> TransactionStep { proceed() }

  public mutating func abandon() -> ErrorReply {
    guard case .exchanging = phase else { return .unavailable }
    root = nil
    return .unanswered
  }

  public mutating func take(_ answer: Reply) -> TransactionStep {
    switch (phase, answer) {
    case (.naming, .timestamp(let number)):
      prefix = number
      return proceed()
    case (.readingRoot, .value(let value)):
      adopt(Root(thunks: ValueMap(pairs: value)))
      return proceed()
    case (.readingRoot, .failed(let error)) where error.code == .keyDoesNotExist:
      adopt(Root(exists: false))
      return proceed()
    case (.loading(let thunk), .value(let value)):
      cache[thunk] = value
      return proceed()
    case (.loading(let thunk), .failed(let error)) where error.code == .keyDoesNotExist:
      return miss(thunk)
    case (.storing(let count), .written): return publish(stored: count + 1)
    case (.exchanging, .compareAndSetDone):
      for thunk in newThunks { cache[thunk.name] = thunk.value }
      adopt(newRoot)
      return .answer(.transaction(filled))
    case (.exchanging, .failed(let error)) where error.code.isMismatch:
      root = nil
      attempts += 1
      return attempts < attemptsLimit ? proceed() : .answer(.failed(.conflict))
    case (_, .failed(let error)): return .answer(.failed(error))
    default: return .answer(.failed(abandon()))
    }
  }
}

extension ThunkLayout {
  /// Asks for what is missing to run the transaction, or runs it.
  private mutating func proceed() -> TransactionStep {
    guard prefix != nil else { return call(.naming, .linTSO, .timestamp) }
    guard let root else { return call(.readingRoot, .linKV, .read(key: ThunkLayout.rootKey)) }
    for key in transaction.keysNeeded {
      guard let thunk = root.thunk(of: key), cache[thunk] == nil, !absent.contains(thunk) else {
        continue
      }
      return call(.loading(thunk: thunk), store, .read(key: .string(thunk)))
    }
    do throws(ErrorReply) {
      return try run(on: root)
    } catch {
      return .answer(.failed(error))
    }
  }

  private mutating func call(
    _ phase: Phase, _ service: Service, _ request: Request
  ) -> TransactionStep {
    self.phase = phase
    return .call(service, request)
  }

  private mutating func miss(_ thunk: String) -> TransactionStep {
    guard retries else {
      absent.insert(thunk)
      return proceed()
    }
    looks += 1
    return looks < ThunkLayout.lookLimit ? .pause : .answer(.failed(.unavailable))
  }

  private mutating func run(on root: Root) throws(ErrorReply) -> TransactionStep {
    let outcome = try transaction.run { key in root.thunk(of: key).flatMap { cache[$0] } }
    filled = outcome.filled
    newRoot = Root(thunks: root.thunks)
    newThunks = []
    for entry in outcome.written.entries {
      thunkCount += 1
      let thunk = Thunk(name: "thunk-\(prefix ?? 0)-\(thunkCount)", value: entry.value)
      newThunks.append(thunk)
      newRoot.thunks[entry.key] = .string(thunk.name)
    }
    if newThunks.isEmpty && !checksReads { return .answer(.transaction(filled)) }
    return publish(stored: 0)
  }

  /// Stores the next new thunk, or exchanges the root when all are stored.
  private mutating func publish(stored: Int) -> TransactionStep {
    guard stored == newThunks.count else {
      let thunk = newThunks[stored]
      return call(
        .storing(stored), store, .write(key: .string(thunk.name), value: thunk.value))
    }
    let current = root ?? Root()
    return call(
      .exchanging, .linKV,
      .compareAndSet(
        key: ThunkLayout.rootKey, from: current.thunks.pairs, to: newRoot.thunks.pairs,
        createIfMissing: !current.exists))
  }

  /// Notes what the root is now, and forgets thunks that it does not name.
  private mutating func adopt(_ root: Root) {
    self.root = root
    let named = Set(root.thunks.entries.compactMap(\.value.name))
    cache = cache.filter { named.contains($0.key) }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(store.rawValue)
    sink.put(attemptsLimit)
    sink.put(retries)
    sink.put(checksReads)
    phase.encode(into: &sink)
    sink.put(prefix)
    sink.put(thunkCount)
    sink.put(root.map { Value.map($0.thunks) })
    sink.put(root?.exists ?? false)
    sink.put(sorted: cache) { value, sink in value.encode(into: &sink) }
    transaction.encode(into: &sink)
    sink.put(attempts)
    sink.put(looks)
    sink.put(absent.sorted().map { Value.string($0) })
    sink.put(filled)
    sink.put(newRoot.thunks.pairs.elements ?? [])
    sink.put(newThunks.map { Value.string($0.name) })
    sink.put(newThunks.map(\.value))
  }
}

extension ThunkLayout.Phase: StablyEncodable {
  func encode(into sink: inout some ByteSink) {
    switch self {
    case .naming: sink.put(UInt8(0))
    case .readingRoot: sink.put(UInt8(1))
    case .loading(let thunk):
      sink.put(UInt8(2))
      sink.put(thunk)
    case .storing(let count):
      sink.put(UInt8(3))
      sink.put(count)
    case .exchanging: sink.put(UInt8(4))
    }
  }
}
