import Nodes
import Values
import Verdicts

/// Requests of etcd's HTTP/JSON gateway: a path and a body, which is the gRPC message as JSON.
///
/// Keys and values are Base64, 64-bit integers are strings.
enum EtcdRequest {
  static func range(_ key: String, isSerializable: Bool) -> Request {
    post("kv/range", rangeBody(key, isSerializable: isSerializable))
  }

  static func put(_ key: String, _ value: String) -> Request {
    post("kv/put", ValueMap(facts: ["key": base64(key), "value": base64(value)]))
  }

  /// - Parameters:
  ///   - compares: What must be so for `success` to be done.
  ///   - success: What is done in one step.
  static func transaction(if compares: [Compare] = [], then success: [Step]) -> Request {
    post(
      "kv/txn",
      ValueMap(facts: [
        "compare": .list(compares.map(\.body)), "success": .list(success.map(\.body)),
      ]))
  }

  static func grant(seconds: Int) -> Request {
    post("lease/grant", ValueMap(facts: ["TTL": .string("\(seconds)")]))
  }

  static func keepAlive(_ lease: String) -> Request {
    post("lease/keepalive", ValueMap(facts: ["ID": .string(lease)]))
  }

  static func revoke(_ lease: String) -> Request {
    post("lease/revoke", ValueMap(facts: ["ID": .string(lease)]))
  }

  /// What a transaction asks of a key before it does anything.
  struct Compare {
    enum Target {
      case value(String)
      /// 0 is a key that is not there.
      case modificationRevision(Int)
      /// 0 is a key that is not there.
      case version(Int)
    }

    var key: String
    var target: Target

    fileprivate var body: Value {
      var fields = ValueMap(facts: ["key": base64(key), "result": "EQUAL"])
      switch target {
      case .value(let value):
        fields[fact: "target"] = "VALUE"
        fields[fact: "value"] = base64(value)
      case .modificationRevision(let revision):
        fields[fact: "target"] = "MOD"
        fields[fact: "mod_revision"] = .string("\(revision)")
      case .version(let version):
        fields[fact: "target"] = "VERSION"
        fields[fact: "version"] = .string("\(version)")
      }
      return .map(fields)
    }
  }

  /// What a transaction does.
  enum Step {
    case range(String, isSerializable: Bool)
    case put(String, String)
    case putLeased(String, String, lease: String)
    case delete(String)

    fileprivate var body: Value {
      switch self {
      case .range(let key, let isSerializable):
        step("requestRange", rangeBody(key, isSerializable: isSerializable))
      case .put(let key, let value):
        step("requestPut", ValueMap(facts: ["key": base64(key), "value": base64(value)]))
      case .putLeased(let key, let value, let lease):
        step(
          "requestPut",
          ValueMap(facts: [
            "key": base64(key), "value": base64(value), "lease": .string(lease),
          ]))
      case .delete(let key):
        step("requestDeleteRange", ValueMap(facts: ["key": base64(key)]))
      }
    }
  }
}

private func step(_ name: String, _ body: ValueMap) -> Value {
  .map(ValueMap([.init(key: .string(name), value: .map(body))]))
}

private func rangeBody(_ key: String, isSerializable: Bool) -> ValueMap {
  var body = ValueMap(facts: ["key": base64(key)])
  if isSerializable { body[fact: "serializable"] = true }
  return body
}

private func post(_ path: String, _ body: ValueMap) -> Request {
  .custom(.map(ValueMap(facts: ["path": .string("/v3/\(path)"), "body": .map(body)])))
}

private func base64(_ text: String) -> Value {
  var encoded: [UInt8] = []
  Base64.append(Array(text.utf8), to: &encoded)
  return .string(String(decoding: encoded, as: UTF8.self))
}
