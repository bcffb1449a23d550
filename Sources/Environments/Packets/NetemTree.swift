package import Environments

/// The queueing disciplines of one network device by which netem disturbs packets, each link in its way.
///
/// Pure: it says what `tc` must be told so that links are disturbed as wanted. At the root is a `prio` of
/// sixteen bands. The first takes all that is not disturbed; each other one has a chain, and filters lead
/// packets there by the address that they are for. A chain is never changed: other filters lead to another,
/// and it stays until what it delays has left.
package struct NetemTree: Hashable, Sendable {
  package typealias Wanted = [Disturbance.Kind: Disturbance]

  /// A change of the kernel's disciplines: what to tell `tc`, and what takes it back where it failed.
  package struct Change: Hashable, Sendable {
    package var lines: [String] = []
    package var undoing: [String] = []
    /// The bands that new packets reach no more.
    package var retired: [Int] = []
  }

  /// One whose chain is in use.
  package struct Band: Hashable, Sendable {
    package var chain: NetemChain
    /// Those to whom packets are led here; where none are left, what waits is on its way out.
    package fileprivate(set) var peers: Set<UInt32> = []
  }

  private struct Filter: Hashable {
    var band: Int
    /// Its number among the device's filters.
    var preference: Int
  }

  package let device: String
  package private(set) var bands: [Int: Band] = [:]
  private var filters: [UInt32: Filter] = [:]
  /// Whether the device has the root.
  package private(set) var isPlanted = false

  package init(device: String) { self.device = device }

  /// The root's number, by which ours are known: ASCII for `Sh`.
  package static let root = "5368:"
  private static let bandCount = 16
  /// What the root gives its chains' disciplines as numbers, before those for band and place.
  private static let firstHandle = 0x5400

  package static func uprooting(_ device: String) -> String { "qdisc del dev \(device) root" }

  /// The handle of a discipline, by which the kernel tells what it did.
  package static func handle(band: Int, place: Int) -> String {
    "\(String(firstHandle + band * 16 + place, radix: 16)):"
  }

  private static func hex(_ number: UInt32) -> String { "0x\(String(number, radix: 16))" }

  /// The class of a band.
  static func flow(_ band: Int) -> String { root + String(band, radix: 16) }

  /// The band that packets for a peer are led to.
  func band(of peer: UInt32) -> Int? { filters[peer]?.band }

  /// Whether nothing is wanted, and nothing on its way.
  package var isIdle: Bool { bands.isEmpty }

  /// Whether there are chains that packets reach no more.
  var isDraining: Bool { bands.values.contains { $0.peers.isEmpty } }

  /// Has links be disturbed so, and no others.
  ///
  /// - Parameters:
  ///   - wanted: By the address that packets are for.
  ///   - longestPacket: That the links carry, in bytes.
  package mutating func change(
    to wanted: [UInt32: Wanted], longestPacket: Int
  ) throws(NetemRefusal) -> Change {
    var change = Change()
    if !isPlanted { plant(&change) }
    var outdated: [Filter] = []
    for (chain, peers) in NetemTree.groups(wanted) {
      let band = try band(for: chain, peers, longestPacket, &change)
      for peer in peers where filters[peer]?.band != band {
        if let old = filters[peer] { outdated.append(old) }
        let filter = Filter(band: band, preference: freePreference(outdated))
        change.lines.append(
          "filter add dev \(device) parent \(NetemTree.root) protocol ip prio \(filter.preference)"
            + " u32 match ip dst \(Detour.text(peer))/32 flowid \(NetemTree.flow(band))")
        change.undoing.append(removal(of: filter))
        filters[peer] = filter
      }
    }
    for (peer, filter) in filters.sorted(by: { $0.key < $1.key })
    where wanted[peer]?.isEmpty ?? true {
      outdated.append(filter)
      filters[peer] = nil
    }
    // Only now: so that no packet passes by meanwhile.
    change.lines += outdated.map { removal(of: $0) }
    for band in bands.keys.sorted() {
      let peers = Set(filters.filter { $0.value.band == band }.keys)
      if peers.isEmpty, bands[band]?.peers.isEmpty == false { change.retired.append(band) }
      bands[band]?.peers = peers
    }
    return change
  }

  /// Ends chains that nothing is led to and nothing waits in, and all where no chain is left.
  ///
  /// - Parameter waiting: How many packets wait in a band.
  /// - Returns: What to tell `tc`.
  package mutating func clear(waiting: (Int) -> Int) -> [String] {
    var lines: [String] = []
    for band in bands.keys.sorted() where bands[band]?.peers.isEmpty == true && waiting(band) == 0 {
      bands[band] = nil
      lines.append(removal(of: band))
    }
    guard bands.isEmpty, isPlanted else { return lines }
    isPlanted = false
    return [NetemTree.uprooting(device)]
  }

  // MARK: Parts

  /// How many priorities of packets there are, which all go to the first band.
  private static let prioritiesCount = 16

  private mutating func plant(_ change: inout Change) {
    isPlanted = true
    let bands = Array(repeating: "0", count: NetemTree.prioritiesCount).joined(separator: " ")
    change.lines += [
      "qdisc add dev \(device) root handle \(NetemTree.root) prio bands \(NetemTree.bandCount)"
        + " priomap \(bands)",
      // The harness's own.
      "filter add dev \(device) parent \(NetemTree.root) protocol ip prio 1 u32 match mark"
        + " \(NetemTree.hex(Detour.mark)) \(NetemTree.hex(Detour.mark | Detour.switched)) flowid \(NetemTree.flow(1))",
    ]
    change.undoing.append(NetemTree.uprooting(device))
  }

  /// Peers by what is wanted for them, where one chain will do; in order.
  private static func groups(
    _ wanted: [UInt32: Wanted]
  ) -> [(chain: NetemChain, peers: [UInt32])] {
    var groups: [(chain: NetemChain, peers: [UInt32])] = []
    for (peer, disturbances) in wanted.sorted(by: { $0.key < $1.key }) where !disturbances.isEmpty {
      let chain = NetemChain(disturbances)
      if chain.isShared, let place = groups.firstIndex(where: { $0.chain == chain }) {
        groups[place].peers.append(peer)
      } else {
        groups.append((chain, [peer]))
      }
    }
    return groups
  }

  /// A band that has a chain, or now gets it.
  private mutating func band(
    for chain: NetemChain, _ peers: [UInt32], _ longestPacket: Int, _ change: inout Change
  ) throws(NetemRefusal) -> Int {
    let inUse = bands.filter { !$0.value.peers.isEmpty && $0.value.chain == chain }
    if let same = inUse.keys.sorted().first(where: { band in
      chain.isShared || peers.allSatisfy { filters[$0]?.band == band }
    }) {
      return same
    }
    var band = (2...NetemTree.bandCount).first { bands[$0] == nil }
    if band == nil, let draining = bands.filter({ $0.value.peers.isEmpty }).keys.min() {
      change.lines.append(removal(of: draining))
      band = draining
    }
    guard let band else {
      throw NetemRefusal(
        "netem disturbs \(NetemTree.bandCount - 1) links in ways of their own at most")
    }
    for (place, words) in chain.disciplines(longestPacket: longestPacket).enumerated() {
      let parent =
        place == 0 ? NetemTree.flow(band) : NetemTree.handle(band: band, place: place - 1) + "1"
      let handle = NetemTree.handle(band: band, place: place)
      change.lines.append("qdisc add dev \(device) parent \(parent) handle \(handle) \(words)")
    }
    // Filters are taken back first.
    change.undoing.append(removal(of: band))
    bands[band] = Band(chain: chain, peers: Set(peers))
    return band
  }

  private func removal(of band: Int) -> String {
    "qdisc del dev \(device) parent \(NetemTree.flow(band))"
  }

  private func removal(of filter: Filter) -> String {
    "filter del dev \(device) parent \(NetemTree.root) protocol ip prio \(filter.preference)"
  }

  /// A number that no filter has, nor one that is still to be removed.
  private func freePreference(_ outdated: [Filter]) -> Int {
    let taken = Set((filters.values + outdated).map(\.preference))
    var preference = 2
    while taken.contains(preference) { preference += 1 }
    return preference
  }
}

/// Why netem does not disturb packets here, in words for users.
package struct NetemRefusal: Error, Hashable, CustomStringConvertible {
  package var description: String
  /// Whether it may be otherwise in a moment.
  package var isPassing: Bool

  package init(_ description: String, isPassing: Bool = false) {
    self.description = description
    self.isPassing = isPassing
  }
}
