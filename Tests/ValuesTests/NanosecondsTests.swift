import Testing
import Values

@Suite("Durations")
struct NanosecondsTests {
  @Test(
    "durations read as nanoseconds",
    arguments: [
      ("30", 30_000_000_000), ("30s", 30_000_000_000), ("5m", 300_000_000_000),
      ("2h", 7_200_000_000_000), ("250ms", 250_000_000), ("10us", 10_000), ("10µs", 10_000),
      ("7ns", 7), ("1.5s", 1_500_000_000), (".5", 500_000_000), ("0", 0), ("0.4ns", 0),
      ("1.s", 1_000_000_000), ("9223372036854775807ns", .max),
      ("9007199254740993ns", 9_007_199_254_740_993),
      ("0.000000001", 1),
    ] as [(String, Nanoseconds)])
  func reads(text: String, nanoseconds: Nanoseconds) {
    #expect(Nanoseconds(duration: text) == nanoseconds)
  }

  @Test(
    "what is no duration is refused",
    arguments: [
      "", "s", "ms", "-1", "-1s", "+1s", "1 s", " 1", "1e3", "1d", "1.2.3", ".", "0x10", "1_0",
      "nan",
      "inf", "5mm", "1sm", "9223372036854775808ns", "9300000000", "3000000h", "1e400",
      "99999999999.5h",
      "٣s",
    ])
  func refuses(text: String) { #expect(Nanoseconds(duration: text) == nil) }

  @Test("a duration's text reads back as it", arguments: 0..<10 as Range<UInt64>)
  func roundTrips(seed: UInt64) {
    var draws = Draws(seed: seed)
    for _ in 0..<200 {
      let scale = draws.element(of: [1, 1_000, 1_000_000, 1_000_000_000] as [Int64])
      let duration = draws.within(0...Nanoseconds.max / scale) * scale
      #expect(Nanoseconds(duration: duration.durationText) == duration)
    }
    #expect(Nanoseconds(duration: Nanoseconds.max.durationText) == .max)
  }

  @Test("texts use the largest unit that is exact")
  func texts() {
    #expect(Nanoseconds.seconds(90).durationText == "90s")
    #expect(Nanoseconds.milliseconds(1_500).durationText == "1500ms")
    #expect(Nanoseconds.microseconds(3).durationText == "3us")
    #expect((1_000_001 as Nanoseconds).durationText == "1000001ns")
    #expect((0 as Nanoseconds).durationText == "0s")
  }
}
