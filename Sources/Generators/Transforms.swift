public import Histories

/// Its child's operations, changed by a function; sleeps and messages stay as they are.
public struct Map: Generator {
  public typealias Function = @Sendable (Invocation, GeneratorContext) -> Invocation

  private var child: any Generator
  private let function: Function

  public init(_ child: any Generator, _ function: @escaping Function) {
    self.child = child
    self.function = function
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let offer = child.next(context)
    guard case .invocation(let invocation) = offer, invocation.action == .call else { return offer }
    return .invocation(function(invocation, context))
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}

/// Its child's operations under other names; names that are not in the table stay.
///
/// Updates go to the child under the names that it knows.
public struct FMap: Generator {
  private var child: any Generator
  private let names: [String: String]
  private let originals: [String: String]

  /// - Precondition: No two names become one.
  public init(_ names: [String: String], _ child: any Generator) {
    self.names = names
    originals = Dictionary(uniqueKeysWithValues: names.map { ($1, $0) })
    self.child = child
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let offer = child.next(context)
    guard case .invocation(var invocation) = offer, let name = names[invocation.f] else {
      return offer
    }
    invocation.f = name
    return .invocation(invocation)
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    var event = event
    event.f = originals[event.f] ?? event.f
    child.update(event, thread: thread, context)
  }
}

/// Those of its child's operations that a function wants; the others are dropped.
///
/// Sleeps and messages stay.
public struct Filter: Generator {
  public typealias Function = @Sendable (Invocation) -> Bool

  private var child: any Generator
  private let isWanted: Function

  public init(_ child: any Generator, _ isWanted: @escaping Function) {
    self.child = child
    self.isWanted = isWanted
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    for _ in 0..<fruitlessAttemptsMax {
      let offer = child.next(context)
      guard case .invocation(let invocation) = offer, invocation.action == .call,
        !isWanted(invocation)
      else { return offer }
    }
    preconditionFailure("a filter dropped \(fruitlessAttemptsMax) operations in a row")
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}

/// Its child, with a function in place of its child's way to take note of events.
public struct OnUpdate: Generator {
  public typealias Function =
    @Sendable (inout any Generator, Operation, _ thread: Int, GeneratorContext) -> Void

  private var child: any Generator
  private let function: Function

  public init(_ child: any Generator, _ function: @escaping Function) {
    self.child = child
    self.function = function
  }

  /// A generator that takes note of nothing.
  public static func ignored(by child: any Generator) -> OnUpdate {
    OnUpdate(child) { _, _, _, _ in }
  }

  public mutating func next(_ context: GeneratorContext) -> Offer { child.next(context) }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    function(&child, event, thread, context)
  }
}
