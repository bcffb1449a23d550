/// A point in time since a run began, or a span of time, in nanoseconds.
///
/// Inside, times are plain integers, which are an order of magnitude cheaper to add and compare
/// than `Duration`; people see and write durations such as `250ms`.
public typealias Nanoseconds = Int64

extension Nanoseconds {
  @inlinable
  public static func microseconds(_ count: Int64) -> Nanoseconds { count * 1_000 }
  @inlinable
  public static func milliseconds(_ count: Int64) -> Nanoseconds { count * 1_000_000 }
  @inlinable
  public static func seconds(_ count: Int64) -> Nanoseconds { count * 1_000_000_000 }

  /// Reads `30`, `30s`, `5m`, `2h`, `250ms`, `10us` or `1.5s`; a bare number counts seconds.
  ///
  /// - Returns: Nothing when `text` is no such duration, is negative, or is out of range.
  public init?(duration text: String) {
    let units: [(suffix: String, scale: Double)] = [
      ("ms", 1e6), ("us", 1e3), ("µs", 1e3), ("ns", 1), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
      ("", 1e9),
    ]
    for unit in units where text.hasSuffix(unit.suffix) {
      let digits = text.dropLast(unit.suffix.count)
      guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
        let number = Double(digits)
      else { return nil }
      let nanoseconds = (number * unit.scale).rounded()
      guard nanoseconds < 9.2e18 else { return nil }
      self = Nanoseconds(nanoseconds)
      return
    }
    return nil
  }

  /// The shortest of the forms that ``init(duration:)`` reads which is exact.
  public var durationText: String {
    if self % 1_000_000_000 == 0 { return "\(self / 1_000_000_000)s" }
    if self % 1_000_000 == 0 { return "\(self / 1_000_000)ms" }
    return self % 1_000 == 0 ? "\(self / 1_000)us" : "\(self)ns"
  }
}
