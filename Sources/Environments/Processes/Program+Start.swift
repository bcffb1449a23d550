import CProcess
import Glibc

extension Program {
  /// How a program is started beside its own words.
  package struct Surroundings {
    /// Which of our descriptors it gets as which of its own.
    package var descriptors: [(source: Int32, target: Int32)]
    /// It gets none of ours from this one on.
    package var closingFrom: Int32
    /// Whether it is process 1 of PID, mount and IPC namespaces of its own.
    package var isIsolated = false
    /// Whether it also has network and UTS namespaces of its own.
    package var hasOwnNetwork = false
    /// The `cgroup.procs` files of the control groups that it joins.
    package var groups: [String] = []
    /// Whom it runs as; nothing for whoever we are.
    package var user: String?
    /// The most files that it may have open; nothing for as many as we.
    package var openFiles: Int?
    /// The numbers of system calls, of the program's and its descendants', that wait for an answer.
    package var watchedCalls: [Int32] = []
    /// Takes the descriptor by which they are answered, which is the taker's to close.
    package var takeListener: (Int32) -> Void = { close($0) }

    package init(descriptors: [(source: Int32, target: Int32)], closingFrom: Int32) {
      self.descriptors = descriptors
      self.closingFrom = closingFrom
    }
  }

  /// Starts it in a session of its own.
  ///
  /// - Returns: The process, by its number in our PID namespace.
  package func start(_ surroundings: Surroundings) throws(SpawnError) -> Int32 {
    var options = process_options()
    if let user = surroundings.user {
      guard process_find_user(user, &options.user, &options.group) == 0 else {
        throw SpawnError(number: ENOENT, user: user)
      }
      options.changes_user = 1
    }
    var groups: [Int32] = []
    defer { for group in groups { close(group) } }
    for path in surroundings.groups {
      let group = open(path, O_WRONLY | O_CLOEXEC)
      guard group >= 0 else { throw SpawnError(number: errno) }
      groups.append(group)
    }
    options.isolates = surroundings.isIsolated ? 1 : 0
    options.isolates_network = surroundings.hasOwnNetwork ? 1 : 0
    options.open_files = UInt(surroundings.openFiles ?? 0)
    options.close_from = surroundings.closingFrom
    var listener: Int32 = -1
    options.watched_count = Int32(surroundings.watchedCalls.count)
    let words = CStrings(arguments)
    let variables = CStrings(environment)
    let sources = surroundings.descriptors.map(\.source)
    let targets = surroundings.descriptors.map(\.target)
    options.count = Int32(sources.count)
    options.group_count = Int32(groups.count)
    var process: pid_t = 0
    let error = path.withCString { path in
      withOptional(directory) { directory in
        words.pointers.withUnsafeBufferPointer { words in
          variables.pointers.withUnsafeBufferPointer { variables in
            sources.withUnsafeBufferPointer { sources in
              targets.withUnsafeBufferPointer { targets in
                groups.withUnsafeBufferPointer { groups in
                  surroundings.watchedCalls.withUnsafeBufferPointer { watched in
                    withUnsafeMutablePointer(to: &listener) { listener in
                      options.path = path
                      options.directory = directory
                      options.arguments = words.baseAddress
                      options.environment = variables.baseAddress
                      options.sources = sources.baseAddress
                      options.targets = targets.baseAddress
                      options.groups = groups.baseAddress
                      options.watched = watched.baseAddress
                      options.listener = listener
                      return process_start(&process, &options)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    guard error == 0 else { throw SpawnError(number: error) }
    if listener >= 0 { surroundings.takeListener(listener) }
    return process
  }
}

private func withOptional<Result>(
  _ text: String?, _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
  guard let text else { return body(nil) }
  return text.withCString(body)
}
