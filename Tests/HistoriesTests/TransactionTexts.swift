import Histories
import Values

/// A transaction as a test draws it, and as formats tell it.
struct DrawnTransaction: Hashable {
  enum Step: Hashable {
    case write(key: Int, value: Int)
    /// Nothing read is the initial state.
    case read(key: Int, value: Int?)
  }

  var session: Int
  var isCommitted = true
  var steps: [Step]

  /// The value of its line.
  var value: Value {
    .list(
      steps.map { step in
        switch step {
        case .write(let key, let value): ["w", .integer(key), .integer(value)]
        case .read(let key, let value):
          ["r", .integer(key), value.map { Value.integer($0) } ?? Value.null]
        }
      })
  }
}

extension Draws {
  /// Transactions of a few sessions, those of each in its order.
  mutating func transactions(_ count: Int, aborts: Bool = true) -> [DrawnTransaction] {
    var written: [Int: [Int]] = [:]
    var next = 1
    return (0..<count).map { _ in
      let session = below(4)
      let isCommitted = !aborts || chance(0.8)
      let steps = (0..<1 + below(4)).map { _ -> DrawnTransaction.Step in
        let key = element(of: [0, 1, 2, 7, 1 << 40, Int.max])
        if chance(0.5) {
          next += element(of: [1, 1, 1, 1 << 33])
          written[key, default: []].append(next)
          return .write(key: key, value: next)
        }
        let values = written[key] ?? []
        return .read(key: key, value: values.isEmpty ? nil : element(of: values))
      }
      return DrawnTransaction(session: session, isCommitted: isCommitted, steps: steps)
    }
  }
}

extension [DrawnTransaction] {
  /// These by their sessions, as formats have them that hold session after session.
  var bySession: [[DrawnTransaction]] {
    let count = (map(\.session).max() ?? -1) + 1
    return (0..<count).map { session in filter { $0.session == session } }
  }

  /// Plume's text; of what was aborted each step stands by itself.
  var plume: [UInt8] {
    var text = ""
    for (number, transaction) in enumerated() {
      for step in transaction.steps {
        let id = transaction.isCommitted ? number : -1
        switch step {
        case .write(let key, let value): text += "w(\(key),\(value),\(transaction.session),\(id))\n"
        case .read(let key, let value):
          text += "r(\(key),\(value ?? 0),\(transaction.session),\(id))\n"
        }
      }
    }
    return [UInt8](text.utf8)
  }

  var awditTest: [UInt8] {
    let text = bySession.filter { !$0.isEmpty }.map { session in
      session.map { transaction in
        transaction.steps.map { step in
          switch step {
          case .write(let key, let value): "w \(key) \(value)"
          case .read(let key, let value): "r \(key) \(value ?? 0)"
          }
        }.joined(separator: "\n")
      }.joined(separator: "\n-----\n")
    }.joined(separator: "\n=====\n")
    return [UInt8](text.utf8)
  }

  func dbcopJSON(isWrapped: Bool, areTuples: Bool) -> [UInt8] {
    let sessions = bySession.map { session in
      "["
        + session.map { transaction in
          let events = transaction.steps.map { step in
            switch step {
            case .write(let key, let value):
              areTuples
                ? "[\"w\",\(key),\(value)]"
                : "{\"Write\":{\"variable\":\(key),\"version\":\(value)}}"
            case .read(let key, let value):
              areTuples
                ? "[\"r\",\(key),\(value.map { "\($0)" } ?? "null")]"
                : "{\"Read\":{\"variable\":\(key),\"version\":\(value.map { "\($0)" } ?? "null")}}"
            }
          }
          return
            "{\"events\":[\(events.joined(separator: ","))],\n\"committed\":\(transaction.isCommitted)}"
        }.joined(separator: ",") + "]"
    }
    let data = "[\(sessions.joined(separator: ",\n"))]"
    let text =
      isWrapped
      ? "{\"params\":{\"id\":0,\"n\":[1,{\"a\":\"]\\\\\"}]},\"info\":\"made \\\"up\\\"\",\"start\":1,\"data\":\(data)}"
      : data
    return [UInt8](text.utf8)
  }

  var dbcopBincode: [UInt8] {
    var bytes: [UInt8] = []
    func put(_ number: Int) {
      Swift.withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    for number in [7, 3, 5, count, 4] { put(number) }
    for text in ["generated", "2019-01-01", ""] {
      put(text.utf8.count)
      bytes.append(contentsOf: text.utf8)
    }
    put(bySession.count)
    for session in bySession {
      put(session.count)
      for transaction in session {
        put(transaction.steps.count)
        for step in transaction.steps {
          switch step {
          case .write(let key, let value):
            bytes.append(1)
            put(key)
            put(value)
          case .read(let key, let value):
            bytes.append(0)
            put(key)
            put(value ?? 0)
          }
          bytes.append(transaction.isCommitted ? 1 : 0)
        }
        bytes.append(transaction.isCommitted ? 1 : 0)
      }
    }
    return bytes
  }

  /// Cobra's log of one session; what was aborted has no commit, and so is the last.
  func cobra(firstNumber: Int = 1_000) -> [UInt8] {
    var bytes: [UInt8] = []
    func put(_ mark: Character, _ numbers: [Int]) {
      bytes.append(mark.asciiValue ?? 0)
      for number in numbers {
        Swift.withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
      }
    }
    for (number, transaction) in enumerated() {
      put("S", [firstNumber + number])
      for step in transaction.steps {
        switch step {
        case .write(let key, let value): put("W", [value, key, 99])
        case .read(let key, let value):
          put("R", value.map { [5, $0, key, 99] } ?? [0xdead_beef, 0xdead_beef, key, 0])
        }
      }
      put("C", [firstNumber + number])
    }
    return bytes
  }

  /// Chronos' text, in which each transaction takes the time from its place to the next.
  func chronos(isArray: Bool) -> [UInt8] {
    let lines = enumerated().map { number, transaction in
      let operations = transaction.steps.map { step in
        switch step {
        case .write(let key, let value): "{\"t\":\"w\",\"k\":\(key),\"v\":\(value)}"
        case .read(let key, let value):
          "{\"k\":\(key),\"t\":\"R\"\(value.map { ",\"v\":\($0)" } ?? "")}"
        }
      }
      return
        "{\"tid\":\(number),\"sid\":\"\(transaction.session)\",\"sts\":{\"p\":\(number),\"l\":1},"
        + "\"cts\":{\"p\":\"\(number)\",\"l\":2},\"ops\":[\(operations.joined(separator: ", "))]}"
    }
    return [UInt8](
      (isArray ? "[\(lines.joined(separator: ",\n"))]" : lines.joined(separator: "\n")).utf8)
  }
}
