public import Histories

/// The soonest operation of any child; of several at the same time a random one, by weight.
///
/// Exhausted when all children are. Updates go to all of them.
public struct AnyOf: Generator {
  private var children: [any Generator]
  private let weights: [Int]

  public init(_ children: [any Generator], weights: [Int]? = nil) {
    precondition(
      weights == nil || weights?.count == children.count,
      "\(children.count) children need as many weights, not \(weights?.count ?? 0)")
    precondition(
      weights?.allSatisfy { $0 > 0 } ?? true, "weights are above 0, not \(weights ?? [])")
    self.children = children
    self.weights = weights ?? Array(repeating: 1, count: children.count)
  }

  public init(_ children: any Generator...) { self.init(children) }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    takeSoonest(of: &children, weights: weights, context) { $1 }.offer
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    for place in children.indices { children[place].update(event, thread: thread, context) }
  }
}

/// The soonest operation of any child, until one of them is exhausted.
///
/// Updates go to all of them.
public struct ShortestAny: Generator {
  private var children: [any Generator]
  private let weights: [Int]

  public init(_ children: [any Generator]) {
    self.children = children
    weights = Array(repeating: 1, count: children.count)
  }

  public init(_ children: any Generator...) { self.init(children) }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let (offer, sawExhausted) = takeSoonest(
      of: &children, weights: weights, asksAll: true, context
    ) { $1 }
    return sawExhausted ? .exhausted : offer
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    for place in children.indices { children[place].update(event, thread: thread, context) }
  }
}
