import CProcess
import Disks
import Environments
import Glibc
import Processes
import Values

/// Breaks and mends the disk of a host's node, and answers what its processes ask of it.
final class DiskBreaker: HostBreaker {
  private var volume: Volume?
  private var watch: DiskWatch?
  /// What of it is watched.
  private var watched: DiskWatch.Effects = []

  func obey(_ words: [String], on processes: [pid_t]) throws(BreakerRefusal) -> [String] {
    guard let request = DiskRequest(words: words) else {
      throw BreakerRefusal("\"\(words.joined(separator: " "))\" is nothing to do to a disk")
    }
    do throws(DiskFailure) {
      return try obey(request)
    } catch {
      throw BreakerRefusal(error.description)
    }
  }

  private func obey(_ request: DiskRequest) throws(DiskFailure) -> [String] {
    switch request {
    case .have(let data, let hidden):
      if getpid() != 1 { try keepMountsApart() }
      volume = try Volume(for: data, hidden: hidden)
      return []
    case .watch(let data, let effects):
      let volume = volume?.root
      if let problem = DiskWatch.problem(watching: effects) { throw DiskFailure(problem) }
      watched = effects
      watch = try DiskWatch(below: canonicalPath(data) ?? data) { _ in DiskBreaker.crash(volume) }
      return []
    case .sync:
      try volume?.sync()
      return []
    case .cut:
      guard let volume else { throw DiskBreaker.noVolume }
      let isCut = try volume.cutPower()
      return DiskRequest.words(try volume.restorePower() && isCut)
    case .restore:
      guard let volume else { throw DiskBreaker.noVolume }
      let isCut = volume.probe() == EIO
      return DiskRequest.words(try volume.restorePower() && isCut)
    case .takeRoom: return DiskRequest.words(try volume?.takeRoom() ?? false)
    case .giveRoom: return DiskRequest.words(try volume?.giveRoom() ?? false)
    case .refuseWrites: return DiskRequest.words(try volume?.refuseWrites() ?? false)
    case .repair: return DiskRequest.words(try volume?.repair() ?? false)
    case .damage(let damage, let files, let seed):
      guard let volume else { throw DiskBreaker.noVolume }
      var draws = Draws(seed: seed)
      return try damage.strike(volume.data, files: files, &draws)
    case .follow(let rule, let seed):
      return watch?.follow(rule, Draws(seed: seed)).words ?? []
    case .tally: return watch?.tally.words ?? []
    }
  }

  private static let noVolume = DiskFailure("the node has no disk of its own")

  private func keepMountsApart() throws(DiskFailure) {
    let error = process_leave_mounts()
    guard error == 0 else { throw DiskFailure("can't keep mounts apart: \(errorText(error))") }
  }

  /// Ends all processes of the host, and then cuts the power, in the watch's thread.
  private static func crash(_ root: String?) {
    let deadline = monotonicTime() + 2_000_000_000
    // Who is not killed yet may start others.
    while monotonicTime() < deadline, case let living = others(), !living.isEmpty {
      // All at once where that can be, so that none acts upon another's end.
      for process in getpid() == 1 ? [-1] : living { kill(process, SIGKILL) }
      usleep(200)
    }
    if let root { Volume.cutPower(of: root) }
  }

  /// The processes of the host that have not ended, the agent left out.
  private static func others() -> [pid_t] {
    let all = getpid() == 1 ? processStates() : descendantsOfThisProcess()
    return all.filter { $0.pid != getpid() && $0.state.letter != UInt8(ascii: "Z") }.map(\.pid)
  }

  var watchedCalls: [Int32] { watch == nil ? [] : watched.calls }

  func answer(_ listener: Int32) {
    if let watch { watch.add(listener) } else { close(listener) }
  }

  func mend() {
    watch?.end()
    // Unmounts.
    volume = nil
  }
}

/// What the controller asks of a disk, in words.
enum DiskRequest: Hashable {
  /// Gives a directory a disk of its own.
  case have(data: String, hidden: String)
  /// Watches what is done to the files below a directory.
  case watch(data: String, DiskWatch.Effects)
  /// Makes durable what was written.
  case sync
  /// Cuts the power, and mounts the disk again.
  case cut
  /// Mounts a disk again whose power was cut.
  case restore
  case takeRoom
  case giveRoom
  case refuseWrites
  case repair
  case damage(FileDamage, files: String?, seed: UInt64)
  /// Has watched calls follow a rule, and asks what came of the one before.
  case follow(DiskWatch.Rule, seed: UInt64)
  /// Asks what has come of the rule that they follow.
  case tally

