import Clients
import Nodes
import Values
import Workloads

/// A client of etcd, and what it is told.
struct EtcdScript {
  private(set) var client: EtcdClient
  private(set) var last: ClientStep?

  init(_ workload: String, _ options: EtcdClient.Options = .init()) {
    guard let client = EtcdClient(workload: workload, options) else {
      preconditionFailure("etcd has no client for \(workload)")
    }
    self.client = client
  }

  /// Begins an operation; what it asks is a path below `/v3/` and a body.
  mutating func begin(_ f: String, _ value: Value = nil) -> EtcdScript {
    last = client.begin(f, value, ValueMap())
    return self
  }

  /// Takes an answer of status 200, with a header of this revision.
  mutating func answer(_ revision: Int, _ fields: Value = [:]) {
    var body = fields.map ?? ValueMap()
    body["header"] = ["revision": .string("\(revision)")]
    receive(.custom(["status": 200, "body": .map(body)]))
  }

  mutating func receive(_ reply: Reply) { last = client.receive(reply) }

  /// What was asked last: the path and the body.
  var asked: (path: String, body: Value)? {
    guard case .ask(.custom(let request)) = last, let path = request["path"]?.name,
      let body = request["body"]
    else { return nil }
    return (path, body)
  }

  var completion: Completion? {
    guard case .complete(let completion) = last else { return nil }
    return completion
  }
}

extension Completion {
  var revision: Int? { extra["revision"]?.integer }
}

/// A reply as a transport makes it of an error of etcd's.
func etcdError(_ status: Int, _ code: Int, _ message: String) -> Reply {
  .custom([
    "status": .integer(status),
    "body": ["error": .string(message), "message": .string(message), "code": .integer(code)],
  ])
}

/// A reply as a transport makes it where no answer came.
func noAnswer(_ failure: String, sent: Bool) -> Reply {
  .custom(["failure": .string(failure), "sent": .bool(sent), "text": ""])
}
