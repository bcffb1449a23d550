import Packets
import Values

extension Examination {
  /// Tries the kernel's disturber of packets, in a network that is made for it.
  static func netem() -> Examination {
    do throws(NetemRefusal) {
      let expected = (2 * Netem.probeDelay).durationText
      let took = try Netem.measure() / .microseconds(1)
      return Examination(
        .fault, "netem", .works,
        "a delay of \(expected) there and back was measured as \(took) µs; hosts of other machines use it"
      )
    } catch {
      return Examination(
        .fault, "netem", .missing,
        "\(error); hosts of other machines like this one have switches of their own")
    }
  }
}
