import Generators
import Testing
import Values

@Suite struct ThreadSetTests {
  @Test(arguments: UInt64(0)..<40)
  func `a thread set does what a set of integers does`(seed: UInt64) {
    var draws = Draws(seed: seed)
    var mine = (ThreadSet(), ThreadSet())
    var model = (Set<Int>(), Set<Int>())
    for _ in 0..<60 {
      let thread = draws.below(200)
      mine.0.insert(thread)
      model.0.insert(thread)
      let other = draws.below(130)
      mine.1.insert(other)
      model.1.insert(other)
      let removed = draws.below(200)
      mine.0.remove(removed)
      model.0.remove(removed)
    }
    #expect(mine.0.elements == model.0.sorted())
    #expect(mine.0.count == model.0.count)
    #expect(mine.0.elements.indices.allSatisfy { mine.0.element(at: $0) == mine.0.elements[$0] })
    #expect(mine.0.intersection(mine.1).elements == model.0.intersection(model.1).sorted())
    #expect(mine.0.subtracting(mine.1).elements == model.0.subtracting(model.1).sorted())
    #expect(mine.0.intersects(mine.1) == !model.0.isDisjoint(with: model.1))
    #expect(mine.0.intersection(mine.1).isSubset(of: mine.1))
    #expect(mine.0.isSubset(of: mine.1) == model.0.isSubset(of: model.1))
    #expect(mine.0.subtracting(mine.0).isEmpty)
    #expect((0..<220).allSatisfy { mine.0.contains($0) == model.0.contains($0) })
  }

  @Test func `sets are equal when they hold the same, whatever was in them before`() {
    var set = ThreadSet([3, 150])
    set.remove(150)
    #expect(set == ThreadSet([3]))
    #expect(ThreadSet([1, 190]).subtracting(ThreadSet([190])) == ThreadSet([1]))
    #expect(ThreadSet([1, 190]).intersection(ThreadSet([1, 191])) == ThreadSet([1]))
  }
}
