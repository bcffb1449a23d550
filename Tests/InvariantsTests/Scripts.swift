import Histories
import Values

/// A history from lines such as `0 invoke add 3`, `1 ok read [1 2]` and `1 ok read! [1]`, which is
/// a final read; each line is a millisecond after the last.
func script(_ text: String) throws -> History {
  var lines: [Operation] = []
  for line in text.split(separator: "\n") {
    let words = line.split(separator: " ", maxSplits: 3).map(String.init)
    let f = words[2].replacing("!", with: "")
    lines.append(
      Operation(
        index: lines.count, time: .milliseconds(Int64(lines.count)),
        type: Operation.Kind(rawValue: words[1]) ?? .info, process: .client(Int(words[0]) ?? 0),
        f: f, value: words.count > 3 ? value(words[3]) : .null,
        extra: f == words[2] ? ValueMap() : marked))
  }
  return try History(lines)
}

private let marked = ValueMap([ValueMap.Entry(key: "final", value: true)])

private func value(_ text: String) -> Value {
  guard text.hasPrefix("[") else { return Int(text).map { .integer($0) } ?? .string(text) }
  return .list(text.dropFirst().dropLast().split(separator: " ").map { value(String($0)) })
}
