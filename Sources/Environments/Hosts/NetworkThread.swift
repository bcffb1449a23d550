import CProcess
import NIOCore
import NIOPosix
import Processes

/// The one thread of the controller's sockets, which has entered the network where hosts can be reached.
///
/// What a thread opens belongs to the network namespace that it is in, so only this one enters another.
final class NetworkThread {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  /// - Parameter namespace: The network namespace to enter; nothing for our own.
  init(in namespace: Int32?) throws {
    guard let namespace else { return }
    let error = try loop.submit { process_enter_network(namespace) }.wait()
    guard error == 0 else { throw SystemCallError("can't enter the hosts' network", number: error) }
  }

  var loop: any EventLoop { group.next() }

  func end() { try? group.syncShutdownGracefully() }
}
