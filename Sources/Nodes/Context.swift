public import Values

/// All that a node can see of the world and ask of it while it handles one event.
public struct Context<N: Node>: Sendable {
  /// Monotonic time, on which timers run: it may drift but never steps.
  public var now: Nanoseconds
  /// The wall clock: it may be offset, stepped and frozen.
  public var wallClock: Nanoseconds
  /// What was asked for so far, in order.
  public var effects: [Effect<N>] = []
  /// Where answers to ``choose(below:site:)`` come from.
  public var choices: Choices

  @inlinable
  public init(now: Nanoseconds = 0, wallClock: Nanoseconds = 0, choices: Choices) {
    self.now = now
    self.wallClock = wallClock
    self.choices = choices
  }

  /// Sends a message over the network, which may lose, delay, duplicate and reorder it.
  ///
  /// It leaves only when every sync that was asked for before it has succeeded.
  @inlinable
  public mutating func send(_ message: N.Message, to peer: NodeID) {
    effects.append(.send(to: peer, message))
  }

  /// Answers a request that this node received since it started; waits for syncs as `send` does.
  @inlinable
  public mutating func reply(_ reply: Reply, to request: RequestID) {
    effects.append(.reply(request, reply))
  }

  /// Asks a service; the answer, if one ever comes, is an event with the same token.
  @inlinable
  public mutating func call(_ service: Service, _ request: Request, token: Token) {
    effects.append(.call(service, request, token))
  }

  /// Sets a timer, replacing it if it is set; the delay is drawn by the host.
  @inlinable
  public mutating func setTimer(_ timer: N.Timer, within delays: ClosedRange<Nanoseconds>) {
    effects.append(.setTimer(timer, within: delays))
  }

  /// Sets a timer, replacing it if it is set.
  @inlinable
  public mutating func setTimer(_ timer: N.Timer, after delay: Nanoseconds) {
    effects.append(.setTimer(timer, within: delay...delay))
  }

  /// A cancelled timer never fires, even if it was already due.
  @inlinable
  public mutating func cancelTimer(_ timer: N.Timer) { effects.append(.cancelTimer(timer)) }

  @inlinable
  public mutating func append(_ bytes: [UInt8], to file: N.File) {
    effects.append(.store(file, .append(bytes)))
  }

  @inlinable
  public mutating func write(_ bytes: [UInt8], to file: N.File, at position: Int) {
    effects.append(.store(file, .write(at: position, bytes)))
  }

  @inlinable
  public mutating func truncate(_ file: N.File, to count: Int) {
    effects.append(.store(file, .truncate(count)))
  }

  @inlinable
  public mutating func replace(_ file: N.File, with bytes: [UInt8]) {
    effects.append(.store(file, .replace(bytes)))
  }

  @inlinable
  public mutating func read(_ range: Range<Int>, of file: N.File, token: Token) {
    effects.append(.store(file, .read(range, token)))
  }

  /// Makes all storage operations so far durable before anything that is sent after this leaves.
  ///
  /// When it fails the host stops the node, unless it carries a token: then the node is told.
  @inlinable
  public mutating func sync(token: Token? = nil) { effects.append(.sync(token)) }

  /// Reports that this place was reached.
  @inlinable
  public mutating func mark(_ mark: Mark) { effects.append(.mark(mark)) }

  /// Writes a line to the node's log.
  @inlinable
  public mutating func log(_ line: @autoclosure () -> String) { effects.append(.log(line())) }

  /// Chooses in `0..<bound` where a choice changes what the node does.
  ///
  /// - Parameter site: Labels the choice for people; it never enters the draw.
  @inlinable
  public mutating func choose(below bound: Int, site: StaticString) -> Int {
    choices.choose(below: bound)
  }
}
