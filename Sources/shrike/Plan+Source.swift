import Controller
import Glibc
import SystemPackage

extension Plan {
  /// The plan that people name: by a token, by the folder of a run, or by the file of a plan.
  ///
  /// A run of real processes has the faults that happened, unless those that were planned are asked for.
  init(named what: String, asPlanned: Bool = false) throws {
    var status = stat()
    guard stat(what, &status) == 0 else {
      self = try Token.decode(what)
      return
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      self = try Plan(path: FilePath(what))
      return
    }
    let folder = RunFolder(FilePath(what))
    self = try Plan(path: folder.plan)
    if place != .simulated, !asPlanned { faults = try folder.happenedFaults() }
  }

  /// Says so where the plan of a simulated run was made by another build, and makes it this one's.
  mutating func adoptBuild() {
    if !build.isEmpty, build != BuildID.current, place == .simulated {
      complain(
        "shrike: this run was made by build \(build), this is \(BuildID.current): it may differ")
    }
    build = BuildID.current
  }
}
