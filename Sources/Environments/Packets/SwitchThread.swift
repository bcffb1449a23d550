import CPackets
import CProcess
package import Environments
import Glibc
import Processes
import Synchronization
package import Values

/// A switch at the way out of this host: a device whose packets a thread reads, and sends on in time.
package final class SwitchThread: @unchecked Sendable {
  // What both threads use is in `state`; the rest is written before the thread begins.

  /// How many packets may be on their way; more are lost.
  static let packetsMax = 65_536
  /// How many packets may wait to be read.
  private static let deviceQueue: Int32 = 10_000

  /// A packet in the thread's memory.
  private struct Parcel: Sendable {
    var place: PacketPool.Place
    var size: Int32
  }

  private struct State: Sendable {
    var packets = PacketSwitch<Parcel>()
    /// Peers' numbers, by their addresses.
    var numbers: [UInt32: Int] = [:]
    var isEnding = false
  }

  package let device: String
  package let longestPacket: Int
  private let tunnel: Int32
  private let outlet: Int32
  private let bell: Int32
  private let state = Mutex(State())
  private var thread = pthread_t()

  /// - Parameter longestPacket: The bytes of the longest packet that the network carries.
  package init(longestPacket: Int) throws {
    self.longestPacket = longestPacket
    var name = [CChar](repeating: 0, count: Int(IFNAMSIZ))
    tunnel = packet_open_device("\(Detour.devicePrefix)%d", &name)
    guard tunnel >= 0 else { throw SystemCallError("can't make a network device (/dev/net/tun)") }
    device = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    outlet = packet_open_raw(Detour.mark | Detour.switched)
    let outletError = errno
    bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    do {
      guard outlet >= 0 else {
        throw SystemCallError("can't make a raw socket", number: outletError)
      }
      guard bell >= 0 else { throw SystemCallError("can't make an event descriptor") }
      let error = packet_raise_device(device, Int32(longestPacket), SwitchThread.deviceQueue)
      guard error == 0 else {
        throw SystemCallError("can't bring up the device \(device)", number: error)
      }
      try begin()
    } catch {
      closeAll()
      throw error
    }
  }

  private func closeAll() {
    for descriptor in [tunnel, outlet, bell] where descriptor >= 0 { close(descriptor) }
  }

  private func begin() throws {
    let context = Unmanaged.passRetained(self)
    let error = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<SwitchThread>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard error == 0 else {
      context.release()
      throw SystemCallError("can't start a thread", number: error)
    }
  }

  /// Ends it; packets on their way are lost.
  package func end() {
    state.withLock { $0.isEnding = true }
    eventfd_write(bell, 1)
    pthread_join(thread, nil)
    closeAll()
  }

  // MARK: What others ask of it

  /// Disturbs packets for peers.
  ///
  /// - Parameter peers: Their addresses, by their numbers.
  package func disturb(_ disturbance: Disturbance, to peers: [Int: UInt32], _ draws: Draws) {
    state.withLock { state in
      for (number, address) in peers { state.numbers[address] = number }
      state.packets.disturb(disturbance, to: peers.keys.sorted(), draws)
    }
  }

  package func calm(_ kind: Disturbance.Kind) -> [Int: LinkDisturbances.Count] {
    let counts = state.withLock { $0.packets.calm(kind, at: monotonicTime()) }
    eventfd_write(bell, 1)
    return counts
  }

  package func counts(of kind: Disturbance.Kind) -> [Int: LinkDisturbances.Count] {
    state.withLock { $0.packets.counts(of: kind) }
  }

  /// The peers to whom something is disturbed.
  package var peers: Set<Int> { state.withLock { $0.packets.peers } }

  /// How many packets were lost for want of room since this was asked before.
  package func takeOverflow() -> Int { state.withLock { $0.packets.takeOverflow() } }

  // MARK: The thread

  private func run() {
    packet_wake_precisely()
    var pool = PacketPool(placeSize: longestPacket, limit: SwitchThread.packetsMax)
    var leaving: [Parcel] = []
    var spans: [packet_span] = []
    leaving.reserveCapacity(Int(PACKET_BATCH))
    spans.reserveCapacity(Int(PACKET_BATCH))
    while true {
      let (isEnding, wait) = state.withLock { state in
        let isDrained = take(into: &state, &pool)
        let now = monotonicTime()
        while leaving.count < Int(PACKET_BATCH), let parcel = state.packets.leave(at: now) {
          leaving.append(parcel)
        }
        let wait = isDrained ? state.packets.firstDue.map { max(0, $0 - now) } ?? -1 : 0
        return (state.isEnding, wait)
      }
      if isEnding { return }
      for parcel in leaving {
        let bytes = pool[parcel.place].assumingMemoryBound(to: UInt8.self)
        spans.append(packet_span(bytes: bytes, count: Int(parcel.size)))
      }
      if !spans.isEmpty { _ = packet_send(outlet, spans, Int32(spans.count)) }
      for parcel in leaving { pool.giveBack(parcel.place) }
      leaving.removeAll(keepingCapacity: true)
      spans.removeAll(keepingCapacity: true)
      guard wait != 0 else { continue }
      packet_await(tunnel, bell, wait)
      var count: eventfd_t = 0
      eventfd_read(bell, &count)
    }
  }

  /// Takes in what waits to be read, a batch at most.
  ///
  /// - Returns: Whether that was all.
  private func take(into state: inout State, _ pool: inout PacketPool) -> Bool {
    for _ in 0..<PACKET_BATCH {
      guard let place = pool.take() else { return overflow(&state) }
      let bytes = pool[place]
      let count = read(tunnel, bytes, longestPacket)
      guard count > 0 else {
        pool.giveBack(place)
        return true
      }
      let packet = UnsafeRawBufferPointer(start: bytes, count: count)
      // What is no IPv4 packet is the kernel's own, which looks for IPv6 neighbours.
      guard let header = PacketHeader(packet) else {
        pool.giveBack(place)
        continue
      }
      let fate = state.packets.take(
        Parcel(place: place, size: Int32(count)), header, size: count,
        to: state.numbers[header.destination], at: monotonicTime())
      if fate.isLost {
        pool.giveBack(place)
        continue
      }
      if fate.copyDelay != nil { pool.share(place) }
      if let bit = fate.flippedBit {
        bytes.storeBytes(
          of: packet[header.size + bit / 8] ^ (1 << UInt8(bit % 8)),
          toByteOffset: header.size + bit / 8, as: UInt8.self)
      }
    }
    return false
  }

  /// Loses what waits to be read while there is no memory for it.
  private func overflow(_ state: inout State) -> Bool {
    var byte: UInt8 = 0
    for _ in 0..<PACKET_BATCH {
      guard read(tunnel, &byte, 1) > 0 else { return true }
      state.packets.overflow()
    }
    return false
  }
}
