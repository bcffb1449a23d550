import Glibc
public import SystemPackage
public import Values

/// The folder that a run leaves behind, and what is in it.
public struct RunFolder: Hashable, Sendable {
  public let path: FilePath

  public init(_ path: FilePath) { self.path = path }

  /// Makes a new folder `<results>/<system>-<workload>/<UTC timestamp>-<seed>`, and points
  /// `<results>/latest` to it.
  public static func create(
    in results: FilePath, plan: Plan, time: UTCTime = .now
  ) throws -> RunFolder {
    let parent = results.appending("\(plan.systemName)-\(plan.workload)")
    let name = "\(time.compact)-\(plan.seed)"
    var folder = parent.appending(name)
    var attempt = 1
    while access(folder.string, F_OK) == 0 {
      attempt += 1
      folder = parent.appending("\(name)-\(attempt)")
    }
    try makeDirectories(folder)
    try? pointLatest(in: results, to: folder)
    return RunFolder(folder)
  }

  public var plan: FilePath { path.appending("plan.json") }
  public var history: FilePath { path.appending("history.jsonl") }
  public var messages: FilePath { path.appending("messages.jsonl") }
  public var faults: FilePath { path.appending("faults.jsonl") }
  public var verdict: FilePath { path.appending("verdict.json") }
  /// How wrong the nodes' clocks were, of a run of real processes that changed them.
  public var clocks: FilePath { path.appending("clocks.csv") }
  /// What a simulated run looked like, for a terminal and for a browser.
  public var diagramText: FilePath { path.appending("diagram.txt") }
  public var diagramImage: FilePath { path.appending("diagram.svg") }
  /// A folder for each node's log.
  public var nodes: FilePath { path.appending("nodes") }
  /// A folder for each node's files.
  public var data: FilePath { path.appending("data") }

  /// Writes a value as a file of indented JSON.
  public func write(_ value: Value, to file: FilePath) throws {
    do {
      try FileContents.write(Array((value.indentedJSON + "\n").utf8), to: file)
    } catch {
      throw JournalError(path: file, reason: error)
    }
  }

  private static func pointLatest(in results: FilePath, to folder: FilePath) throws {
    let link = results.appending("latest")
    let target = folder.components.suffix(2).map(\.string).joined(separator: "/")
    let temporary = results.appending(".latest-\(getpid())")
    unlink(temporary.string)
    guard symlink(target, temporary.string) == 0, rename(temporary.string, link.string) == 0 else {
      throw Errno(rawValue: errno)
    }
  }
}

/// Makes a folder and those above it, where they are missing.
public func makeDirectories(_ path: FilePath) throws {
  var current = FilePath(root: path.root, [])
  for component in path.components {
    current.append(component)
    guard mkdir(current.string, 0o755) != 0, errno != EEXIST else { continue }
    throw FolderError(path: current, reason: Errno(rawValue: errno))
  }
}

/// Why a folder could not be made.
public struct FolderError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: FilePath
  public var reason: Errno

  public var description: String { "can't make the folder \(path): \(reason)" }
}

/// A moment of the world's time, as names of folders have it.
public struct UTCTime: Hashable, Sendable {
  var seconds: Int

  public static var now: UTCTime { UTCTime(seconds: time(nil)) }

  /// `20261125T093012Z`.
  public var compact: String { text(date: "", time: "") }

  /// `2026-11-25T09:30:12Z`.
  public var iso8601: String { text(date: "-", time: ":") }

  private func text(date: String, time: String) -> String {
    var moment = time_t(seconds)
    var parts = tm()
    gmtime_r(&moment, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = ["\(1900 + parts.tm_year)", two(parts.tm_mon + 1), two(parts.tm_mday)]
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(two)
    return "\(day.joined(separator: date))T\(clock.joined(separator: time))Z"
  }
}
