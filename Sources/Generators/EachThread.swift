public import Histories
import Values

/// A copy of its child for each thread; each sees only its thread and gets only its updates.
public struct EachThread: Generator {
  private var copies: Copies

  public init(_ child: any Generator) { copies = Copies(of: child, renewed: false) }

  public mutating func next(_ context: GeneratorContext) -> Offer { copies.next(context) }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    copies.update(event, thread: thread, context)
  }
}

/// A copy of its child for each process; each sees only its thread and gets only its updates.
///
/// A thread whose process crashed begins a new copy.
public struct EachProcess: Generator {
  private var copies: Copies

  public init(_ child: any Generator) { copies = Copies(of: child, renewed: true) }

  public mutating func next(_ context: GeneratorContext) -> Offer { copies.next(context) }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    copies.update(event, thread: thread, context)
  }
}

/// Copies of a generator, one for each thread or process.
private struct Copies: Sendable {
  struct Copy: Sendable {
    var process: Process
    var generator: any Generator
  }

  let original: any Generator
  /// Whether a new process of a thread gets a new copy.
  let isRenewed: Bool
  /// By thread; nothing where there is none yet.
  var copies: [Copy?] = []
  /// The threads whose copies are exhausted.
  var exhausted = ThreadSet()

  init(of original: any Generator, renewed: Bool) {
    self.original = original
    isRenewed = renewed
  }

  func copy(for thread: Int, _ process: Process) -> Copy {
    if thread < copies.count, let copy = copies[thread], !isRenewed || copy.process == process {
      return copy
    }
    return Copy(process: process, generator: original)
  }

  mutating func keep(_ copy: Copy, for thread: Int) {
    while copies.count <= thread { copies.append(nil) }
    copies[thread] = copy
  }

  /// Threads whose process is another than the exhausted copy's have something to do again.
  mutating func renew(_ context: GeneratorContext) {
    guard isRenewed, !exhausted.isEmpty else { return }
    for thread in exhausted.elements
    where thread >= copies.count || copies[thread]?.process != context.process(of: thread) {
      exhausted.remove(thread)
    }
  }

  mutating func next(_ context: GeneratorContext) -> Offer {
    renew(context)
    var draws = context.tieBreaker
    var view = context.belowChoice
    var candidates = context.free.subtracting(exhausted)
    var best: (invocation: Invocation, copy: Copy)?
    while !candidates.isEmpty {
      let thread = candidates.element(at: draws.below(candidates.count))
      candidates.remove(thread)
      view.threads = ThreadSet(CollectionOfOne(thread))
      var copy = copy(for: thread, context.process(of: thread))
      switch copy.generator.next(view) {
      case .invocation(let invocation):
        if invocation.time <= context.time {
          keep(copy, for: thread)
          return .invocation(invocation)
        }
        if let soonest = best?.invocation.time, soonest <= invocation.time { continue }
        best = (invocation, copy)
      case .pending:
        keep(copy, for: thread)
      case .exhausted:
        keep(copy, for: thread)
        exhausted.insert(thread)
      }
    }
    if let best {
      keep(best.copy, for: best.invocation.thread)
      return .invocation(best.invocation)
    }
    // A busy thread may crash, and its next process would begin anew.
    let finished = isRenewed ? exhausted.intersection(context.idle) : exhausted
    return context.threads.isSubset(of: finished) ? .exhausted : .pending
  }

  mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    guard context.threads.contains(thread) else { return }
    var copy = copy(for: thread, event.process)
    copy.generator.update(
      event, thread: thread, context.restricted(to: ThreadSet(CollectionOfOne(thread))))
    keep(copy, for: thread)
  }
}
