import Nodes
import Values

/// The committed versions of keys, as far back as they may still be read.
struct VersionedStore: Hashable, Sendable, StablyEncodable {
  private struct Version: Hashable, Sendable {
    /// The number of the commit that wrote it.
    var commit: Int
    var value: Value
  }

  private var versions: [Value: [Version]] = [:]
  /// How many transactions that wrote something have committed.
  private(set) var commitCount = 0

  /// The value that a key had after so many commits.
  func value(of key: Value, after commits: Int) -> Value? {
    versions[key]?.last { $0.commit <= commits }?.value
  }

  /// Whether a key was written after so many commits.
  func hasChanged(_ key: Value, since commits: Int) -> Bool {
    versions[key]?.last.map { $0.commit > commits } ?? false
  }

  /// Commits what a transaction wrote.
  ///
  /// - Parameter oldest: What was there before so many commits will not be read any more.
  mutating func commit(_ written: ValueMap, oldest: Int) {
    commitCount += 1
    for entry in written.entries {
      var list = versions[entry.key] ?? []
      if let first = list.lastIndex(where: { $0.commit <= oldest }) {
        list.removeSubrange(..<first)
      }
      list.append(Version(commit: commitCount, value: entry.value))
      versions[entry.key] = list
    }
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(sorted: versions) { list, sink in
      sink.put(list.count)
      for version in list {
        sink.put(version.commit)
        version.value.encode(into: &sink)
      }
    }
    sink.put(commitCount)
  }
}
