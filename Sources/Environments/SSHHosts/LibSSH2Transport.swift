import CLibSSH2
import Glibc
import Processes
import Values

/// A connection by libssh2: a thread of its own has the session, and does what others ask for.
final class LibSSH2Transport: SSHTransport {
  let name: String
  private let inbox: SessionInbox

  init(_ login: Login, _ options: SSHOptions) throws(SSHError) {
    if let problem = ssh2_load(options.library) { throw .noLibrary(String(cString: problem)) }
    name = login.name
    inbox = try SessionInbox(login.name)
    let (socket, upstream) = try LibSSH2Transport.dial(login, options)
    let session = try SSHSession(login, socket: socket, through: upstream, inbox: inbox)
    try session.shakeHands()
    try session.verifyHostKey()
    try session.logIn(options.secrets)
    try SessionThread.start(session)
  }

  deinit { close() }

  /// Connects, where the configuration says so through other hosts.
  private static func dial(
    _ login: Login, _ options: SSHOptions
  ) throws(SSHError) -> (Int32, through: LibSSH2Transport?) {
    guard let last = login.jumps.last else {
      return (try Dialer.connect(login), nil)
    }
    var hopOptions = options
    hopOptions.user = nil
    hopOptions.port = nil
    var hop = try Login(last, hopOptions)
    // Each hop is reached through those before it, and not by what its own configuration says.
    hop.jumps = login.jumps.count > 1 ? Array(login.jumps.dropLast()) : hop.jumps
    if hop.jumps.contains(where: { $0.host == last.host || $0.host == login.name }) {
      hop.jumps = []
    }
    let upstream = try LibSSH2Transport(hop, hopOptions)
    let pair = try SocketPair(login.name)
    do throws(SSHError) {
      try upstream.perform { session throws(SSHError) in
        try session.connect(
          to: login.address, port: login.port, descriptor: pair.theirs, name: login.name)
      }
    } catch {
      Glibc.close(pair.ours)
      throw error
    }
    return (pair.ours, upstream)
  }

  var problem: SSHError? { inbox.end }

  /// Has the session's thread do something, and waits for it.
  private func perform<Answer: Sendable>(
    isTransfer: Bool = false,
    _ body: @escaping @Sendable (SSHSession) throws(SSHError) -> Answer
  ) throws(SSHError) -> Answer {
    let promise = Promise<Answer>()
    inbox.put(
      SessionJob(isTransfer: isTransfer) { session in
        do throws(SSHError) {
          promise.keep(.success(try body(session)))
        } catch {
          promise.keep(.failure(error))
        }
      } refuse: { error in
        promise.keep(.failure(error))
      })
    guard let answer = try promise.await() else { throw .closed(name) }
    return answer
  }

  func start(_ line: String, errorLimit: Int) throws(SSHError) -> SSHStream {
    let pair = try SocketPair(name)
    let ending = Promise<ExitStatus>()
    let errors = ErrorTail(limit: errorLimit)
    do throws(SSHError) {
      try perform { session throws(SSHError) in
        try session.start("exec " + line, descriptor: pair.theirs, ending: ending, errors: errors)
      }
    } catch {
      Glibc.close(pair.ours)
      Glibc.close(pair.theirs)
      throw error
    }
    return SSHStream(descriptor: pair.ours, command: line, ending: ending, errors: errors)
  }

  func upload(_ source: UploadSource, to path: String, mode: UInt32) throws(SSHError) {
    do throws(SSHError) {
      try perform(isTransfer: true) { session throws(SSHError) in
        try session.upload(source, to: path, mode: mode)
      }
    } catch {
      guard case .noFileServer = error else { throw error }
      try uploadThroughShell(source, to: path, mode: mode)
    }
  }

  func download(
    _ path: String, from offset: Int,
    _ take: @escaping (_ bytes: ArraySlice<UInt8>, _ total: Int) throws(SSHError) -> Void
  ) throws(SSHError) {
    let taker = Taker(take: take)
    do throws(SSHError) {
      try perform(isTransfer: true) { session throws(SSHError) in
        try session.download(path, from: offset, taker.take)
      }
    } catch {
      guard case .noFileServer = error else { throw error }
      try downloadThroughShell(path, from: offset, take)
    }
  }

  func close() { inbox.close(.closed(name)) }
}

/// Who takes what is downloaded: the thread that asked for it waits meanwhile.
private struct Taker: @unchecked Sendable {
  let take: (_ bytes: ArraySlice<UInt8>, _ total: Int) throws(SSHError) -> Void
}

/// The thread that has a session.
enum SessionThread {
  static func start(_ session: SSHSession) throws(SSHError) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(session)
    let error = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        SessionThread.run(Unmanaged<SSHSession>.fromOpaque(context).takeRetainedValue())
        return nil
      }, context.toOpaque())
    guard error == 0 else {
      context.release()
      throw .transport(session.login.name, "can't start a thread: \(errorText(error))")
    }
    pthread_detach(thread)
  }

  private static func run(_ session: SSHSession) {
    let name = session.login.name
    do throws(SSHError) {
      try session.run()
    } catch {
      session.disconnect()
      session.inbox.finish(error)
      session.end { action in
        guard case .lost(_, _, let problem) = error else { return error }
        return .lost(name, during: action, problem: problem)
      }
    }
  }
}
