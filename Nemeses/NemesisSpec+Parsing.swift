public import Environments
import Values

/// Reads nemeses as `--nemesis` takes them: `partition,kill:majority,loss:20%:one`.
///
/// A nemesis is a family, and after colons what makes it particular, in any order: a partition's
/// shape or links (`n1>n2+n2>n1`); targets (`one`, `minority`, `majority`, `all`, `primaries`,
/// `random`, or names `n1+n2`); the share of messages (`20%`, `0.2`) and the latency (`50ms`) of a
/// disturbance or of a disk's fault; how delays spread (`exponential`), and which types of messages are
/// disturbed (`type=request-vote+vote`); the sync at which power fails (`3`) and the files that are damaged
/// (`file=*.wal`); the kind of a clock's or a disk's fault, and how a kill ends
/// a process (`stop`, `upgrade`). A family that is asked for twice does either each time. `none` is no
/// nemesis, `all` every one of `all`.
public func parseNemesis(
  _ text: String, all: [NemesisSpec] = FaultFamily.allCases.map { NemesisSpec($0) }
) throws(NemesisError) -> [NemesisSpec] {
  let words = text.split(separator: ",", omittingEmptySubsequences: false).map {
    String($0.filter { $0 != " " })
  }
  if words.contains("none") || text.isEmpty {
    guard words.count == 1 else { throw .noneAndOthers }
    return []
  }
  var specs: [NemesisSpec] = []
  for word in words {
    let found = word == "all" ? all : [try NemesisSpec(parsing: word)]
    for spec in found where !specs.contains(spec) { specs.append(spec) }
  }
  return specs
}

extension NemesisSpec {
  /// Reads one nemesis.
  public init(parsing text: String) throws(NemesisError) {
    let words = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let family = FaultFamily(rawValue: words[0]) else { throw .unknownNemesis(words[0]) }
    self.init(family)
    var taken: Set<Slot> = []
    for word in words.dropFirst() {
      guard let slot = take(word) else {
        throw .unknownParameter(word, of: family, known: family.parameters)
      }
      guard taken.insert(slot).inserted else { throw .repeatedParameter(word, of: family) }
    }
    if case .disk(let fault, _) = self, !taken.contains(.target) {
      self = .disk(fault, fault.kind.standardTarget)
    }
  }

  /// What a parameter determines.
  private enum Slot {
    case shape, target, probability, latency, distribution, rate, types, kind, sync, files, problem
  }

  /// Takes one parameter; nothing when it is none of this family's.
  private mutating func take(_ word: String) -> Slot? {
    switch self {
    case .partition:
      guard let shape = PartitionShape(word) else { return nil }
      self = .partition(shape)
      return .shape
    case .kill(let ending, let target):
      if let ending = ProcessEnd(rawValue: word) {
        self = .kill(ending, target)
        return .kind
      }
      return take(target: word) { .kill(ending, $0) }
    case .pause:
      return take(target: word) { .pause($0) }
    case .disturb(var disturbance, let target):
      if let slot = take(word, for: &disturbance) {
        self = .disturb(disturbance, target)
        return slot
      }
      return take(target: word) { .disturb(disturbance, $0) }
    case .clock(let fault, let target):
      if let fault = ClockFault(rawValue: word) {
        self = .clock(fault, target)
        return .kind
      }
      return take(target: word) { .clock(fault, $0) }
    case .disk(let fault, let target):
      return take(word, for: fault, of: target)
    case .limit(let limit, let target):
      if let limit = self.limit(word, limit.kind) {
        self = .limit(limit, target)
        return .probability
      }
      return take(target: word) { .limit(limit, $0) }
    }
  }

  private func take(_ word: String, for disturbance: inout Disturbance) -> Slot? {
    if let probability = probability(word) {
      disturbance.probability = probability
      return .probability
    }
    if disturbance.kind.takesLatency, let latency = latency(word) {
      disturbance.latency = latency
      return .latency
    }
    if disturbance.kind == .delay, let distribution = Disturbance.Distribution(rawValue: word) {
      disturbance.distribution = distribution
      return .distribution
    }
    if disturbance.kind == .rate, let rate = bytes(word) {
      disturbance.bytesPerSecond = rate
      return .rate
    }
    if let types = messageTypes(word) {
      disturbance.messageTypes = types
      return .types
    }
    return nil
  }

  private mutating func take(
    _ word: String, for fault: DiskFault, of target: NodeTarget
  ) -> Slot? {
    var fault = fault
    if let kind = DiskFault.Kind(rawValue: word) {
      self = .disk(DiskFault(kind), target)
      return .kind
    }
    if fault.kind.takesProbability, let probability = probability(word) {
      fault.probability = probability
      self = .disk(fault, target)
      return .probability
    }
    if fault.kind == .crashAtSync, let sync = Int(word), sync > 0 {
      self = .disk(DiskFault(.crashAtSync, sync: sync), target)
      return .sync
    }
    if fault.kind.takesFiles, word.hasPrefix("file="), word.utf8.count > 5 {
      fault.files = String(word.dropFirst(5))
      self = .disk(fault, target)
      return .files
    }
    if fault.kind.takesLatency, let latency = latency(word) {
      fault.latency = latency
      self = .disk(fault, target)
      return .latency
    }
    if fault.kind == .writeError, let problem = DiskFault.WriteProblem(rawValue: word) {
      fault.problem = problem
      self = .disk(fault, target)
      return .problem
    }
    return take(target: word) { .disk(fault, $0) }
  }

