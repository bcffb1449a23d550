import CPackets
import Environments
import Glibc
import Processes
package import Values

/// The kernel's own disturber of packets: whether it works here, and what is left of it.
package enum Netem {
  /// By how much the packets of a probe are delayed.
  package static let probeDelay: Nanoseconds = .milliseconds(20)
  /// How long an answer may take; how often the harness's own packets are tried.
  private static let (patience, triesMax) = (1, 5)

  /// Tries netem as faults use it, in a network that is made for that and gone afterwards.
  ///
  /// - Returns: How long a packet of the loopback device took there and back, each way delayed.
  /// - Throws: Why it does not work.
  package static func measure() throws(NetemRefusal) -> Nanoseconds {
    let trial = NetemTrial()
    var thread = pthread_t()
    let context = Unmanaged.passRetained(trial)
    let error = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<NetemTrial>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard error == 0 else {
      context.release()
      throw NetemRefusal("can't start a thread: \(errorText(error))")
    }
    pthread_join(thread, nil)
    guard let roundTrip = trial.roundTrip else { throw trial.refusal }
    return roundTrip
  }

  /// Leaves the network for a new one, which ends with this thread, and tries netem there.
  fileprivate static func measureHere() throws(NetemRefusal) -> Nanoseconds {
    do {
      var error = packet_leave_network()
      guard error == 0 else {
        throw SystemCallError("can't make a network to try netem in", number: error)
      }
      error = packet_raise_device(loopback, loopbackPacket, 1_000)
      guard error == 0 else {
        throw SystemCallError("can't bring up a loopback device", number: error)
      }
      let control = try TrafficControl()
      var tree = NetemTree(device: loopback)
      let delay = Disturbance(
        .delay, probability: 1, latency: probeDelay, distribution: .constant)
      let change = try tree.change(
        to: [INADDR_LOOPBACK: [.delay: delay]], longestPacket: Int(loopbackPacket))
      try control.obey(change.lines)
      let (client, server) = (try LoopbackSocket(), try LoopbackSocket())
      let delayed = try client.roundTrip(to: server)
      guard delayed >= 2 * probeDelay else {
        throw NetemRefusal(
          "packets that netem was to delay by \((2 * probeDelay).durationText) there and back took"
            + " \(delayed.durationText)")
      }
      for socket in [client, server] { Detour.passBy(socket.descriptor) }
      for _ in 0..<triesMax where try client.roundTrip(to: server) < 2 * probeDelay {
        return delayed
      }
      throw NetemRefusal("netem delays packets that are marked to be left alone")
    } catch let refusal as NetemRefusal {
      throw refusal
    } catch {
      throw NetemRefusal("\(error)")
    }
  }

  private static let loopback = "lo"
  private static let loopbackPacket: Int32 = 65_536

  /// A datagram socket of the loopback device.
  private final class LoopbackSocket {
    let descriptor: Int32
    private var address = sockaddr_in()

    init() throws {
      descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { throw SystemCallError("can't make a socket") }
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      var time = timeval(tv_sec: patience, tv_usec: 0)
      let isBound = withUnsafeMutablePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
        }
      }
      let isPatient = setsockopt(
        descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
      guard isBound, isPatient == 0 else {
        let error = errno
        close(descriptor)
        throw SystemCallError("can't use a socket", number: error)
      }
    }

    deinit { close(descriptor) }

    /// How long a packet takes to another socket and back.
    func roundTrip(to other: LoopbackSocket) throws -> Nanoseconds {
      let began = monotonicTime()
      try pass(to: other)
      try other.pass(to: self)
      return monotonicTime() - began
    }

    private func pass(to other: LoopbackSocket) throws {
      var byte: UInt8 = 0
      let sent = withUnsafePointer(to: &other.address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(descriptor, &byte, 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard sent == 1, recv(other.descriptor, &byte, 1, 0) == 1 else {
        throw SystemCallError("a packet does not arrive that netem was to delay")
      }
    }
  }

  // MARK: What is left

  /// Removes what an agent that was killed has left on this machine's devices; what is in use stays.
  package static func sweep() {
    guard let claim = try? NetemClaim() else { return }
    if let control = try? TrafficControl() { sweep(control) }
    withExtendedLifetime(claim) {}
  }

  static func sweep(_ control: TrafficControl) {
    for device in devices where (try? hasTree(device, control)) == true {
      try? control.obey([NetemTree.uprooting(device)])
    }
  }

  /// Whether a device has our disciplines.
  ///
  /// - Throws: Where it has others that somebody has made.
  static func hasTree(_ device: String, _ control: TrafficControl) throws -> Bool {
    guard let root = try control.disciplines(of: device).first(where: \.isRoot) else {
      return false
    }
    if root.handle == NetemTree.root { return true }
    // The kernel's own has no number.
    guard root.handle == "0:" else {
      throw NetemRefusal(
        "\(device) has a queueing discipline of its own (\(root.kind) \(root.handle))")
    }
    return false
  }

  private static var devices: [String] {
    guard let names = if_nameindex() else { return [] }
    defer { if_freenameindex(names) }
    var found: [String] = []
    var place = names
    while place.pointee.if_index != 0, let name = place.pointee.if_name {
      found.append(String(cString: name))
      place += 1
    }
    return found
  }
}

/// A thread that tries netem, and what it found.
private final class NetemTrial: @unchecked Sendable {
  // Written by the thread, and read when it has ended.
  private(set) var roundTrip: Nanoseconds?
  private(set) var refusal = NetemRefusal("it was not tried")

  func run() {
    do throws(NetemRefusal) {
      roundTrip = try Netem.measureHere()
    } catch {
      refusal = error
    }
  }
}

/// The right to disturb packets by netem in this network: one process has it at a time.
///
/// It is a socket by a name that only this network knows, and gone with its process.
final class NetemClaim {
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemCallError("can't make a socket") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array("\0shrike-netem".utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let size = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let isBound = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
    }
    guard isBound else {
      let error = errno
      close(descriptor)
      throw error == EADDRINUSE
        ? NetemRefusal("another agent of this machine has netem", isPassing: true)
        : SystemCallError("can't claim netem", number: error)
    }
  }

  deinit { close(descriptor) }
}
