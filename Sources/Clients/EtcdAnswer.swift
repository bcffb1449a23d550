import Nodes
import Values
import Verdicts
import Workloads

/// What etcd's gateway answered, or why nothing came.
enum EtcdAnswer {
  case done(Body)
  case failed(EtcdError)
  /// Something that no etcd of this version says; what was expected instead.
  case strange(String)

  init(_ reply: Reply) {
    switch reply {
    case .custom(let answer):
      if let failure = answer["failure"]?.name {
        // Without the field nothing is certain.
        let wasSent = answer["sent"] != false
        self = .failed(
          EtcdError(cause: .transport(failure, wasSent: wasSent), text: answer["text"]?.name ?? ""))
        return
      }
      guard let status = answer["status"]?.integer else {
        self = .strange("an answer with \"status\", or \"failure\"")
        return
      }
      let body = EtcdAnswer.first(answer["body"] ?? .null)
      // A stream's error has an object of its own.
      let stream = body["error"]
      if status == 200, let body = Body(body) {
        self = .done(body)
      } else if let code = stream?["grpc_code"]?.integer {
        self = .failed(EtcdError(cause: .grpc(code), text: stream?["message"]?.name ?? ""))
      } else if status != 200, let code = body["code"]?.integer {
        self = .failed(EtcdError(cause: .grpc(code), text: body["message"]?.name ?? ""))
      } else if status != 200 {
        self = .failed(EtcdError(cause: .http(status), text: body.name ?? ""))
      } else {
        self = .strange("etcd's response with a header")
      }
    case .failed(let error):
      self = .failed(
        EtcdError(
          cause: .transport(error.code.name, wasSent: !error.code.isDefinite), text: error.text))
    default: self = .strange("an answer over HTTP")
    }
  }

  /// The first message of a body, which has a line for each where a stream broke after it.
  private static func first(_ body: Value) -> Value {
    guard case .string(let text) = body, let line = text.split(separator: "\n").first,
      text.contains("\n"), let message = try? Value(json: String(line)), message.map != nil
    else { return body }
    return message
  }

  /// A response, in which fields that are 0, false or empty are left out.
  struct Body {
    let fields: Value
    /// The store's revision when it was made.
    let revision: Int

    /// - Returns: Nothing where it has no header.
    init?(_ body: Value) {
      // Streams wrap each of their messages.
      let fields = body["result"] ?? body
      guard let header = fields["header"], header.map != nil else { return nil }
      self.fields = fields
      revision = integer(header["revision"]) ?? 0
    }

    /// Whether all of a transaction's comparisons were so.
    var succeeded: Bool { fields["succeeded"] == true }

    /// The identifier of a lease.
    var lease: String? { fields["ID"]?.name }

    /// How many seconds a lease has left.
    var timeToLive: Int { integer(fields["TTL"]) ?? 0 }

    /// What a range found under its key; nothing where there is none.
    ///
    /// - Throws: When it can't be read.
    func found() throws(EtcdMisfit) -> Found { try Found(fields) }

    /// What the ranges of a transaction found, in their order.
    ///
    /// - Throws: When there are not as many, or one can't be read.
    func found(count: Int) throws(EtcdMisfit) -> [Found] {
      let responses = fields["responses"]?.elements ?? []
      guard responses.count == count else {
        throw EtcdMisfit(expected: "\(count) responses of a transaction")
      }
      var found: [Found] = []
      for response in responses {
        guard let range = response["response_range"] else {
          throw EtcdMisfit(expected: "response_range of a transaction")
        }
        found.append(try Found(range))
      }
      return found
    }
  }

  /// What a key holds.
  struct Found {
    /// Nothing where the key is not there.
    var value: Value?
    /// When the key was last written; 0 where it is not there.
    var modified = 0

    fileprivate init(_ range: Value) throws(EtcdMisfit) {
      guard let pair = range["kvs"]?.elements?.first else { return }
      guard let revision = integer(pair["mod_revision"]),
        let text = text(base64: pair["value"]?.name ?? ""), let value = try? Value(json: text)
      else { throw EtcdMisfit(expected: "a value that this client wrote") }
      self.value = value
      modified = revision
    }

    /// The elements of a list, which is empty where the key is not there.
    func elements() throws(EtcdMisfit) -> [Value] {
      guard let value else { return [] }
      guard let elements = value.elements else {
        throw EtcdMisfit(expected: "a list that this client wrote")
      }
      return elements
    }
  }
}

/// An answer that no etcd gives, or a value that somebody else wrote.
struct EtcdMisfit: Error, Hashable {
  var expected: String
}

private func integer(_ value: Value?) -> Int? {
  value?.integer ?? value?.name.flatMap { Int($0) }
}

private func text(base64: String) -> String? {
  let bytes = Array(base64.utf8).withUnsafeBytes { Base64.decode($0) }
  return bytes.flatMap { String(validating: $0, as: UTF8.self) }
}