  private mutating func take(target word: String, _ make: (NodeTarget) -> NemesisSpec) -> Slot? {
    guard let target = NodeTarget(word) else { return nil }
    self = make(target)
    return .target
  }

  /// Types of messages, such as `type=request-vote+vote`.
  private func messageTypes(_ word: String) -> [String]? {
    guard word.hasPrefix("type=") else { return nil }
    let types = word.dropFirst(5).split(separator: "+", omittingEmptySubsequences: false)
    return types.contains(where: \.isEmpty) ? nil : types.map(String.init)
  }

  /// A share in 0 < p ≤ 1.
  private func probability(_ word: String) -> Double? {
    let number =
      word.hasSuffix("%") ? Double(word.dropLast()).map { $0 / 100 } : Double(word)
    return number.flatMap { 0 < $0 && $0 <= 1 ? $0 : nil }
  }

  private func limit(_ word: String, _ kind: ResourceLimit.Kind) -> ResourceLimit? {
    switch kind {
    case .cpu: probability(word).map { .cpu(share: $0) }
    case .memory: bytes(word).map { .memory(bytes: $0) }
    }
  }

  /// Bytes, or bytes a second, such as `500B`, `20kB` or `1MB`.
  private func bytes(_ word: String) -> Int? {
    let units = [("kB", 1_000), ("MB", 1_000_000), ("B", 1)]
    guard let (unit, size) = units.first(where: { word.hasSuffix($0.0) }),
      let number = Int(word.dropLast(unit.count)), number > 0
    else { return nil }
    let (bytes, overflows) = number.multipliedReportingOverflow(by: size)
    return overflows ? nil : bytes
  }

  /// A duration with a unit, so that it is not taken for a share.
  private func latency(_ word: String) -> Nanoseconds? {
    guard word.last?.isLetter == true, let latency = Nanoseconds(duration: word), latency > 0 else {
      return nil
    }
    return latency
  }
}

extension PartitionShape {
  init?(_ word: String) {
    if let named = PartitionShape.named.first(where: { $0.name == word }) {
      self = named.shape
      return
    }
    var links: [NamedLink] = []
    for part in word.split(separator: "+", omittingEmptySubsequences: false) {
      let ends = part.split(separator: ">", omittingEmptySubsequences: false).map(String.init)
      guard ends.count == 2, !ends[0].isEmpty, !ends[1].isEmpty, ends[0] != ends[1] else {
        return nil
      }
      links.append(NamedLink(from: ends[0], to: ends[1]))
    }
    self = .links(links)
  }
}

extension NodeTarget {
  /// A word that is no kind of target can only be names, and a name has a digit in it or stands with
  /// others: so a misspelled kind is not taken for the name of a node.
  init?(_ word: String) {
    if let named = NodeTarget.named.first(where: { $0.name == word }) {
      self = named.target
      return
    }
    let names = word.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    let areNames = names.allSatisfy { name in
      !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) }
    }
    let hasDigit = word.contains(where: \.isNumber) && word.first?.isLetter == true
    guard areNames, names.count > 1 || hasDigit else { return nil }
    self = .names(names)
  }
}

extension FaultFamily {
  /// What can be said of a family, for a message.
  var parameters: String {
    let shapes = PartitionShape.named.map(\.name).joined(separator: ", ")
    let targets = NodeTarget.named.map(\.name).joined(separator: ", ")
    let nodes = "a target (\(targets), or names such as n1+n2)"
    let types = "types of messages such as type=vote+appended"
    switch self {
    case .partition:
      return "a shape (\(shapes)) or links such as n1>n2+n2>n1"
    case .kill: return "how (\(ProcessEnd.words)), and \(nodes)"
    case .pause: return nodes
    case .rate:
      return "bytes a second such as 20kB, the longest queue such as 500ms, a share, \(types), "
        + "and \(nodes)"
    case .loss, .duplicate, .corrupt, .clog:
      return "a share such as 20%, \(types), and \(nodes)"
    case .delay:
      return "a share such as 20%, a latency such as 50ms, how it spreads "
        + "(\(Disturbance.Distribution.words)), \(types), and \(nodes)"
    case .reorder: return "a share such as 20%, a latency such as 50ms, \(types), and \(nodes)"
    case .cpu: return "a share of a core such as 10%, and \(nodes)"
    case .memory: return "bytes such as 64MB, and \(nodes)"
    case .clock: return "a kind (\(NemesisSpec.ClockFault.words)), and \(nodes)"
    case .disk:
      return "a kind (\(DiskFault.Kind.words)), after sync-error, misdirect, read-error, "
        + "write-error or slow-io a share such as 20%, after stall or slow-io a latency such as 50ms, "
        + "after crash-at-sync which sync from now on it is such as 3, after write-error what it "
        + "fails with (\(DiskFault.WriteProblem.words)), after corrupt, truncate, swap, read-error, "
        + "write-error or slow-io which files such as file=*.wal, and \(nodes)"
    }
  }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
  /// The words for all cases, for a message.
  fileprivate static var words: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
