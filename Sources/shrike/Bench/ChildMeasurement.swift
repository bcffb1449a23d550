import Glibc

/// What a program of its own used, from its start to its end.
struct ChildMeasurement {
  /// User and system time.
  var milliseconds: Double
  /// The most memory that it ever had resident.
  var peakMegabytes: Double
  var exitCode: Int32
  var output: String

  /// Runs a program to its end.
  ///
  /// - Parameter arguments: The program's path, and what follows it.
  static func run(_ arguments: [String]) throws(BenchError) -> ChildMeasurement {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw BenchError("no pipe: \(String(cString: strerror(errno)))") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    defer { posix_spawn_file_actions_destroy(&actions) }
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let error = posix_spawnp(&child, arguments[0], &actions, nil, &words, environ)
    close(ends[1])
    defer { close(ends[0]) }
    guard error == 0 else {
      throw BenchError("\(arguments[0]): \(String(cString: strerror(error)))")
    }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(ends[0], &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      output += chunk[..<count]
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0 && errno == EINTR {}
    return ChildMeasurement(
      milliseconds: usage.ru_utime.milliseconds + usage.ru_stime.milliseconds,
      peakMegabytes: Double(usage.ru_maxrss) / 1024,
      exitCode: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f,
      output: String(decoding: output, as: UTF8.self))
  }
}

extension timeval {
  fileprivate var milliseconds: Double { Double(tv_sec) * 1e3 + Double(tv_usec) / 1e3 }
}

/// Why something could not be measured.
struct BenchError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

/// What this process used so far.
enum OwnProcess {
  static var milliseconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
  }

  /// Makes the memory that is resident now the peak.
  static func forgetPeak() {
    let file = open("/proc/self/clear_refs", O_WRONLY)
    guard file >= 0 else { return }
    _ = write(file, "5", 1)
    close(file)
  }

  /// Megabytes: resident now, and at the most since the peak was forgotten.
  static var memory: (resident: Double, peak: Double) {
    (field("VmRSS:"), field("VmHWM:"))
  }

  private static func field(_ name: String) -> Double {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.hasPrefix(name) else { continue }
      return (Double(text.filter(\.isNumber)) ?? 0) / 1024
    }
    return 0
  }
}
