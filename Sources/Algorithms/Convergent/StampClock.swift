public import Nodes
import Values

/// What the stamps are made of that order the updates of an object.
public enum StampClock: String, Hashable, Sendable, CaseIterable {
  /// The wall clock, or one more than the greatest time seen where that is not behind it: a hybrid
  /// of physical and logical clocks (Kulkarni et al., *Logical physical clocks*, 2014), in one
  /// number.
  case hybrid
  /// The wall clock as it is. Where it is behind, what is written is taken for older than what its
  /// writer had seen, and lost.
  case wall

  public static let option = AlgorithmOption(
    "clock", standard: hybrid.rawValue, choices: allCases.map(\.rawValue),
    "what stamps are made of: hybrid, later than all that was seen; or wall, the node's clock "
      + "as it is, which loses writes where clocks are apart")

  /// What a configuration asks for.
  public init(_ configuration: Configuration) {
    self = StampClock(rawValue: StampClock.option.text(in: configuration)) ?? .hybrid
  }
}

extension UpdateOrigin {
  /// How often the clock ticks where equal times are to be seen.
  private static var coarseTick: Int { 100_000_000 }

  /// The stamp of this update.
  ///
  /// - Parameter greatest: The greatest time of the stamps that the replica has seen.
  func stamp(after greatest: Int?) -> Stamp {
    if bugs.contains(.clockNotAdvanced) { return Stamp(dot.number, dot.node) }
    var time = Int(wallClock)
    if bugs.contains(.tieUnbroken) { time -= time % UpdateOrigin.coarseTick }
    if clock == .hybrid, let greatest { time = max(time, greatest &+ 1) }
    return Stamp(time, dot.node)
  }
}
