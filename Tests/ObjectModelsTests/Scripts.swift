import Histories
import Values

/// A history from lines such as `0 invoke write 3`, `1 ok read null`, `0 info cas 1 2`.
///
/// Two numbers after `cas` are its expectation; `key=value` is a key's value.
func script(_ text: String) throws -> History {
  var lines: [Operation] = []
  for line in text.split(separator: "\n") {
    let words = line.split(separator: " ").map(String.init)
    let kind = words[1] == "invoke" ? Operation.Kind.invoke : Operation.Kind(rawValue: words[1])
    lines.append(
      Operation(
        index: lines.count, type: kind ?? .info, process: .client(Int(words[0]) ?? 0), f: words[2],
        value: value(words.dropFirst(3))))
  }
  return try History(lines)
}

private func value(_ words: ArraySlice<String>) -> Value {
  if words.count > 1 { return .list(words.map { atom($0) }) }
  guard let word = words.first else { return .null }
  let parts = word.split(separator: "=")
  guard parts.count == 2 else { return atom(word) }
  return .list([atom(String(parts[0])), atom(String(parts[1]))])
}

private func atom(_ word: String) -> Value {
  if word == "null" { return .null }
  return Int(word).map { .integer($0) } ?? .string(word)
}
