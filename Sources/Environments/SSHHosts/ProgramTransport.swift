import Processes
import Values

final class ProgramTransport: SSHTransport {
  let user = ""
  init(_ target: SSHTarget, _ options: SSHOptions) throws(SSHError) { throw .noProgram("ssh") }
  var problem: SSHError? { nil }
  func start(_ line: String, errorLimit: Int) throws(SSHError) -> SSHStream { throw .noProgram("") }
  func upload(_ source: UploadSource, to path: String, mode: UInt32) throws(SSHError) {}
  func download(
    _ path: String, from offset: Int,
    _ take: @escaping (_ bytes: ArraySlice<UInt8>, _ total: Int) throws(SSHError) -> Void
  ) throws(SSHError) {}
  func close() {}
}
