import Glibc
package import Processes
import Synchronization
package import Values

/// A command that runs on a host: what is written to its descriptor is its standard input, and what it prints
/// is read from there.
package final class SSHStream: Sendable {
  /// One end of a socket, which belongs to the caller, who closes it; that ends the command's channel.
  ///
  /// Standard output is read from it to its end, and `shutdown` for writing ends standard input.
  package let descriptor: Int32
  let command: String
  private let ending: Promise<ExitStatus>
  private let errors: ErrorTail

  init(descriptor: Int32, command: String, ending: Promise<ExitStatus>, errors: ErrorTail) {
    self.descriptor = descriptor
    self.command = command
    self.ending = ending
    self.errors = errors
  }

  /// The last that it printed to standard error.
  package var errorOutput: [UInt8] { errors.bytes }

  /// Waits until the command has ended and all that it printed has been read.
  ///
  /// - Returns: Nothing where that is not so within `time`.
  /// - Throws: When the connection is lost before.
  package func wait(within time: Nanoseconds) throws(SSHError) -> ExitStatus? {
    try ending.await(until: deadline(after: time))
  }
}

/// The last bytes that a command printed to standard error.
final class ErrorTail: Sendable {
  private let kept = Mutex<[UInt8]>([])
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  var bytes: [UInt8] { kept.withLock { Array($0.suffix(limit)) } }

  func add(_ bytes: ArraySlice<UInt8>) {
    kept.withLock { kept in
      kept += bytes
      if kept.count > 2 * limit { kept.removeFirst(kept.count - limit) }
    }
  }
}

/// The last lines of what a program printed, that say something.
func lastLines(_ count: Int = 3, of bytes: [UInt8]) -> [String] {
  String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    .map { String($0.filter { $0 == "\t" || !($0.isASCII && ($0.asciiValue ?? 0) < 32) }) }
    .filter { !$0.allSatisfy(\.isWhitespace) }.suffix(count)
}

extension SocketPair {
  init(_ host: String) throws(SSHError) {
    do throws(SystemCallError) {
      try self.init()
    } catch {
      throw .transport(host, "\(error)")
    }
  }
}
