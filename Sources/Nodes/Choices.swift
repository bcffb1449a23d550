public import Values

/// Where the answers to a node's choices come from.
///
/// Choice *k* of a node is a function of (seed, node, *k*), unless an answer for that number was
/// given. So a run can be repeated, a single choice of it changed, and all answers explored.
public struct Choices: Sendable {
  @usableFromInline var draws: Draws
  @usableFromInline var overrides: [UInt64: Int]
  /// Where all answers are given beforehand: the bound of each choice so far.
  @usableFromInline var asked: [Int]?

  /// - Parameters:
  ///   - draws: The node's own stream.
  ///   - overrides: Answers by the number of the choice; one that is out of bounds is reduced.
  @inlinable
  public init(_ draws: Draws, overrides: [UInt64: Int] = [:]) {
    self.draws = draws
    self.overrides = overrides
  }

  /// Choices whose answers are given; what is asked beyond them is answered with 0.
  ///
  /// ``bounds`` says afterwards which other answers there are, so that all can be tried.
  public init(answers: [Int]) {
    draws = Draws(seed: 0)
    overrides = [:]
    for (number, answer) in answers.enumerated() { overrides[UInt64(number)] = answer }
    asked = []
  }

  /// With answers given beforehand: the bounds of all choices so far.
  public var bounds: [Int] { asked ?? [] }

  /// How many choices were made.
  @inlinable
  public var count: UInt64 { draws.number }

  /// Draws what is chosen next from another stream, with the same numbers.
  public mutating func redraw(from stream: Draws) {
    let number = draws.number
    draws = stream
    draws.number = number
  }

  /// An answer in `0..<bound`.
  @inlinable
  public mutating func choose(below bound: Int) -> Int {
    let number = draws.number
    let drawn = draws.below(bound)
    guard asked == nil else { return give(number, below: bound) }
    guard !overrides.isEmpty, let answer = overrides[number] else { return drawn }
    return answer % bound
  }

  @usableFromInline
  mutating func give(_ number: UInt64, below bound: Int) -> Int {
    asked?.append(bound)
    return (overrides[number] ?? 0) % bound
  }
}
