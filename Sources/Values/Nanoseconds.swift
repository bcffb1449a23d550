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
  /// Whole numbers are exact; fractions are rounded to the nearest nanosecond.
  ///
  /// - Returns: Nothing when `text` is no such duration, is negative, or is out of range.
  public init?(duration text: String) {
    let units: [(suffix: String, scale: Int64)] = [
      ("ms", 1_000_000), ("us", 1_000), ("µs", 1_000), ("ns", 1), ("s", 1_000_000_000),
      ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("", 1_000_000_000),
    ]
    for unit in units where text.hasSuffix(unit.suffix) {
      let digits = text.dropLast(unit.suffix.count)
      guard digits.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 || $0 == UInt8(ascii: ".") })
      else { return nil }
      if let count = Int64(digits) {
        let (nanoseconds, overflows) = count.multipliedReportingOverflow(by: unit.scale)
        guard !overflows else { return nil }
        self = nanoseconds
        return
      }
      guard let number = Double(digits) else { return nil }
      let nanoseconds = (number * Double(unit.scale)).rounded()
      guard nanoseconds < 0x1p63 else { return nil }
      self = Nanoseconds(nanoseconds)
      return
    }
    return nil
  }

  /// This span in the largest of seconds, `ms`, `us` and `ns` that says it exactly;
  /// ``init(duration:)`` reads it back unless it is negative.
  public var durationText: String {
    if self % 1_000_000_000 == 0 { return "\(self / 1_000_000_000)s" }
    if self % 1_000_000 == 0 { return "\(self / 1_000_000)ms" }
    return self % 1_000 == 0 ? "\(self / 1_000)us" : "\(self)ns"
  }
}
