/// Decides one object's history on integers, in steps that can be interrupted and resumed.
///
/// Wing and Gong's search (*Testing and verifying concurrent objects*, 1993) with Lowe's memory of
/// configurations and just-in-time linearization (*Testing for linearizability*, CCPE 2017): the
/// search branches only where an operation returns that has not taken effect yet. A configuration
/// holds the operations that are open at an event, not all operations, so it stays small however
/// long the history. Operations that never change the state take effect as soon as they can, which
/// loses nothing: it leaves the state alone and only lifts a duty. Crashed operations may take
/// effect at any later time; of those that do the same only the first unused may be next.
///
/// `Search+Outlook.swift` says when it turns back early, `Search+Children.swift` how it branches.
struct Search<M: Mask>: ~Copyable {
  /// A configuration on the way from the beginning, with what is still to be tried there.
  struct Frame {
    var configuration: Configuration<M>
    /// What is next to be tried.
    var cursor: Int32 = 0
    /// The parts of the state that matter to the operation that returns.
    var parts: UInt64 = ~0
  }

  /// One step of the record of a search: an operation took effect after another step.
  struct Step {
    var operation: Int32
    var previous: Int32
    var state: Int32
  }

  let placement: Placement
  let transitions: Transitions
  let machine: StateMachine
  let isRecording: Bool
  let footprints: Footprints

  // Where the search stands among the events, and what is open there.
  var position = 0
  let occupants: Column<Int32>
  var openPure: M
  var openChanging: M
  var available: M

  var frames = Column<Frame>()
  var current: Configuration<M>?
  var seen: ConfigurationTable<M>
  /// The event that no order passes, as far as the search knows.
  var furthest = -1
  /// Where all configurations stand that are possible at one event, in a search by levels.
  var level = Level<M>()
  /// The calls of the model's step function so far.
  var steps = 0
  /// How operations took effect, when that is recorded.
  private var record = Column<Step>()
  /// The configurations that got stuck at the furthest event, when that is recorded.
  private var stuck: [Configuration<M>] = []

  init(_ placement: consuming Placement, _ transitions: Transitions, isRecording: Bool) {
    self.transitions = transitions
    self.isRecording = isRecording
    machine = transitions.machine ?? .none
    footprints =
      placement.isTransparent || isRecording ? Footprints() : Footprints(placement, machine)
    occupants = Column(repeating: -1, count: placement.slots)
    let bits = placement.bits
    let empty = M(bits: bits)
    (openPure, openChanging, available) = (empty, empty, empty)
    var size = 64
    while size < placement.places.count && size < 4096 { size *= 2 }
    seen = ConfigurationTable(bits: bits, hasOptional: placement.crashed.count > 0, size: size)
    current = Configuration(
      event: 0, state: placement.initial, required: empty, optional: empty, step: -1)
    self.placement = placement
  }

  /// What the search holds in memory, beside the history.
  var bytes: Int { seen.bytes + restBytes }

  var restBytes: Int {
    frames.bytes + record.bytes + machine.bytes + level.bytes
      + (frames.count + level.count) * 2 * available.bytes
  }

  /// The ways to the furthest event, when they are recorded.
  ///
  /// Each is the operations that took effect, with the state after each.
  var dead: [[(operation: Int, state: Int32)]] {
    stuck.map { configuration in
      var order: [(operation: Int, state: Int32)] = []
      var next = configuration.step
      while next >= 0 {
        let step = record[Int(next)]
        order.append((Int(step.operation), step.state))
        next = step.previous
      }
      return order.reversed()
    }
  }

  /// Searches on for about `limit` steps, within `memory` bytes.
  mutating func run(steps limit: Int, memory: Int) -> SearchOutcome {
    if level.isUsed { return runLevels(steps: limit, memory: memory) }
    let end = steps + limit
    var rest = min(steps + Self.stretch, end)
    seen.raise(limit: memory - restBytes)
    while true {
      if var configuration = current {
        current = nil
        repeat {
          guard advance(&configuration) else { return .valid }
        } while tidy(&configuration)
        enter(configuration)
      }
      guard frames.count > 0 else { return .invalid(event: furthest) }
      current = nextChild()
      if steps >= rest {
        guard fits(within: memory) else { return .outOfMemory }
        if steps >= end { return .interrupted }
        rest = min(steps + Self.stretch, end)
      }
    }
  }

  /// How many steps pass between looks at the memory.
  static var stretch: Int { 1 << 14 }

  /// Sees to it that the search can go on within `memory` bytes.
  ///
  /// The table is an accelerator, so it may shrink; what else there is does so only if the machine
  /// can forget the states that no configuration is in.
  private mutating func fits(within memory: Int) -> Bool {
    if bytes <= memory { return true }
    if restBytes > memory / 2 { forgetStates() }
    guard restBytes <= memory / 2 else { return false }
    seen.limit = memory - restBytes
    seen.shrink()
    return true
  }

  private mutating func forgetStates() {
    guard machine.canForget && !isRecording else { return }
    var places: [Int32: Int] = [:]
    var kept: [Int32] = []
    func keep(_ state: Int32) {
      guard places[state] == nil else { return }
      places[state] = kept.count
      kept.append(state)
    }
    for place in 0..<frames.count { keep(frames[place].configuration.state) }
    if let configuration = current { keep(configuration.state) }
    let numbers = machine.keep(kept)
    for place in 0..<frames.count {
      let frame = frames.base + place
      let state = frame.pointee.configuration.state
      frame.pointee.configuration.state = places[state].map { numbers[$0] } ?? state
    }
    if let state = current?.state { current?.state = places[state].map { numbers[$0] } ?? state }
    seen.removeAll()
  }

  /// Puts a configuration on the way, unless it can't lead anywhere or has been tried.
  @inline(__always)
  mutating func enter(_ configuration: Configuration<M>) {
    if isHopeless(configuration) { return }
    if seen.isCrowded { seen.makeRoom() }
    guard seen.insert(configuration) else { return }
    note(configuration)
    var frame = Frame(configuration: configuration)
    if footprints.areKnown { frame.parts = connectedParts(configuration) }
    frames.append(frame)
  }

  @inline(__always)
  mutating func append(_ operation: Int32, _ configuration: inout Configuration<M>) {
    guard isRecording else { return }
    record.append(
      Step(
        operation: operation, previous: configuration.step,
        state: placement.code(of: configuration.state)))
    configuration.step = Int32(record.count - 1)
  }

  /// The operation of an event.
  func operation(at event: Int) -> Int32 { placement.events[event] >> 1 }

  @inline(__always)
  private mutating func note(_ configuration: Configuration<M>) {
    if position > furthest {
      furthest = position
      if isRecording { stuck.removeAll(keepingCapacity: true) }
    }
    if isRecording && position == furthest { stuck.append(configuration) }
  }
}
