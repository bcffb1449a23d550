import Histories
import Isolation
import Values
import Verdicts

/// A history of Kafka operations, one after the other.
///
/// It is made from lines such as these:
///
///     0 send k 7 @3        acknowledged at offset 3; also `fail` or `info` in place of the offset
///     0 poll k 3=7 4=8     also of several keys: `k 3=7, j 0=1`
///     0 assign k j         `assign!` seeks to the beginning
///     0 crash
///
/// Each line of the history is a millisecond after the last. What stands behind a `;` are further
/// fields of both lines, as JSON.
func kafkaScript(_ text: String) throws -> History {
  var lines: [Operation] = []
  for row in text.split(separator: "\n") where !row.allSatisfy({ $0 == " " }) {
    let parts = row.split(separator: ";", maxSplits: 1).map(String.init)
    let extra = try parts.count > 1 ? Value(json: parts[1]).map ?? ValueMap() : ValueMap()
    lines += try KafkaScript.operations(parts[0].split(separator: " ").map(String.init), extra)
  }
  for place in lines.indices {
    lines[place].index = place
    if lines[place].time < 0 { lines[place].time = .milliseconds(Int64(place)) }
  }
  return try History(lines)
}

/// What the checker says of a script: its verdict, and the count of each anomaly.
func kafkaFinding(_ text: String, isCompatible: Bool = false) throws -> Finding {
  KafkaChecker(isCompatible: isCompatible).check(try kafkaScript(text))
}

extension Finding {
  var counts: [String: Int] {
    Dictionary(uniqueKeysWithValues: anomalies.map { ($0.type, $0.count) })
  }
}

private enum KafkaScript {
  static func operations(_ words: [String], _ extra: ValueMap) throws -> [Operation] {
    let process = Process.client(Int(words[0]) ?? 0)
    var extra = extra
    var asked = Value.null
    var answered: Value?
    var type = Operation.Kind.ok
    switch words[1] {
    case "send":
      let message = try Value(json: words[3])
      asked = [.string(words[2]), message]
      if words[4].hasPrefix("@") {
        answered = [.string(words[2]), [try Value(json: String(words[4].dropFirst())), message]]
      } else {
        type = Operation.Kind(rawValue: words[4]) ?? .info
      }
    case "poll":
      if words.last == "info" || words.last == "fail" {
        type = Operation.Kind(rawValue: words[2]) ?? .info
      } else {
        answered = try polled(words.dropFirst(2).joined(separator: " "))
      }
    case "assign", "assign!":
      asked = .list(words.dropFirst(2).map { .string($0) })
      if words[1] == "assign!" { extra[.string("seek-to-beginning")] = true }
    default: type = .info
    }
    let f = words[1] == "assign!" ? "assign" : words[1]
    return [
      Operation(type: .invoke, process: process, f: f, value: asked, extra: extra),
      Operation(type: type, process: process, f: f, value: answered ?? asked, extra: extra),
    ]
  }

  private static func polled(_ text: String) throws -> Value {
    var entries: [ValueMap.Entry] = []
    for part in text.split(separator: ",") {
      let words = part.split(separator: " ").map(String.init)
      let pairs: [Value] = try words.dropFirst().map { word in
        let pair = word.split(separator: "=").map(String.init)
        return [try Value(json: pair[0]), try Value(json: pair[1])]
      }
      entries.append(.init(key: .string(words[0]), value: .list(pairs)))
    }
    return .map(ValueMap(entries))
  }
}