  var words: [String] {
    switch self {
    case .have(let data, let hidden): ["have", data, hidden]
    case .watch(let data, let effects): ["watch", data, "\(effects.rawValue)"]
    case .sync: ["sync"]
    case .cut: ["cut"]
    case .restore: ["restore"]
    case .takeRoom: ["take-room"]
    case .giveRoom: ["give-room"]
    case .refuseWrites: ["refuse-writes"]
    case .repair: ["repair"]
    case .damage(let damage, let files, let seed):
      ["damage", damage.rawValue, "\(seed)"] + (files.map { [$0] } ?? [])
    case .follow(let rule, let seed): ["follow", "\(seed)"] + rule.words
    case .tally: ["tally"]
    }
  }

  init?(words: [String]) {
    switch words.first {
    case "have" where words.count == 3: self = .have(data: words[1], hidden: words[2])
    case "watch" where words.count == 3:
      guard let effects = UInt32(words[2]) else { return nil }
      self = .watch(data: words[1], DiskWatch.Effects(rawValue: effects))
    case "sync": self = .sync
    case "cut": self = .cut
    case "restore": self = .restore
    case "take-room": self = .takeRoom
    case "give-room": self = .giveRoom
    case "refuse-writes": self = .refuseWrites
    case "repair": self = .repair
    case "damage" where words.count >= 3:
      guard let damage = FileDamage(rawValue: words[1]), let seed = UInt64(words[2]) else {
        return nil
      }
      self = .damage(damage, files: words.count > 3 ? words[3] : nil, seed: seed)
    case "follow" where words.count >= 5:
      guard let seed = UInt64(words[1]), let rule = DiskWatch.Rule(words: words[2...]) else {
        return nil
      }
      self = .follow(rule, seed: seed)
    case "tally": self = .tally
    default: return nil
    }
  }

  /// An answer of yes or no.
  static func words(_ isSo: Bool) -> [String] { [isSo ? "yes" : "no"] }
}

extension DiskWatch.Rule {
  /// The effects, whether files are chosen and which, and what becomes of the calls: three words at least.
  fileprivate var words: [String] {
    ["\(effects.rawValue)", files == nil ? "all" : "chosen"] + (files.map { [$0] } ?? [])
      + outcome.words
  }

  fileprivate init?(words: ArraySlice<String>) {
    let words = Array(words)
    let areChosen = words[1] == "chosen"
    guard let effects = UInt32(words[0]),
      let outcome = Outcome(words: Array(words[(areChosen ? 3 : 2)...]))
    else { return nil }
    self.init(
      outcome, on: DiskWatch.Effects(rawValue: effects), files: areChosen ? words[2] : nil)
  }
}

extension DiskWatch.Rule.Outcome {
  fileprivate var words: [String] {
    switch self {
    case .pass: ["pass"]
    case .fail(let share, let error): ["fail", "\(share)", "\(error)"]
    case .lie: ["lie"]
    case .delay(let share, let time): ["delay", "\(share)"] + (time.map { ["\($0)"] } ?? [])
    case .crash(let number): ["crash", "\(number)"]
    }
  }

  fileprivate init?(words: [String]) {
    switch words.first {
    case "pass": self = .pass
    case "fail" where words.count == 3:
      guard let share = Double(words[1]), let error = Int32(words[2]) else { return nil }
      self = .fail(share: share, error)
    case "lie": self = .lie
    case "delay" where words.count >= 2:
      guard let share = Double(words[1]) else { return nil }
      self = .delay(share: share, words.count > 2 ? Nanoseconds(words[2]) : nil)
    case "crash" where words.count == 2:
      guard let number = Int(words[1]) else { return nil }
      self = .crash(at: number)
    default: return nil
    }
  }
}

extension DiskWatch.Tally {
  fileprivate var words: [String] { ["\(seen)", "\(touched)", hasCrashed ? "yes" : "no"] }

  init(words: [String]) {
    self.init()
    guard words.count == 3 else { return }
    seen = Int(words[0]) ?? 0
    touched = Int(words[1]) ?? 0
    hasCrashed = words[2] == "yes"
  }
}
