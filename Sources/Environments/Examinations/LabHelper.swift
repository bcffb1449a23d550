import CProcess
import Glibc
import Processes
import Values

/// A process that tries the lab, and the directory that it does so in.
struct LabHelper {
  private let helper: Helper
  private let directory: ScratchDirectory

  /// - Parameter identity: Whom it runs as; nothing for whoever we are.
  init(
    _ means: LabExaminer.Means, program: [String], as identity: UserIdentity? = nil
  ) throws {
    // Others may not enter where our temporary files go.
    directory = try ScratchDirectory("shrike-doctor", in: identity == nil ? nil : "/tmp")
    if let identity { chown(directory.path, identity.user, identity.group) }
    do {
      helper = try Helper(
        program + [means.rawValue, directory.path], path: program[0], user: identity?.name)
    } catch {
      let user = identity.map { " as \($0.name)" } ?? ""
      throw LabFailure(description: "can't be tried\(user): \(error)")
    }
  }

  /// Waits for what it has found.
  ///
  /// - Throws: When it did not come to an end by which it would have told.
  func finish() throws(LabFailure) -> [Examination] {
    let (lines, status) = helper.finish(within: Doctor.labPatience)
    if status == .exited(code: 0), let last = lines.last,
      let elements = (try? Value(json: last))?.elements
    {
      return elements.compactMap { Examination($0) }
    }
    let ending = status.map { "ended with \($0)" } ?? "did not end"
    throw LabFailure(
      description: "the process that tried it \(ending)" + (lines.last.map { ": \($0)" } ?? ""))
  }
}

/// Why nothing is known of a lab.
struct LabFailure: Error, CustomStringConvertible {
  var description: String
}

/// A user of this machine, and their group.
struct UserIdentity {
  var name: String
  var user = uid_t()
  var group = gid_t()

  /// Nothing where there is no such user.
  init?(_ name: String) {
    self.name = name
    guard process_find_user(name, &user, &group) == 0 else { return nil }
  }
}

extension Examination {
  /// What a user who is not root can do in the lab, in one line.
  package init(rootless found: [Examination], user: String) {
    let name = "lab without root"
    let lab = found.first { $0.group == .environment }
    guard let lab, lab.state != .missing else {
      self.init(
        .environment, name, .missing, lab?.detail ?? "nothing was found", mend: lab?.mend)
      return
    }
    let lacking = found.filter { $0.group == .fault && $0.state != .works }
      .map { $0.name.hasPrefix("lab ") ? String($0.name.dropFirst(4)) : $0.name }
    self.init(
      .environment, name, lacking.isEmpty ? .works : .partly,
      "as \(user): \(lab.detail)"
        + (lacking.isEmpty ? "" : "; but no \(lacking.joined(separator: ", no "))"))
  }
}
