import Glibc
package import Values

/// A file of how wrong nodes' clocks were, for plots: a line for each node and moment.
package final class ClockRecord {
  private let descriptor: Int32

  /// Makes the file; where it can't be made, nothing is recorded.
  package init(_ path: String) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
    write("time,node,offset")
  }

  deinit { close(descriptor) }

  /// - Parameter time: Since the cluster came up, as a history has it.
  package func note(_ error: Nanoseconds, of node: String, at time: Nanoseconds) {
    write("\(ClockRecord.seconds(time)),\(node),\(ClockRecord.seconds(error))")
  }

  private func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = Glibc.write(descriptor, bytes, bytes.count)
  }

  /// Seconds with all digits of the nanoseconds.
  private static func seconds(_ time: Nanoseconds) -> String {
    let digits = String(time.magnitude % 1_000_000_000)
    return (time < 0 ? "-" : "") + "\(time.magnitude / 1_000_000_000)."
      + String(repeating: "0", count: 9 - digits.count) + digits
  }
}
