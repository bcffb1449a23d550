import Environments
import Generators
import Histories
import Nemeses
import Values

/// A run taken apart into what clients ask and what breaks, so that each can be left out.
struct Script: Sendable {
  /// An operation that a client begins.
  struct Request: Sendable {
    /// Since the main phase began.
    var time: Nanoseconds
    /// The client's thread, which says which node it asks.
    var thread: Int
    var f: String
    var value: Value
    var extra: ValueMap
  }

  /// Something that breaks, and its end where that comes before everything is healed.
  struct Disruption: Sendable {
    var start: ScheduledFault
    var end: ScheduledFault?
  }

  /// All else: the system, its nodes, the seed.
  var base: Plan
  var requests: [Request]
  var disruptions: [Disruption]

  var seed: UInt64 {
    get { base.seed }
    set { base.seed = newValue }
  }

  /// Takes a run apart.
  ///
  /// - Parameters:
  ///   - plan: What ran, with nothing left to be drawn.
  ///   - recording: What its clients did.
  ///   - began: When the main phase began, in the run's time.
  ///   - ambushed: What its faults did that came at marks.
  ///   - demandsProgress: Whether the demand for progress is kept; else what clients asked meanwhile is
  ///     like all else that they asked.
  init(
    _ plan: Plan, _ recording: InvocationRecorder, began: Nanoseconds,
    ambushed: [ScheduledFault], demandsProgress: Bool
  ) throws {
    let test = try Test(plan)
    base = plan
    if !demandsProgress, let liveness = plan.liveness {
      base.liveness = nil
      base.timeLimit += liveness
    }
    let concurrency = plan.concurrency
    let invocations = recording.invocations.filter { $0.time >= began }
    // What comes when the main phase is over, to show progress or the final state, is not among them.
    if plan.operations == nil, base.liveness == nil, let first = invocations.first {
      base.timeLimit += first.time - began
    }
    let end = base.timeLimit
    requests = invocations.compactMap { operation in
      guard operation.time - began < end, case .client(let process) = operation.process else {
        return nil
      }
      return Request(
        time: operation.time - began, thread: process % concurrency, f: operation.f,
        value: operation.value, extra: operation.extra)
    }
    disruptions = Script.pairs(of: test.schedule + ambushed)
    base.strikesAtMarks = false
  }

  static func pairs(of schedule: [ScheduledFault]) -> [Disruption] {
    var disruptions: [Disruption] = []
    for fault in schedule {
      if fault.breaks {
        disruptions.append(Disruption(start: fault))
      } else if let open = disruptions.lastIndex(where: {
        $0.start.family == fault.family && $0.end == nil
      }) {
        disruptions[open].end = fault
      }
    }
    return disruptions
  }

  /// What breaks and what mends it, in order.
  var schedule: [ScheduledFault] {
    (disruptions.map(\.start) + disruptions.compactMap(\.end)).inOrder
  }

  /// The plan that does just this.
  var plan: Plan {
    var plan = base
    let names = NodeNames(plan.nodes)
    plan.isSwarm = false
    plan.concurrency = (requests.map(\.thread).max() ?? 0) + 1
    plan.operations = requests.map { request in
      Timetable.Line(
        time: request.time, thread: request.thread, f: request.f,
        value: request.value, extra: request.extra
      ).planValue
    }
    plan.faults = schedule.map { $0.value(names) }
    var families: [String] = []
    for disruption in disruptions where !families.contains(disruption.start.family.rawValue) {
      families.append(disruption.start.family.rawValue)
    }
    plan.nemesis = families.isEmpty ? ["none"] : families
    return plan
  }
}
