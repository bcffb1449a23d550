import Glibc
import ProcessClocks
import Processes
package import Values

/// What a run has on a machine: the homes of its nodes there, and their logs.
///
/// It outlasts the run's relay, whose controller may come again for the logs. The relay puts a file
/// there that tells who it is, and changes its date as long as it is there; where nobody has removed the
/// directory some time after its owner's end, the next run does.
package struct RunDirectory {
  /// Where such directories are.
  package static let place = "/var/tmp"
  private static let prefix = "shrike-"
  /// The file that tells the owners: a machine may have several addresses, and a relay for each.
  static let mark = "owner"
  /// How often a relay changes its date.
  static let interval: Nanoseconds = .seconds(60)
  /// How long a controller that has lost a machine may take to come for the logs.
  package static let patience: Nanoseconds = .seconds(600)
  /// How long what tells of no owner whose end can be known is left alone.
  package static let longPatience: Nanoseconds = .seconds(86_400)

  package let path: String

  package init(_ path: String) { self.path = path }

  /// One that nobody can have known before.
  package static func new() -> RunDirectory {
    RunDirectory("\(place)/\(prefix)\(String(UInt64.random(in: 0...UInt64.max), radix: 16))")
  }

  private var mark: String { "\(path)/\(RunDirectory.mark)" }

  /// Tells who is one of its owners.
  package func claim(_ owner: Owner) throws {
    let file = open(mark, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw SystemCallError("can't write \(mark)") }
    defer { close(file) }
    let bytes = Array("\(owner)\n".utf8)
    guard write(file, bytes, bytes.count) == bytes.count else {
      throw SystemCallError("can't write \(mark)")
    }
  }

  /// Tells that the owner is there, or was until now.
  package func touch() { utimensat(AT_FDCWD, mark, nil, AT_SYMLINK_NOFOLLOW) }

  /// Removes the directories that owners have left who have been gone for some time.
  ///
  /// - Parameter now: The time of day.
  package static func sweep(
    below place: String = RunDirectory.place, at now: Nanoseconds = wallTime()
  ) {
    for name in directoryEntries(place) where name.hasPrefix(prefix) {
      let directory = RunDirectory("\(place)/\(name)")
      // A tool of the machine's, for it follows no links, however they change meanwhile.
      if directory.isOver(at: now) { _ = runTool(["rm", "-rf", directory.path]) }
    }
  }

  private func isOver(at now: Nanoseconds) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
    guard lstat(mark, &status) == 0 else {
      return status.st_uid == geteuid() && age(status, at: now) > RunDirectory.longPatience
    }
    // Whoever may write to the directory of others' files may write anything there.
    guard status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG,
      let text = bytes(ofFile: mark)
    else { return false }
    let owners = text.split(separator: UInt8(ascii: "\n"))
      .map { Owner(String(decoding: $0, as: UTF8.self))?.exists }
    if owners.contains(true) { return false }
    let isKnown = !owners.isEmpty && owners.allSatisfy { $0 == false }
    return age(status, at: now) > (isKnown ? RunDirectory.patience : RunDirectory.longPatience)
  }

  private func age(_ status: stat, at now: Nanoseconds) -> Nanoseconds {
    now - .seconds(Int64(status.st_mtim.tv_sec))
  }
}
