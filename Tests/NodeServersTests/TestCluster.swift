import Glibc
import NIOCore
import NIOPosix
import NodeProcesses
import NodeServers
import Nodes
import Values

/// Nodes that listen on the loopback interface, all in this process.
final class TestCluster<N: Node> {
  static var token: String { "secret" }

  let ports: [Int]
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let directory: String
  private let settings: NodeProcessSettings
  private var servers: [NodeServer<N>?]
  private var number = 0

  init(_: N.Type, count: Int, _ settings: NodeProcessSettings = NodeProcessSettings(seed: 1)) throws
  {
    ports = freePorts(count)
    var template = Array("/tmp/shrike-servers-XXXXXX".utf8CString)
    mkdtemp(&template)
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.settings = settings
    servers = Array(repeating: nil, count: count)
    for node in 0..<count { try start(node) }
  }

  deinit {
    for node in servers.indices { stop(node) }
    try? group.syncShutdownGracefully()
    for node in servers.indices {
      for file in N.File.allCases { unlink("\(directory)/n\(node + 1)/\(file.rawValue)") }
      rmdir("\(directory)/n\(node + 1)")
    }
    rmdir(directory)
  }

  func start(_ node: Int) throws {
    let members = ports.enumerated().map { index, port in
      NodeServerSettings.Member("n\(index + 1)", NetworkAddress(host: "127.0.0.1", port: port))
    }
    var settings = settings
    settings.dataDirectory = "\(directory)/n\(node + 1)"
    let server = NodeServer<N>(
      settings,
      NodeServerSettings(
        name: members[node].name, members: members, listen: members[node].address,
        token: TestCluster.token),
      on: group.next())
    _ = try server.start().wait()
    servers[node] = server
  }

  /// Starts a node that was stopped.
  ///
  /// Its socket is gone only once programs that other tests start at that time run: until then they
  /// have a copy.
  func restart(_ node: Int) throws {
    for _ in 0..<100 {
      if (try? start(node)) != nil { return }
      usleep(20_000)
    }
    try start(node)
  }

  @discardableResult
  func stop(_ node: Int) -> Int32? {
    defer { servers[node] = nil }
    return try? servers[node]?.stop().wait()
  }

  func client(
    of node: Int, hasServices: Bool = false, patienceMilliseconds: Int = 10_000
  ) -> RawClient? {
    RawClient(
      port: ports[node], token: TestCluster.token, hasServices: hasServices,
      patienceMilliseconds: patienceMilliseconds)
  }

  /// What a node answers to a request, asked again as long as it can't take it.
  func ask(_ node: Int, _ body: String) -> Value? {
    for _ in 0..<200 {
      number += 1
      if let client = client(of: node, patienceMilliseconds: 500) {
        client.send(
          #"{"src":"c\#(node)","dest":"n\#(node + 1)","body":{"msg_id":\#(number),\#(body)}}"#)
        if let answer = client.receive()?["body"], answer["type"] != "error" { return answer }
      }
      usleep(20_000)
    }
    return nil
  }
}
