/// A connection to one host, however it is made; any thread may use it.
package protocol SSHTransport: AnyObject, Sendable {
  /// The host as the user wrote it.
  var name: String { get }
  /// Has the login shell run a command line in its own place.
  ///
  /// - Parameter errorLimit: How many of the last bytes of its standard error are kept.
  func start(_ line: String, errorLimit: Int) throws(SSHError) -> SSHStream
  /// Writes a file, which appears as a whole or not at all.
  func upload(_ source: UploadSource, to path: String, mode: UInt32) throws(SSHError)
  /// Reads a file from an offset on, counted from its end where it is negative.
  ///
  /// - Parameter take: Takes its bytes as they come, and how many there will be as far as that is known.
  func download(
    _ path: String, from offset: Int,
    _ take: @escaping (_ bytes: ArraySlice<UInt8>, _ total: Int) throws(SSHError) -> Void
  ) throws(SSHError)
  /// Why the connection is of no use any more; nothing where it is well.
  var problem: SSHError? { get }
  /// Ends the connection and all that runs over it.
  func close()
}

/// What is uploaded.
package final class UploadSource: @unchecked Sendable {
  // One transfer uses it, on one thread at a time.
  let count: Int
  private let read: (UnsafeMutableRawBufferPointer) throws(SSHError) -> Int
  private let report: (_ done: Int, _ total: Int) -> Void

  init(
    count: Int, report: @escaping (_ done: Int, _ total: Int) -> Void,
    read: @escaping (UnsafeMutableRawBufferPointer) throws(SSHError) -> Int
  ) {
    self.count = count
    self.report = report
    self.read = read
  }

  /// The next bytes, at most `count`; none at the end.
  func next(_ count: Int) throws(SSHError) -> [UInt8] {
    var failure: SSHError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
      do throws(SSHError) {
        used = try read(UnsafeMutableRawBufferPointer(buffer))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Tells how much the host has.
  func progress(_ done: Int) { report(done, max(done, count)) }
}
