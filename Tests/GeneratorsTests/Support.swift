import Generators
import Histories
import Values

/// Operations named `f` with the values 0, 1, 2 and so on, without end.
func numbers(_ f: String = "write") -> any Generator {
  Generate(seed: 0, state: 0) { next, _, context in
    defer { next += 1 }
    return Invocation(f: f, value: .integer(next), in: context)
  }
}

/// Operations named `f` with the values 0 ..< `count`.
func numbers(_ f: String = "write", to count: Int) -> any Generator {
  Script((0..<count).map { Draft(f, .integer($0)) })
}

extension GeneratorSimulation.Run {
  /// The invocations' names and values, in order.
  var sequence: [String] {
    invocations.map { "\($0.f) \($0.value.integer.map(String.init) ?? "")" }
  }

  var fs: [String] { invocations.map(\.f) }
  var times: [Nanoseconds] { invocations.map(\.time) }
  var values: [Int?] { invocations.map(\.value.integer) }
  var threads: [Int] { steps.filter { $0.invocation != nil }.map(\.thread) }

  /// Each step as a word: `5:1:read` is an invocation on thread 1 at time 5, `ok` and the like
  /// precede completions.
  var golden: [String] {
    steps.map { step in
      switch step.content {
      case .operation(let operation):
        let type = operation.type == .invoke ? "" : "\(operation.type) "
        return "\(type)\(step.time):\(step.thread):\(operation.f)"
      case .sleep(let duration): return "\(step.time):\(step.thread):sleep \(duration)"
      case .log(let message): return "\(step.time):\(step.thread):log \(message)"
      }
    }
  }
}

/// A world in which the given threads are busy.
func world(
  concurrency: Int = 2, time: Nanoseconds = 0, busy: [Int] = [], turn: UInt64 = 0
) -> GeneratorContext {
  var context = GeneratorContext(concurrency: concurrency, time: time, turn: turn)
  for thread in busy { context.idle.remove(thread) }
  return context
}

extension Offer {
  var invocation: Invocation? {
    if case .invocation(let invocation) = self { invocation } else { nil }
  }
}

/// One client, no latency: what a generator does in what order.
struct Alone {
  func run(_ generator: any Generator) -> GeneratorSimulation.Run {
    GeneratorSimulation(concurrency: 1, latency: 0).run(Clients(generator))
  }
}

let alone = Alone()
