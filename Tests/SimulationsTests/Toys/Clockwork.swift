import Nodes
import Values

/// Notes what its clocks show whenever one of its timers fires.
struct Clockwork: Node {
  enum Timer: UInt8, CaseIterable {
    /// Fires every ten milliseconds.
    case tick = 7
    /// Is set at start to fire after 25 ms, but cancelled by the tick at 20 ms.
    case cancelled = 3
    /// Is put off by each tick, so that it fires only when ticks cease.
    case watchdog = 1
    /// Is set anew at the first tick to fire sooner than it was to.
    case hastened = 9
    /// Fires once, 55 ms after the start.
    case once = 0
    /// Is due with `once` but cancelled by it.
    case beaten = 250
  }

  struct Firing: Hashable {
    var timer: Timer
    var now: Nanoseconds
    var wall: Nanoseconds
  }

  typealias Message = Pinger.Ping
  typealias File = NoFile

  var firings: [Firing] = []
  var ticks = 0

  init(_ configuration: Configuration) {}

  mutating func handle(_ event: Event<Clockwork>, _ context: inout Context<Clockwork>) {
    switch event {
    case .start:
      context.setTimer(.tick, after: .milliseconds(10))
      context.setTimer(.cancelled, after: .milliseconds(25))
      context.setTimer(.watchdog, after: .milliseconds(15))
      context.setTimer(.hastened, after: .seconds(10))
      context.setTimer(.once, after: .milliseconds(55))
      context.setTimer(.beaten, after: .milliseconds(55))
    case .timer(let timer):
      firings.append(Firing(timer: timer, now: context.now, wall: context.wallClock))
      if timer == .once { context.cancelTimer(.beaten) }
      if timer == .tick { tick(&context) }
    case .message, .request, .answered, .completed: break
    }
  }

  private mutating func tick(_ context: inout Context<Clockwork>) {
    ticks += 1
    if ticks == 1 { context.setTimer(.hastened, after: .milliseconds(3)) }
    if ticks == 2 { context.cancelTimer(.cancelled) }
    context.setTimer(.tick, after: .milliseconds(10))
    context.setTimer(.watchdog, after: .milliseconds(15))
  }

  /// When a timer fired, by the node's monotonic clock.
  func times(of timer: Timer) -> [Nanoseconds] {
    firings.filter { $0.timer == timer }.map(\.now)
  }

  func encode(into sink: inout some ByteSink) { sink.put(ticks) }
}
