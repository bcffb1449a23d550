import CProcess
import Glibc

/// A program about to be started: what to execute, and in which surroundings.
package struct Program: Hashable {
  /// The path of the file to execute.
  package var path: String
  /// All arguments, the program's own name first.
  package var arguments: [String]
  /// The whole environment, as `NAME=value`.
  package var environment: [String]
  /// Where it starts; nothing for here.
  package var directory: String?

  package init(path: String, arguments: [String], environment: [String], directory: String?) {
    self.path = path
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  /// Starts it in a session of its own.
  ///
  /// - Parameters:
  ///   - descriptors: Which of ours it gets as which of its own.
  ///   - limit: It gets none of ours from this one on.
  /// - Returns: The process.
  package func spawn(
    descriptors: [(source: Int32, target: Int32)], closingFrom limit: Int32
  ) throws(SpawnError) -> Int32 {
    let arguments = CStrings(arguments)
    let environment = CStrings(environment)
    var process: pid_t = 0
    let error = process_spawn(
      &process, path, arguments.pointers, environment.pointers, directory,
      descriptors.map(\.source), descriptors.map(\.target), Int32(descriptors.count), limit)
    guard error == 0 else { throw SpawnError(number: error) }
    return process
  }
}

/// Why a program could not be started.
package struct SpawnError: Error, Hashable {
  package var number: Int32
  /// The user that it was to run as, where there is no such user.
  package var user: String?

  package init(number: Int32, user: String? = nil) {
    self.number = number
    self.user = user
  }

  /// What is wrong with the program at `path`, and what to do.
  package func explanation(_ path: String) -> String {
    if let user { return "\(path): there is no user \"\(user)\" to run it as" }
    return switch number {
    case ENOENT: "\(path): there is no such file, or the interpreter in its first line is missing"
    case EACCES: "\(path): is not executable (chmod +x)"
    case ENOEXEC: "\(path): is neither a binary for this machine nor begins with #!"
    default: "\(path): \(errorText(number))"
    }
  }
}

/// A null-terminated array of C strings.
final class CStrings {
  var pointers: [UnsafeMutablePointer<CChar>?]

  init(_ strings: [String]) { pointers = strings.map { strdup($0) } + [nil] }

  deinit { for pointer in pointers { free(pointer) } }
}

/// The environment of this process with some variables changed, as `NAME=value`.
package func inheritedEnvironment(changing variables: [String]) -> [String] {
  let names = Set(variables.map { $0.prefix { $0 != "=" } })
  return inheritedEnvironment().filter { !names.contains($0.prefix { $0 != "=" }) } + variables
}

/// The environment of this process, as `NAME=value`.
package func inheritedEnvironment() -> [String] {
  var strings: [String] = []
  var entry = environ
  while let string = entry.pointee {
    strings.append(String(cString: string))
    entry += 1
  }
  return strings
}
