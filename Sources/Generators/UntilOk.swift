public import Histories

/// Its child, until one of its operations completes with `ok`.
public struct UntilOk: Generator {
  private var child: any Generator
  private var outstanding = ThreadSet()
  private var isDone = false

  public init(_ child: any Generator) { self.child = child }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard !isDone else { return .exhausted }
    let offer = child.next(context)
    if case .invocation(let invocation) = offer, invocation.action == .call {
      outstanding.insert(invocation.thread)
    }
    return offer
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
    guard event.type != .invoke, outstanding.contains(thread) else { return }
    outstanding.remove(thread)
    if event.type == .ok { isDone = true }
  }
}
