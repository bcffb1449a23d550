import Values

/// Asks children, in a random order by weight, and takes the soonest operation that they offer.
///
/// Of several operations due now, each is taken with a probability in proportion to its child's
/// weight, among those that offer one. Children that are not chosen stay as they were.
///
/// - Parameters:
///   - asksAll: Whether all are asked even when an operation is due, so that the answer can say
///     that one of them is exhausted.
///   - view: What a child is to see of the world.
/// - Returns: The soonest operation, else pending when a child is, else exhausted; and whether an
///   exhausted child was seen.
func takeSoonest(
  of children: inout [any Generator], weights: [Int], asksAll: Bool = false,
  _ context: GeneratorContext, view: (Int, GeneratorContext) -> GeneratorContext
) -> (offer: Offer, sawExhausted: Bool) {
  let below = context.belowChoice
  var order = RandomOrder(weights: weights, draws: context.tieBreaker)
  var best: (invocation: Invocation, place: Int, child: any Generator)?
  var isPending = false
  var sawExhausted = false
  while let place = order.next() {
    var child = children[place]
    switch child.next(view(place, below)) {
    case .invocation(let invocation):
      if let soonest = best?.invocation.time, soonest <= invocation.time { continue }
      if !asksAll && invocation.time <= context.time {
        children[place] = child
        return (.invocation(invocation), sawExhausted)
      }
      best = (invocation, place, child)
    case .pending:
      isPending = true
      children[place] = child
    case .exhausted:
      sawExhausted = true
      children[place] = Nothing()
    }
  }
  guard let best else { return (isPending ? .pending : .exhausted, sawExhausted) }
  children[best.place] = best.child
  return (.invocation(best.invocation), sawExhausted)
}

/// Places in a random order: of those that are left, each is next with a probability in proportion
/// to its weight.
private struct RandomOrder {
  let weights: [Int]
  var draws: Draws
  var left: ThreadSet
  var weightLeft: Int

  init(weights: [Int], draws: Draws) {
    self.weights = weights
    self.draws = draws
    left = ThreadSet(weights.indices)
    weightLeft = 0
    for weight in weights { weightLeft += weight }
  }

  mutating func next() -> Int? {
    guard !left.isEmpty else { return nil }
    var remainder = weightLeft > 0 ? draws.below(weightLeft) : 0
    for place in weights.indices where left.contains(place) {
      if remainder < weights[place] || weightLeft == 0 {
        left.remove(place)
        weightLeft -= weights[place]
        return place
      }
      remainder -= weights[place]
    }
    preconditionFailure("the weights \(weights) don't add up to what is left, \(weightLeft)")
  }
}
