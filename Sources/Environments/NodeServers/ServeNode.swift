import Glibc
import NIOCore
import NIOPosix
public import NodeProcesses
public import Nodes

/// Is one node that listens on a network and speaks to its peers over it, until it is asked to end.
///
/// Messages are those of the Maelstrom protocol, each in a frame; there is no `init`. Marks and logs
/// go to standard error.
///
/// - Returns: The status to exit with: 0 after SIGTERM, 70 when it can't listen, 1 when the node
///   can't go on; then the last line of standard error says why.
public func serveNode<N: Node>(
  _: N.Type, _ settings: NodeProcessSettings, _ server: NodeServerSettings
) -> Int32 {
  signal(SIGPIPE, SIG_IGN)
  // Blocked before there are other threads, so that it comes to nobody but to who waits for it here.
  var ends = sigset_t()
  sigemptyset(&ends)
  sigaddset(&ends, SIGTERM)
  pthread_sigmask(SIG_BLOCK, &ends, nil)
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let node = NodeServer<N>(settings.completedByEnvironment(), server, on: group.next()) {
    kill(getpid(), SIGTERM)
  }
  do { _ = try node.start().wait() } catch {
    writeToStandardError(
      Array("shrike: can't listen on \(server.listen): \(text(of: error))\n".utf8))
    return 70
  }
  var number: Int32 = 0
  while sigwait(&ends, &number) != 0 {}
  return (try? node.stop().wait()) ?? 1
}
