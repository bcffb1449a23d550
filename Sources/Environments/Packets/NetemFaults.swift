import CPackets
package import Environments
import Glibc
import Processes
package import Values

/// What disturbs the packets that this host sends by netem, at the devices that they leave by.
///
/// There is one in a network at a time. Chance is the kernel's; it has no seed.
package final class NetemFaults {
  /// After how long it is seen whether what was delayed has left, so that disciplines can be removed: at
  /// first, and at most.
  private static let clearingIntervals = (
    first: Nanoseconds.milliseconds(50), last: Nanoseconds.seconds(1)
  )
  /// How long what was delayed may take to leave, beside its delay.
  private static let drainingSlack: Nanoseconds = .seconds(1)
  /// How long probes may take to be sent by the device, beside what they are delayed.
  private static let patience: Nanoseconds = .milliseconds(500)
  /// How many probes are sent at first, and at least where one may be struck unseen: where a bit of a
  /// header is flipped.
  private static let firstProbes = 20

  /// A disturbance in force.
  private struct Force {
    var disturbance: Disturbance
    var peers: [Int: UInt32]
    /// Whether it is to have no chains any more.
    var isEnding = false
    /// What it came to in chains that packets reach no more.
    var count = LinkDisturbances.Count()
  }

  /// A chain by the device and the band that it is at.
  private struct Place: Hashable {
    var device: String
    var band: Int
  }

  private let claim: NetemClaim
  private let control: TrafficControl
  private var trees: [String: NetemTree] = [:]
  private var forces: [Disturbance.Kind: Force] = [:]
  /// The device by which each peer is reached, and the longest packet on the way there.
  private var routes: [UInt32: (device: String, longestPacket: Int)] = [:]
  /// By when all has left the chains that packets reach no more.
  private var drained: [Place: Nanoseconds] = [:]
  private var clearingInterval = NetemFaults.clearingIntervals.first
  /// The number of the next probe: none has that of another one that may be on its way.
  private var nextProbe: UInt16 = 0
  /// What each chain did to probes, which are not the system's own packets.
  private var probes: [Place: [Disturbance.Kind: LinkDisturbances.Count]] = [:]

  /// Tries whether netem works here, and removes what another has left.
  ///
  /// - Throws: Why it does not.
  package init() throws {
    claim = try NetemClaim()
    _ = try Netem.measure()
    control = try TrafficControl()
    Netem.sweep(control)
  }

  /// Disturbs what is sent to peers, in place of what a disturbance of that kind did before.
  ///
  /// - Parameter peers: Their addresses, by numbers.
  /// - Throws: Why netem does not; then all is as it was.
  package func disturb(_ disturbance: Disturbance, to peers: [Int: UInt32]) throws {
    if let problem = problem(with: disturbance, to: Set(peers.values)) {
      throw NetemRefusal(problem)
    }
    for address in peers.values {
      let route = try Detour.Route(to: address)
      let device = try Detour.device(to: address)
      guard device != "lo" else { throw NetemRefusal("packets to itself don't leave the host") }
      if trees[device]?.isPlanted != true {
        guard try !Netem.hasTree(device, control) else {
          throw NetemRefusal("\(device) has netem's disciplines already")
        }
        trees[device] = NetemTree(device: device)
      }
      routes[address] = (device, route.longestPacket)
    }
    let old = forces[disturbance.kind]
    forces[disturbance.kind] = Force(disturbance: disturbance, peers: peers)
    do { try apply() } catch {
      forces[disturbance.kind] = old
      // Of several devices one may have refused.
      do { try apply() } catch { try? replant() }
      throw error
    }
  }

  /// Why a disturbance is not netem's, by itself or beside what is in force to a peer.
  private func problem(with disturbance: Disturbance, to peers: Set<UInt32>) -> String? {
    if let problem = NetemChain.problem(with: disturbance) { return problem }
    return peers.lazy.compactMap { peer in
      let others = self.forces.filter { $0.value.peers.values.contains(peer) }
      return NetemChain.problem(
        with: others.mapValues(\.disturbance).merging([disturbance.kind: disturbance]) { $1 })
    }.first
  }

  /// Whether a kind of disturbance is in force.
  package func disturbs(_ kind: Disturbance.Kind) -> Bool { forces[kind] != nil }

  /// Ends a kind of disturbance; what it has delayed leaves when it was to, but where the kernel refuses the
  /// change: then all disciplines are made anew, and what is on its way in them is lost.
  ///
  /// - Returns: What it came to on all links, by the number of the first peer.
  /// - Throws: What did not end, or that nothing could be made anew, and so no kind is in force any more.
  package func calm(_ kind: Disturbance.Kind) throws -> [Int: LinkDisturbances.Count] {
    guard forces[kind] != nil else { return [:] }
    defer { forces[kind] = nil }
    forces[kind]?.isEnding = true
    do { try apply() } catch { try replant() }
    guard let force = forces[kind], let first = force.peers.keys.min() else { return [:] }
    return [first: force.count]
  }

  /// Removes all disciplines, and makes those anew of what is still in force.
  private func replant() throws {
    try? retire(places)
    try uproot()
    do { try change() } catch {
      try uproot()
      forces = [:]
      throw NetemRefusal("netem's disciplines were removed, and can't be made anew: \(error)")
    }
  }

  private func uproot() throws {
    for (device, tree) in trees where tree.isPlanted {
      try? control.obey([NetemTree.uprooting(device)], isForced: true)
      guard try !Netem.hasTree(device, control) else {
        throw NetemRefusal("tc does not remove netem's disciplines of \(device)")
      }
      trees[device] = NetemTree(device: device)
    }
    probes = [:]
    drained = [:]
  }

  /// Makes the disciplines of all devices those of what is in force.
  private func apply() throws {
    do { try change() } catch {
      // What is drained may be in the way: the kernel has copies made beside nothing else.
      guard clear() else { throw error }
      try change()
    }
  }

  private func change() throws {
    for device in trees.keys.sorted() {
      guard var tree = trees[device] else { continue }
      var wanted: [UInt32: NetemTree.Wanted] = [:]
      for (kind, force) in forces where !force.isEnding {
        for address in force.peers.values where routes[address]?.device == device {
          wanted[address, default: [:]][kind] = force.disturbance
        }
      }
      guard !wanted.isEmpty || !tree.isIdle else { continue }
      let longest = wanted.keys.compactMap { routes[$0]?.longestPacket }.max() ?? 0
      let change = try tree.change(to: wanted, longestPacket: longest)
      do { try control.obey(change.lines) } catch {
        try control.obey(change.undoing.reversed(), isForced: true)
        throw error
      }
      trees[device] = tree
      guard !change.retired.isEmpty else { continue }
      let places = change.retired.map { Place(device: device, band: $0) }
      let now = monotonicTime()
      for place in places {
        let delay = chain(at: place)?.delayMax ?? 0
        drained[place] = now + delay + NetemFaults.drainingSlack
      }
      clearingInterval = NetemFaults.clearingIntervals.first
      nextClearing = now + clearingInterval
      try retire(places)
    }
  }

  /// Keeps what disturbances came to in chains that packets reach no more.
  private func retire(_ places: [Place]) throws {
    for place in places {
      let came = try tally(place)
      probes[place] = nil
      for (kind, count) in came { forces[kind]?.count.add(count) }
    }
  }

  // MARK: Counts

  package func counts(of kind: Disturbance.Kind) throws -> [Int: LinkDisturbances.Count] {
    guard let force = forces[kind], let first = force.peers.keys.min() else { return [:] }
    var count = force.count
    for place in places where chain(at: place)?.disturbances[kind] != nil {
      if let here = try tally(place)[kind] { count.add(here) }
    }
    return [first: count]
  }

  /// The chains that packets are led to.
  private var places: [Place] {
    trees.values.flatMap { tree in
      tree.bands.filter { !$0.value.peers.isEmpty }.keys
        .map { Place(device: tree.device, band: $0) }
    }
  }

  private func chain(at place: Place) -> NetemChain? {
    trees[place.device]?.bands[place.band]?.chain
  }

  /// What each kind has come to in one chain, probes apart.
  private func tally(_ place: Place) throws -> [Disturbance.Kind: LinkDisturbances.Count] {
    var counts = try rawTally(place)
    for (kind, count) in probes[place] ?? [:] {
      counts[kind]?.met -= count.met
      counts[kind]?.struck -= count.struck
      counts[kind]?.probesMet = count.met
      counts[kind]?.probesStruck = count.struck
    }
    return counts
  }

  private func rawTally(_ place: Place) throws -> [Disturbance.Kind: LinkDisturbances.Count] {
    guard let chain = chain(at: place) else { return [:] }
    let found = try control.disciplines(of: place.device)
    let disciplines = (0..<chain.length).compactMap { number in
      let handle = NetemTree.handle(band: place.band, place: number)
      return found.first { $0.handle == handle }
    }
    guard disciplines.count == chain.length else { return [:] }
    return chain.counts(by: disciplines)
  }

  /// Whether the kernel leads packets for a peer to a chain: of a kind, or any.
  package func leads(to address: UInt32, by kind: Disturbance.Kind? = nil) throws -> Bool {
    guard let device = routes[address]?.device, let tree = trees[device],
      let flow = try control.flows(of: device)[address]
    else { return false }
    return tree.bands.contains { band, content in
      !content.peers.isEmpty && NetemTree.flow(band) == flow
        && kind.map { content.chain.disturbances[$0] != nil } ?? true
    }
  }

  // MARK: Probes

  /// Sends probes to a peer until one has been disturbed.
  ///
  /// Copies and damage, which the kernel does not count, are seen where the device sends the probes.
  ///
  /// - Parameters:
  ///   - most: How many are sent at most, where the kernel counts what is disturbed.
  ///   - time: How long it may take.
  /// - Returns: Whether one was; nothing where the time was over before that was known.
  package func strikesProbe(
    _ kind: Disturbance.Kind, to peer: Int, most: Int, within time: Nanoseconds
  ) throws -> Bool? {
    let deadline = monotonicTime() + time
    guard let address = forces[kind]?.peers[peer], let device = routes[address]?.device,
      let band = trees[device]?.band(of: address)
    else { return false }
    let place = Place(device: device, band: band)
    let patience = NetemFaults.patience + (chain(at: place)?.delayMax ?? 0)
    let sight = try kind == .duplicate || kind == .corrupt ? ProbeSight(device) : nil
    let most = sight == nil ? most : max(most, NetemFaults.firstProbes)
    let socket = try ProbeSocket()
    var sent = 0
    while sent < most {
      let count = min(max(NetemFaults.firstProbes, sent), most - sent)
      let before = try rawTally(place)
      for _ in 0..<count {
        try socket.send(PacketProbe.message(numbered: nextProbe), to: address)
        nextProbe &+= 1
      }
      sent += count
      let left = max(0, deadline - monotonicTime())
      let isSeen = sight?.awaits(kind, within: min(patience, left)) ?? false
      let after = try rawTally(place)
      for (kind, count) in note(count, before, after) {
        probes[place, default: [:]][kind, default: .init()].add(count)
      }
      if isSeen || (after[kind]?.struck ?? 0) > (before[kind]?.struck ?? 0) { return true }
      if left < patience { return nil }
    }
    return false
  }

  /// What becomes of so many probes: all that has happened meanwhile, as far as it may be theirs.
  private func note(
    _ sent: Int, _ before: [Disturbance.Kind: LinkDisturbances.Count],
    _ after: [Disturbance.Kind: LinkDisturbances.Count]
  ) -> [Disturbance.Kind: LinkDisturbances.Count] {
    // Each may have a copy.
    let most = after[.duplicate] == nil ? sent : sent * 2
    return after.reduce(into: [:]) { found, entry in
      let old = before[entry.key] ?? .init()
      found[entry.key] = LinkDisturbances.Count(
        met: min(most, entry.value.met - old.met),
        struck: min(most, entry.value.struck - old.struck))
    }
  }

  // MARK: The end

  /// When it is seen next whether disciplines can be removed; nothing where all are in use.
  package private(set) var nextClearing: Nanoseconds?

  /// Removes disciplines that nothing is led to, and that nothing waits in any more, or should.
  ///
  /// - Returns: Whether there were such.
  @discardableResult
  package func clear() -> Bool {
    nextClearing = nil
    var hasCleared = false
    let now = monotonicTime()
    for device in trees.keys.sorted() {
      guard var tree = trees[device], tree.isDraining else { continue }
      let found = try? control.disciplines(of: device)
      let lines = tree.clear { band in
        if now > drained[Place(device: device, band: band)] ?? 0 { return 0 }
        guard let found else { return 1 }
        let first = NetemTree.handle(band: band, place: 0)
        return found.first { $0.handle == first }?.waiting ?? 0
      }
      try? control.obey(lines, isForced: true)
      hasCleared = hasCleared || !lines.isEmpty
      trees[device] = tree
      guard tree.isDraining else { continue }
      clearingInterval = min(2 * clearingInterval, NetemFaults.clearingIntervals.last)
      nextClearing = now + clearingInterval
    }
    return hasCleared
  }

  /// Removes all; what is on its way is lost.
  package func end() {
    let planted = trees.values.filter(\.isPlanted).map(\.device)
    try? control.obey(planted.sorted().map { NetemTree.uprooting($0) }, isForced: true)
    trees = [:]
    forces = [:]
  }
}
