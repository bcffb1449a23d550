import CPackets
import Glibc
import Processes

/// The way of packets for peers through a device, in place of the one that they would take.
///
/// Three things make it: a table with a route to each peer, rules that have what this host sends look
/// there first, and a mark by which what the switch sends on is left out. The routes are gone with the
/// device; a rule that is left over finds an empty table. What a host forwards for others, and what
/// goes to many at once, keeps its way.
package struct Detour {
  /// Marks what is not to be led away.
  static let mark: UInt32 = 0x0800_0000
  /// Marks beside that what a switch sends on: it is not the harness's own.
  static let switched: UInt32 = 0x0400_0000
  /// Of our rules: behind that for the host's own addresses, before all others.
  private static let priority: UInt32 = 83
  /// The table of the device of number 0.
  private static let firstTable: UInt32 = 0x5368_0000
  /// A rule for each protocol.
  ///
  /// A rule for all would also say by which way the kernel expects packets
  /// to come from a peer, and it drops those that come by another.
  private static let protocols: [UInt8] = [
    UInt8(IPPROTO_ICMP), UInt8(IPPROTO_TCP), UInt8(IPPROTO_UDP), UInt8(IPPROTO_SCTP),
  ]

  static let devicePrefix = "shrike"

  private let device: UInt32
  private let table: UInt32
  private let socket: RoutingSocket
  private var peers: [UInt32: Route] = [:]
  private var hasRules = false

  /// Has what a socket sends never be led away.
  package static func passBy(_ socket: Int32) { _ = packet_mark(socket, mark) }

  /// How packets reach a peer where they are not led away.
  struct Route: Hashable {
    /// The address that packets go from, as the network has it.
    var source: in_addr_t
    var longestPacket: Int

    /// Asks what the host would do with a packet to a peer.
    init(to peer: UInt32) throws {
      let text = Detour.text(peer)
      let probe = Glibc.socket(
        AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      guard probe >= 0 else { throw SystemCallError("can't make a socket") }
      defer { close(probe) }
      let error = packet_mark(probe, Detour.mark)
      guard error == 0 else { throw SystemCallError("can't mark packets", number: error) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(9).bigEndian
      address.sin_addr.s_addr = peer.bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      var maximum: Int32 = 0
      var maximumSize = socklen_t(MemoryLayout<Int32>.size)
      let isKnown = withUnsafeMutablePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(probe, $0, size) == 0 && getsockname(probe, $0, &size) == 0
            && getsockopt(probe, Int32(IPPROTO_IP), IP_MTU, &maximum, &maximumSize) == 0
        }
      }
      guard isKnown else { throw SystemCallError("there is no way to \(text)") }
      source = address.sin_addr.s_addr
      longestPacket = Int(maximum)
    }
  }

  /// - Parameter device: The name of the device.
  init(through device: String) throws {
    let index = if_nametoindex(device)
    guard index != 0, let number = UInt32(device.dropFirst(Detour.devicePrefix.count)) else {
      throw SystemCallError("there is no device \(device)", number: ENODEV)
    }
    self.device = index
    table = Detour.firstTable + number
    socket = try RoutingSocket()
  }

  /// Leads packets for these peers through the device, and no others.
  mutating func lead(to routes: [UInt32: Route]) throws {
    if !routes.isEmpty, !hasRules { try makeRules() }
    for (peer, route) in routes where peers[peer] != route {
      try socket.ask(routeMessage(RTM_NEWROUTE, peer, route), to: "lead packets away")
      peers[peer] = route
    }
    for (peer, route) in peers where routes[peer] == nil {
      _ = try? socket.ask(routeMessage(RTM_DELROUTE, peer, route), to: "end a route")
      peers[peer] = nil
    }
    if routes.isEmpty, hasRules {
      try Detour.removeRules(socket) { $0 == table }
      hasRules = false
    }
  }

  /// Whether the kernel would send a packet for a peer through the device.
  func leads(to peer: UInt32) throws -> Bool {
    try Detour.device(to: peer, mark: 0, by: socket) == device
  }

  /// The name of the device by which packets reach a peer where they are not led away.
  package static func device(to peer: UInt32) throws -> String {
    let index = try device(to: peer, mark: mark, by: RoutingSocket())
    var name = [CChar](repeating: 0, count: Int(IFNAMSIZ))
    guard let index, if_indextoname(index, &name) != nil else {
      throw SystemCallError("there is no way to \(text(peer))", number: ENETUNREACH)
    }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func device(
    to peer: UInt32, mark: UInt32, by socket: RoutingSocket
  ) throws -> UInt32? {
    var message = RoutingSocket.Message(RTM_GETROUTE)
    var part = rtmsg()
    part.rtm_family = UInt8(AF_INET)
    part.rtm_dst_len = 32
    message.append(part)
    message.append(attribute: Int(RTA_DST.rawValue), number: peer.bigEndian)
    message.append(attribute: Int(RTA_MARK.rawValue), number: mark)
    message.append(attribute: Int(RTA_IP_PROTO.rawValue), [UInt8(IPPROTO_UDP)])
    return try socket.ask(message, to: "ask for the way to \(text(peer))").first?
      .number(Int(RTA_OIF.rawValue), after: MemoryLayout<rtmsg>.size)
  }

  /// An IPv4 address as a number, its first byte the highest; nothing where the text is none.
  package static func number(_ address: String) -> UInt32? {
    var number = in_addr()
    return inet_pton(AF_INET, address, &number) == 1 ? UInt32(bigEndian: number.s_addr) : nil
  }

  /// Removes rules whose device is gone.
  package static func sweep() throws {
    let socket = try RoutingSocket()
    try removeRules(socket) { table in
      if_nametoindex("\(devicePrefix)\(table - firstTable)") == 0
    }
  }

  static func text(_ address: UInt32) -> String {
    [24, 16, 8, 0].map { "\(address >> UInt32($0) & 255)" }.joined(separator: ".")
  }

  // MARK: Messages

  private func routeMessage(
    _ type: Int, _ peer: UInt32, _ route: Route
  ) -> RoutingSocket.Message {
    let flags = type == RTM_NEWROUTE ? Int(NLM_F_CREATE) | Int(NLM_F_REPLACE) : 0
    var message = RoutingSocket.Message(type, flags: flags)
    var part = rtmsg()
    part.rtm_family = UInt8(AF_INET)
    part.rtm_dst_len = 32
    part.rtm_protocol = UInt8(RTPROT_STATIC)
    part.rtm_scope = UInt8(RT_SCOPE_LINK.rawValue)
    part.rtm_type = UInt8(RTN_UNICAST)
    message.append(part)
    message.append(attribute: Int(RTA_DST.rawValue), number: peer.bigEndian)
    message.append(attribute: Int(RTA_OIF.rawValue), number: device)
    message.append(attribute: Int(RTA_TABLE.rawValue), number: table)
    message.append(attribute: Int(RTA_PREFSRC.rawValue), number: route.source)
    return message
  }

  private mutating func makeRules() throws {
    hasRules = true
    for number in Detour.protocols {
      let message = Detour.ruleMessage(RTM_NEWRULE, table, number)
      try socket.ask(message, to: "make a rule for packets")
    }
  }

  private static func ruleMessage(
    _ type: Int, _ table: UInt32, _ number: UInt8
  ) -> RoutingSocket.Message {
    let flags = type == RTM_NEWRULE ? Int(NLM_F_CREATE) | Int(NLM_F_EXCL) : 0
    var message = RoutingSocket.Message(type, flags: flags)
    var part = fib_rule_hdr()
    part.family = UInt8(AF_INET)
    part.action = UInt8(FR_ACT_TO_TBL)
    message.append(part)
    message.append(attribute: FRA_PRIORITY, number: priority)
    message.append(attribute: FRA_TABLE, number: table)
    message.append(attribute: FRA_FWMARK, number: 0)
    message.append(attribute: FRA_FWMASK, number: mark)
    message.append(attribute: FRA_IP_PROTO, [number])
    // What this host itself sends.
    message.append(attribute: FRA_IIFNAME, Array("lo".utf8) + [0])
    return message
  }

  /// Removes our rules for those tables.
  private static func removeRules(
    _ socket: RoutingSocket, where isOver: (UInt32) -> Bool
  ) throws {
    var list = RoutingSocket.Message(RTM_GETRULE, flags: Int(NLM_F_DUMP))
    var part = fib_rule_hdr()
    part.family = UInt8(AF_INET)
    list.append(part)
    let fixed = MemoryLayout<fib_rule_hdr>.size
    for rule in try socket.ask(list, to: "list the rules for packets") {
      guard rule.number(FRA_PRIORITY, after: fixed) == priority,
        let table = rule.number(FRA_TABLE, after: fixed), table >> 16 == firstTable >> 16,
        isOver(table), let number = rule.attribute(FRA_IP_PROTO, after: fixed)?.first
      else { continue }
      try socket.ask(ruleMessage(RTM_DELRULE, table, number), to: "remove a rule for packets")
    }
  }
}
