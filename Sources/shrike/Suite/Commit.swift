import Controller
import Glibc

/// The commit that is tested, as what its runs' seeds are derived from.
///
/// Each commit is tested under seeds of its own, and a job that runs again repeats them.
struct Commit {
  /// The first hexadecimal digits of the commit's name are the seed: no more than a JSON number holds.
  static let digitCount = 13

  var name: String

  /// The commit that the CI server says is tested, or the one that is checked out here.
  static func current() throws -> Commit {
    for variable in ["GITHUB_SHA", "CI_COMMIT_SHA"] {
      guard let value = getenv(variable).map({ String(cString: $0) }), !value.isEmpty else {
        continue
      }
      return try Commit(name: value, source: variable)
    }
    guard let head = checkedOut() else {
      throw PlanError(
        "--seed-from-commit: neither GITHUB_SHA nor CI_COMMIT_SHA is set, and git knows no commit "
          + "here")
    }
    return try Commit(name: head, source: "git rev-parse HEAD")
  }

  private init(name: String, source: String) throws {
    self.name = name
    guard name.utf8.count >= Commit.digitCount,
      UInt64(name.prefix(Commit.digitCount), radix: 16) != nil
    else { throw PlanError("--seed-from-commit: \(source) is \"\(name)\", which names no commit") }
  }

  var seed: UInt64 { UInt64(name.prefix(Commit.digitCount), radix: 16) ?? 0 }

  private static func checkedOut() -> String? {
    guard let git = popen("git rev-parse --verify HEAD 2>/dev/null", "r") else { return nil }
    var line = [CChar](repeating: 0, count: 256)
    let text = fgets(&line, Int32(line.count), git).map { String(cString: $0) }
    guard pclose(git) == 0, let text else { return nil }
    return String(text.prefix { $0 != "\n" })
  }
}
