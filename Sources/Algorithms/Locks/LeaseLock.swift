public import Nodes
public import Values

/// A lock with leases and fencing tokens, and the storage that it protects, to be explored.
///
/// Gray and Cheriton, *Leases* (SOSP 1989), for the leases; Kleppmann, *How to do distributed
/// locking* (2016), for the tokens. The last member is the storage, the one before it the lock
/// server, and the others are clients, which acquire the lock, write once and release it:
///
/// - Each lease that the server grants has a token, which is higher than all before.
/// - A lease that expires is free for others, whatever its holder thinks or has sent. Where clocks stand
///   still, as in an exploration, it may expire at any time.
/// - The storage refuses a write whose token is below that of one that it has accepted.
public struct LeaseLock: Algorithm {
  public typealias Message = LeaseLockMessage

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// A client asks for the lock, or for what it is owed, once more.
    case retry
    /// The lock server takes the lease for over.
    case expire
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    /// The lock server's last token.
    case token
    /// The storage's accepted writes.
    case writes
  }

  public enum Role: UInt8, Hashable, Sendable {
    case client
    case server
    case storage
  }

  /// A write that the storage has accepted.
  public struct Write: Hashable, Sendable, StablyCodable {
    public var client: NodeID
    public var token: Int
  }

  public static let noFencing = PlantedBug(
    "no-fencing", "the storage accepts writes whatever their tokens",
    source: "Kleppmann, How to do distributed locking, 2016: a client that was paused writes late.",
    violates: ["mutual-exclusion"])
  public static let expiryKeepsToken = PlantedBug(
    "expiry-keeps-token", "a lease that follows one that has expired has the same token",
    source: "Kleppmann, 2016: the token increases every time a client acquires the lock.",
    violates: ["mutual-exclusion"])
  public static let volatileToken = PlantedBug(
    "volatile-token", "the lock server does not store its last token",
    source: "Burrows, The Chubby lock service, OSDI 2006: sequencers outlive fail-overs.",
    violates: ["mutual-exclusion"])
  public static let forgetfulStorage = PlantedBug(
    "forgetful-storage", "after a restart the storage accepts any token",
    source: "Kleppmann, 2016: the storage remembers that it has processed a higher token.",
    violates: ["mutual-exclusion"])

  public static let description = AlgorithmDescription(
    name: "lease-lock", summary: "A lock with leases and fencing tokens, and what it protects.",
    promise: "No write is accepted after one of a later holder of the lock.",
    assumptions: "Disks keep what was synced.",
    paper: "Kleppmann, How to do distributed locking, 2016; Gray and Cheriton, Leases, 1989.",
    bugs: [noFencing, expiryKeepsToken, volatileToken, forgetfulStorage], workloads: [],
    marks: ["lease-lock: a lease expired", "lease-lock: a late write was refused"],
    quorum: .all, messageTypes: LeaseLockMessage.kinds)

  private let role: Role
  private let server: NodeID
  private let storage: NodeID
  private let bugs: Set<String>

  /// A client's lease; the lock server's last one, which is durable.
  public private(set) var token = 0
  // The lock server.
  private var holder: NodeID?
  private var hasExpired = false
  // The storage: durable.
  public private(set) var writes: [Write] = []
  /// The highest token that it has accepted.
  private var highest = 0

  public init(_ configuration: Configuration) {
    let members = configuration.members
    server = members.dropLast().last ?? configuration.id
    storage = members.last ?? configuration.id
    role = configuration.id == storage ? .storage : configuration.id == server ? .server : .client
    bugs = configuration.bugs
  }

  public var isPrimary: Bool { role == .server }
  public var roleName: String { role == .server ? "lock server" : "\(role)" }
  public var status: String {
    switch role {
    case .client: token > 0 ? "client, with token \(token)" : "client"
    case .server: "lock server, \(holder == nil ? "free" : "held") with token \(token)"
    case .storage: "storage, \(writes.isEmpty ? "empty" : "written with token \(highest)")"
    }
  }

  public mutating func handle(_ event: Event<LeaseLock>, _ context: inout Context<LeaseLock>) {
    switch event {
    case .start(let files): start(files, &context)
    case .timer(.retry): ask(&context)
    case .timer(.expire): expire(&context)
    case .message(let peer, let message): receive(message, from: peer, &context)
    case .request, .answered, .completed: break
    }
  }

  private mutating func receive(
    _ message: LeaseLockMessage, from peer: NodeID, _ context: inout Context<LeaseLock>
  ) {
    switch message {
    case .acquire: grant(to: peer, &context)
    case .granted(let token): write(token, &context)
    case .write(let token): accept(Write(client: peer, token: token), &context)
    case .written(let token), .refused(let token): finish(token, &context)
    case .release(let token): release(token, of: peer, &context)
    }
  }

  private mutating func start(
    _ files: SurvivingFiles, _ context: inout Context<LeaseLock>
  ) {
    switch role {
    case .client: context.setTimer(.retry, after: .seconds(1))
    case .server:
      var source = ByteSource(files[File.token])
      token = source.integer() ?? 0
    case .storage:
      var source = ByteSource(files[File.writes])
      // What was torn was never acknowledged.
      while let write = Write(from: &source) { writes.append(write) }
      highest = bugs.contains(LeaseLock.forgetfulStorage.name) ? 0 : writes.last?.token ?? 0
    }
  }

  // MARK: A client

  private func ask(_ context: inout Context<LeaseLock>) {
    context.setTimer(.retry, after: .seconds(1))
    if token > 0 {
      context.send(.write(token), to: storage)
    } else {
      context.send(.acquire, to: server)
    }
  }

  private mutating func write(_ granted: Int, _ context: inout Context<LeaseLock>) {
    // Whoever holds the lock has a write to finish first.
    guard token == 0 else { return }
    token = granted
    context.send(.write(token), to: storage)
  }

  private mutating func finish(_ written: Int, _ context: inout Context<LeaseLock>) {
    guard written == token else { return }
    token = 0
    context.send(.release(written), to: server)
  }

  // MARK: The lock server

  private mutating func grant(to client: NodeID, _ context: inout Context<LeaseLock>) {
    guard holder == nil || holder == client else { return }
    if holder == nil {
      let isReused = hasExpired && bugs.contains(LeaseLock.expiryKeepsToken.name)
      if !isReused { token += 1 }
      hasExpired = false
      holder = client
      store(&context)
    }
    context.setTimer(.expire, after: .seconds(10))
    context.send(.granted(token), to: client)
  }

  private mutating func expire(_ context: inout Context<LeaseLock>) {
    context.mark(Mark(.sometimes, "lease-lock: a lease expired"))
    holder = nil
    hasExpired = true
  }

  private mutating func release(
    _ released: Int, of client: NodeID, _ context: inout Context<LeaseLock>
  ) {
    guard holder == client, released == token else { return }
    holder = nil
    context.cancelTimer(.expire)
  }

  private func store(_ context: inout Context<LeaseLock>) {
    guard !bugs.contains(LeaseLock.volatileToken.name) else { return }
    var buffer = ByteBuffer()
    buffer.put(token)
    context.replace(.token, with: buffer.bytes)
    context.sync()
  }

  // MARK: The storage

  private mutating func accept(_ write: Write, _ context: inout Context<LeaseLock>) {
    if write.token < highest && !bugs.contains(LeaseLock.noFencing.name) {
      context.mark(Mark(.sometimes, "lease-lock: a late write was refused"))
      return context.send(.refused(write.token), to: write.client)
    }
    if write != writes.last {
      highest = write.token
      writes.append(write)
      var buffer = ByteBuffer()
      write.encode(into: &buffer)
      context.append(buffer.bytes, to: .writes)
      context.sync()
    }
    context.send(.written(write.token), to: write.client)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(token)
    sink.put(holder)
    sink.put(hasExpired)
    sink.put(writes)
    sink.put(highest)
  }
}

extension LeaseLock.Write {
  public func encode(into sink: inout some ByteSink) {
    sink.put(client)
    sink.put(token)
  }

  public init?(from source: inout ByteSource) {
    guard let client = NodeID(from: &source), let token = source.integer() else { return nil }
    self.init(client: client, token: token)
  }
}

extension LeaseLock: RenamableNode {
  public static func interchangeable(_ members: [NodeID]) -> [NodeID] { members.dropLast(2) }

  public func renamed(_ renaming: Renaming) -> LeaseLock {
    var renamed = self
    renamed.holder = holder.map { renaming[$0] }
    for place in writes.indices { renamed.writes[place].client = renaming[writes[place].client] }
    return renamed
  }

  public func knowledge(of other: NodeID) -> UInt64 {
    var known: UInt64 = holder == other ? 1 : 0
    for write in writes { known = known << 1 | (write.client == other ? 1 : 0) }
    return known
  }
}
