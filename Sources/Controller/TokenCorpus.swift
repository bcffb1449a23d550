public import SystemPackage
import Values
public import Verdicts

/// A file of tokens of runs that failed once: campaigns repeat them first, and add their own.
///
/// It has a token a line; what follows a `#` is for people.
public struct TokenCorpus: Sendable {
  public struct Entry: Sendable {
    /// The number of its line, from 1 on.
    public let line: Int
    public let token: String
    let plan: Plan
  }

  /// What came of an entry that was run again.
  public struct Replay: Sendable {
    public let entry: Entry
    /// Nothing where it can't be run any more.
    public let outcome: Outcome?
    /// Why it can't be run any more: an option or a system that it names is gone.
    public let staleness: String?

    /// Whether the run that failed was of another build, so that this may be another run.
    public var isOfOtherBuild: Bool { entry.plan.build != BuildID.current }

    /// What follows from it; nothing follows from one that can't be run.
    public var verdict: Verdict { outcome?.verdict ?? .valid }
  }

  public let path: FilePath
  public private(set) var entries: [Entry] = []

  /// Reads a corpus; a file that is not there is one without tokens.
  ///
  /// - Throws: When the file can't be read, or a line has something other than a token; the error
  ///   names the line.
  public init(path: FilePath) throws {
    self.path = path
    let bytes: [UInt8]
    do { bytes = try FileContents.read(path) } catch Errno.noSuchFileOrDirectory {
      return
    } catch {
      throw PlanError("\(path): \(error)")
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (place, line) in lines.enumerated() {
      let words = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
        .split(whereSeparator: \.isWhitespace)
      guard let word = words.first else { continue }
      do {
        guard words.count == 1 else { throw PlanError("more than one word; notes follow a #") }
        let token = String(word)
        entries.append(Entry(line: place + 1, token: token, plan: try Token.decode(token)))
      } catch {
        throw PlanError("\(path):\(place + 1): \(error)")
      }
    }
  }

  /// Runs all entries again, on all cores.
  ///
  /// - Parameter interrupted: Asked before each run; once it says yes, none is begun.
  /// - Returns: What came of those that ran, in the order of their lines.
  public func replay(
    cores: Int, interrupted: @escaping @Sendable () -> Bool = { false }
  ) throws -> [Replay] {
    try onCores(cores, count: entries.count, interrupted: interrupted) { [entries] place in
      entries[place].replayed()
    }.compactMap(\.self)
  }

  /// Adds failures at the file's end, but for those that it has.
  ///
  /// - Returns: How many were added.
  /// - Throws: When the file can't be written.
  public mutating func add(_ failures: [(token: String, note: String)]) throws -> Int {
    var text = ""
    var count = 0
    for failure in failures where !entries.contains(where: { $0.token == failure.token }) {
      let plan = try Token.decode(failure.token)
      entries.append(Entry(line: 0, token: failure.token, plan: plan))
      text += "# \(failure.note)\n\(failure.token)\n"
      count += 1
    }
    guard count > 0 else { return 0 }
    do {
      let file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .append], permissions: .standard)
      try file.closeAfter {
        let size = try file.seek(offset: 0, from: .end)
        var last: [UInt8] = [UInt8(ascii: "\n")]
        if size > 0 {
          _ = try last.withUnsafeMutableBytes {
            try file.read(fromAbsoluteOffset: size - 1, into: $0)
          }
        }
        if last != [UInt8(ascii: "\n")] { text = "\n" + text }
        _ = try file.writeAll(text.utf8)
      }
    } catch {
      throw PlanError("\(path): \(error)")
    }
    return count
  }
}

extension TokenCorpus.Entry {
  fileprivate func replayed() -> TokenCorpus.Replay {
    do {
      return TokenCorpus.Replay(
        entry: self, outcome: try SimulatedRun(plan).run(), staleness: nil)
    } catch {
      return TokenCorpus.Replay(entry: self, outcome: nil, staleness: "\(error)")
    }
  }
}
