import Environments
import Packets
import Testing
import Values

@Suite("The switch of packets")
struct PacketSwitchTests {
  private let header = PacketHeader(destination: 1, size: 20, isProbe: false)

  /// Takes in packets one a millisecond, and lets those leave that may.
  private func run(
    _ disturbances: [Disturbance], count: Int, until end: Nanoseconds = .seconds(10)
  ) -> [(packet: Int, at: Nanoseconds)] {
    var packets = PacketSwitch<Int>()
    for disturbance in disturbances { packets.disturb(disturbance, to: [1], Draws(seed: 3)) }
    for packet in 0..<count {
      _ = packets.take(
        packet, header, size: 100, to: 1, at: Nanoseconds(packet) * .milliseconds(1))
    }
    var left: [(Int, Nanoseconds)] = []
    while let due = packets.firstDue, due <= end {
      while let packet = packets.leave(at: due) { left.append((packet, due)) }
    }
    return left
  }

  @Test("without a disturbance packets leave at once, in order")
  func undisturbed() {
    let left = run([], count: 100)
    #expect(left.map(\.packet) == Array(0..<100))
    #expect(left.allSatisfy { $0.at == Nanoseconds($0.packet) * .milliseconds(1) })
  }

  @Test("packets of a constant delay keep their order, of any other overtake each other")
  func order() {
    let constant = Disturbance(
      .delay, probability: 1, latency: .milliseconds(20), distribution: .constant)
    #expect(run([constant], count: 100).map(\.packet) == Array(0..<100))
    let uniform = Disturbance(.delay, probability: 1, latency: .milliseconds(20))
    let left = run([uniform], count: 100).map(\.packet)
    #expect(left != Array(0..<100) && left.sorted() == Array(0..<100))
    let reorder = Disturbance(.reorder, probability: 0.2, latency: .milliseconds(20))
    let late = run([reorder], count: 100)
    #expect(late.map(\.packet) != Array(0..<100))
    #expect(late.count { $0.at != Nanoseconds($0.packet) * .milliseconds(1) } < 40)
  }

  @Test("duplicates leave twice, lost packets not at all")
  func copies() {
    let duplicate = Disturbance(.duplicate, probability: 0.5, latency: .milliseconds(5))
    let counts = Dictionary(grouping: run([duplicate], count: 1_000), by: \.packet)
      .mapValues(\.count)
    #expect(counts.count == 1_000 && Set(counts.values) == [1, 2])
    let left = run([Disturbance(.loss, probability: 0.5)], count: 1_000).map(\.packet)
    #expect((400..<600).contains(left.count) && Set(left).count == left.count)
  }

  @Test("a clogged link lets go of all packets when it ends, in order, and of its own only")
  func clog() {
    var packets = PacketSwitch<Int>()
    packets.disturb(Disturbance(.clog, probability: 1), to: [1, 2], Draws(seed: 3))
    for packet in 0..<10 {
      let fate = packets.take(packet, header, size: 100, to: packet % 3, at: 0)
      #expect(fate.isHeld == (packet % 3 != 0))
    }
    var left: [Int] = []
    while let packet = packets.leave(at: .seconds(100)) { left.append(packet) }
    #expect(left == [0, 3, 6, 9] && packets.count == 6)
    #expect(packets.calm(.clog, at: .seconds(101)).count == 2)
    _ = packets.take(10, header, size: 100, to: 1, at: .seconds(101))
    left = []
    while let packet = packets.leave(at: .seconds(101)) { left.append(packet) }
    #expect(left == [1, 2, 4, 5, 7, 8, 10] && packets.count == 0)
  }

  @Test("a clogged link that is full loses what comes last, and leaves other links their room")
  func room() {
    var packets = PacketSwitch<Int>()
    let room = PacketSwitch<Int>.heldMax
    packets.disturb(Disturbance(.clog, probability: 1), to: [1, 2], Draws(seed: 3))
    let fates = (0..<room + 100).map { packets.take($0, header, size: 100, to: 1, at: 0) }
    #expect(fates.prefix(room).allSatisfy { $0.isHeld && !$0.isLost })
    #expect(fates.dropFirst(room).allSatisfy { $0.isLost })
    #expect(!packets.take(-1, header, size: 100, to: 2, at: 0).isLost)
    #expect(packets.count == room + 1)
    #expect(packets.takeOverflow() == 100 && packets.takeOverflow() == 0)
    #expect(packets.calm(.clog, at: 1)[1] == .init(met: room + 100, struck: room + 100))
    var left: [Int] = []
    while let packet = packets.leave(at: 1) { left.append(packet) }
    #expect(left == Array(0..<room) + [-1])
    packets.disturb(Disturbance(.clog, probability: 1), to: [1], Draws(seed: 3))
    #expect(!packets.take(0, header, size: 100, to: 1, at: 2).isLost, "there is room again")
  }
}

@Suite("What is read of packets")
struct PacketHeaderTests {
  private func packet(_ bytes: [UInt8]) -> PacketHeader? {
    bytes.withUnsafeBytes { PacketHeader($0) }
  }

  /// A header of 20 bytes for 10.213.0.12, and what follows it.
  private func bytes(protocol number: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0x45, 0, 0, UInt8(20 + payload.count), 0, 0, 0, 0, 64, number, 0, 0, 10, 213, 0, 11]
      + [10, 213, 0, 12] + payload
  }

  @Test("an IPv4 packet tells where it goes; another is none")
  func header() {
    let found = packet(bytes(protocol: 17, [1, 2, 3]))
    #expect(found == PacketHeader(destination: 0x0ad5_000c, size: 20, isProbe: false))
    #expect(packet([0x60] + [UInt8](repeating: 0, count: 39)) == nil)
    #expect(packet([0x45, 0, 0]) == nil)
    #expect(packet([0x4f] + [UInt8](repeating: 0, count: 39)) == nil, "a header beyond its end")
    #expect(packet([0x44] + [UInt8](repeating: 0, count: 39)) == nil)
  }

  @Test("the harness's probes are known from others, and their checksum is right")
  func probes() {
    let message = PacketProbe.message
    #expect(packet(bytes(protocol: 1, message))?.isProbe == true)
    let numbered = PacketProbe.message(numbered: 4_711)
    #expect(packet(bytes(protocol: 1, numbered))?.isProbe == true)
    #expect(packet(bytes(protocol: 1, numbered + [0]))?.isProbe == false)
    #expect(packet(bytes(protocol: 17, message))?.isProbe == false)
    #expect(packet(bytes(protocol: 1, message + [0]))?.isProbe == false)
    #expect(packet(bytes(protocol: 1, Array(message.reversed())))?.isProbe == false)
    var sum: UInt32 = 0
    for place in stride(from: 0, to: message.count, by: 2) {
      sum += UInt32(message[place]) << 8 | UInt32(message[place + 1])
    }
    #expect((sum & 0xffff) + (sum >> 16) == 0xffff)
  }
}
