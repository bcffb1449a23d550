import Foundation
import Testing
import Values

@Suite("Draws")
struct DrawsTests {
  @Test(
    "draws are SplitMix64's in counter mode, for ever",
    arguments: [
      (0, 0, [0x568a_9b0b_1a2c_05ec, 0x44e5_b8b1_47ef_718b, 0x4585_63ab_5552_1133]),
      (1, 2, [0xace3_1fb1_daf5_48c7, 0xa5d8_1408_311c_ab5a, 0x47c6_75ee_3ee6_4ccc]),
      (.max, .max, [0x97c5_3905_c4f5_21a3, 0x220f_3ab1_0d7f_df18]),
    ] as [(UInt64, UInt64, [UInt64])])
  func known(seed: UInt64, stream: UInt64, words: [UInt64]) {
    var draws = Draws(seed: seed, stream: stream)
    #expect(words.map { _ in draws.next() } == words)
    var second = Draws(seed: seed, stream: stream, number: 1)
    #expect(second.next() == words[1])
  }

  @Test("children and bounded draws have known values")
  func knownDerived() {
    var child = Draws(seed: 7).child(3)
    #expect([child.next(), child.next()] == [0x2713_6937_0335_f812, 0xf9fd_5e83_973d_8c95])
    var draws = Draws(seed: 42)
    #expect((0..<12).map { _ in draws.below(10) } == [7, 3, 7, 6, 0, 9, 5, 1, 9, 2, 5, 2])
    #expect(draws.number == 12)
  }

  @Test("draws keep their bounds", arguments: 0..<10 as Range<UInt64>)
  func bounds(seed: UInt64) {
    var draws = Draws(seed: seed)
    let ranges: [ClosedRange<Int64>] = [
      0...0, -3...3, .min ... .max, .min ... .min, .max ... .max, .min...0, -1 ... .max,
    ]
    for bound in [1, 2, 3, 10, 1 << 40, Int.max] {
      for _ in 0..<100 { #expect((0..<bound).contains(draws.below(bound))) }
    }
    for range in ranges {
      for _ in 0..<100 { #expect(range.contains(draws.within(range))) }
    }
    for _ in 0..<100 { #expect((0..<1).contains(draws.unit())) }
    for _ in 0..<100 { #expect(!draws.chance(0) && draws.chance(1)) }
    #expect(Set((0..<200).map { _ in draws.within(-1...1) }) == [-1, 0, 1])
    #expect(Set((0..<200).map { _ in draws.element(of: [4, 5, 6][1...]) }) == [5, 6])
  }

  @Test("a shuffle keeps the elements, and every order occurs")
  func shuffles() {
    var draws = Draws(seed: 5)
    #expect(draws.shuffled([Int]()) == [] && draws.shuffled([1]) == [1])
    let orders = Set((0..<300).map { _ in draws.shuffled([1, 2, 3]) })
    #expect(orders.count == 6 && orders.allSatisfy { $0.sorted() == [1, 2, 3] })
  }

  @Test("exponential draws have their mean and are finite", arguments: 0..<5 as Range<UInt64>)
  func exponential(seed: UInt64) {
    var draws = Draws(seed: seed)
    let sample = (0..<20_000).map { _ in draws.exponential(mean: 100) }
    #expect(sample.allSatisfy { $0 >= 0 && $0 < 100 * 37 })
    let mean = sample.reduce(0, +) / 20_000
    #expect(abs(mean - 100) < 4)
  }

  @Test("the logarithm is exact to 1e-13")
  func logarithm() {
    var draws = Draws(seed: 3)
    var numbers = [1, 2, 0.5, 0x1p-53, 1.414_213_562_373_095, 1.414_213_562_373_096, 1e300, 1e-300]
    numbers += (0..<10_000).map { _ in draws.unit() + 0x1p-60 }
    for number in numbers {
      let expected = log(number)
      #expect(abs(naturalLogarithm(number) - expected) <= 1e-13 * max(1, abs(expected)))
    }
    #expect(naturalLogarithm(1) == 0)
  }
}
