import Algorithms
import Testing
import Values

@Suite("Causal contexts")
struct CausalContextTests {
  @Test("dots beyond a gap are known, and counted once it is closed")
  func gaps() {
    let node = NodeID(1)
    var context = CausalContext([Dot(node, 1), Dot(node, 3), Dot(node, 4)])
    #expect(context.contains(Dot(node, 3)) && !context.contains(Dot(node, 2)))
    #expect(!context.contains(Dot(NodeID(0), 1)))
    context.insert(Dot(node, 2))
    #expect(context == CausalContext((1...4).map { Dot(node, $0) }))
  }

  @Test("a union is the same in whatever order and groups its dots come", arguments: 0..<50)
  func unions(seed: UInt64) {
    var draws = Draws(seed: seed)
    let dots = (0..<12).map { _ in Dot(NodeID(draws.below(3)), 1 + draws.below(5)) }
    var left = CausalContext(dots.prefix(6))
    let right = CausalContext(dots.suffix(6))
    left.merge(right)
    #expect(left == CausalContext(draws.shuffled(dots)))
    for node in 0..<3 {
      for number in 1..<6 {
        let dot = Dot(NodeID(node), number)
        #expect(left.contains(dot) == dots.contains(dot))
      }
    }
    var source = ByteSource(left.encoded)
    #expect(CausalContext(from: &source) == left && source.remaining == 0)
  }
}
