/// A numbered sequence of random choices: draw *k* is a function of (seed, stream, *k*) alone.
///
/// It is SplitMix64 in counter mode, so a draw can be named by its number, repeated and overridden,
/// and streams never disturb each other. Nothing here calls the C library's floating-point
/// functions, whose last bits differ between machines.
public struct Draws: Hashable, Sendable {
  /// What distinguishes this sequence from others.
  public let key: UInt64
  /// The number of the next draw.
  public var number: UInt64

  /// The sequence of one stream under a seed; `stream` names whose choices these are.
  @inlinable
  public init(seed: UInt64, stream: UInt64 = 0, number: UInt64 = 0) {
    key = mixed(mixed(seed &+ 0x9e37_79b9_7f4a_7c15) ^ (stream &* 0xd1b5_4a32_d192_ed03))
    self.number = number
  }

  /// A sequence that is independent of this one and of other children's.
  @inlinable
  public func child(_ stream: UInt64) -> Draws { Draws(seed: key, stream: stream &+ 1) }

  /// 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    number &+= 1
    return mixed(key &+ number &* 0x9e37_79b9_7f4a_7c15)
  }

  /// An integer in `0..<bound`, by one draw; the bias is below `bound` / 2^64.
  @inlinable
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a draw below \(bound) has no answer")
    return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// An integer in a closed range.
  @inlinable
  public mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
    let span = UInt64(bitPattern: range.upperBound &- range.lowerBound)
    if span == 0 { return range.lowerBound }
    if span == .max { return Int64(bitPattern: next()) }
    return range.lowerBound
      &+ Int64(truncatingIfNeeded: next().multipliedFullWidth(by: span &+ 1).high)
  }

  /// A number in 0 ..< 1 with 53 random bits.
  @inlinable
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// True with the given probability.
  @inlinable
  public mutating func chance(_ probability: Double) -> Bool { unit() < probability }

  /// A number from the exponential distribution of the given mean.
  public mutating func exponential(mean: Double) -> Double {
    -mean * naturalLogarithm(Double((next() >> 11) + 1) * 0x1p-53)
  }

  /// An element of a collection that is not empty.
  @inlinable
  public mutating func element<Elements: RandomAccessCollection>(
    of elements: Elements
  ) -> Elements.Element {
    elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
  }

  /// The elements in a random order.
  public mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var elements = elements
    guard elements.count > 1 else { return elements }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, below(last + 1))
    }
    return elements
  }
}

/// The natural logarithm by IEEE basic operations only, exact to about 1e-13, equal everywhere.
///
/// - Parameter number: A positive normal number.
package func naturalLogarithm(_ number: Double) -> Double {
  var exponent = Double(number.exponent)
  var significand = number.significand
  if significand > 1.414_213_562_373_095_1 {
    significand /= 2
    exponent += 1
  }
  // ln m = 2 artanh((m − 1) / (m + 1)), where |(m − 1) / (m + 1)| < 0.172.
  let ratio = (significand - 1) / (significand + 1)
  let square = ratio * ratio
  var term = ratio
  var sum = 0.0
  for odd in stride(from: 1.0, through: 17.0, by: 2.0) {
    sum += term / odd
    term *= square
  }
  return exponent * 0.693_147_180_559_945_3 + 2 * sum
}
