public import Histories

/// Shares its threads out: the first few to one generator, the next few to another, the rest to the
/// last.
///
/// Threads are counted among those that the reserve may use, so it works inside of other
/// restrictions. Of several operations due, one is taken with a probability in proportion to its
/// generator's threads. Updates go to the generator of the thread.
public struct Reserve: Generator {
  private var children: [any Generator]
  private let counts: [Int]
  private var layout: Layout?

  /// Which threads each child has, of the threads that they are shared out from.
  private struct Layout: Sendable {
    var threads: ThreadSet
    var shares: [ThreadSet]
    var sizes: [Int]
  }

  /// - Precondition: Counts are above 0.
  public init(_ shares: [(count: Int, generator: any Generator)], rest: any Generator) {
    precondition(shares.allSatisfy { $0.count > 0 }, "a share has at least one thread")
    counts = shares.map(\.count)
    children = shares.map(\.generator) + [rest]
  }

  /// - Precondition: There are as many threads as the counts add up to.
  private mutating func share(_ threads: ThreadSet) -> Layout {
    if let layout, layout.threads == threads { return layout }
    let total = counts.reduce(0, +)
    let all = threads.elements
    precondition(total <= all.count, "\(all.count) threads can't be shared out as \(counts)")
    var shares: [ThreadSet] = []
    var start = 0
    for count in counts + [all.count - total] {
      shares.append(ThreadSet(all[start..<start + count]))
      start += count
    }
    let layout = Layout(threads: threads, shares: shares, sizes: shares.map(\.count))
    self.layout = layout
    return layout
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let layout = share(context.threads)
    // A child without threads could never do anything, so what it has left doesn't count.
    if layout.sizes.last == 0 { children[children.count - 1] = Nothing() }
    return takeSoonest(of: &children, weights: layout.sizes, context) {
      $1.restricted(to: layout.shares[$0])
    }.offer
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    let layout = share(context.threads)
    guard let place = layout.shares.firstIndex(where: { $0.contains(thread) }) else { return }
    children[place].update(
      event, thread: thread, context.restricted(to: layout.shares[place]))
  }
}
