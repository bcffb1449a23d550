public import Histories

/// A generator that is not known yet: pending until an event from which a function can make it.
///
/// It is the value among promises. Jepsen's is delivered by another thread; here what is waited for
/// has to show in an event, so that a copy is as good as the original.
public struct Deferred: Generator {
  public typealias Function = @Sendable (Operation, GeneratorContext) -> (any Generator)?

  private var child: (any Generator)?
  private let function: Function

  public init(_ function: @escaping Function) { self.function = function }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    child?.next(context) ?? .pending
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    if child == nil {
      child = function(event, context)
    } else {
      child?.update(event, thread: thread, context)
    }
  }
}
