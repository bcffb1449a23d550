import Foundation
import Suites
import Testing
import Values
import Yams

/// A document as Yams reads it, told as `outline` tells ours; nothing where Yams refuses it.
private func twinOutline(_ text: String) -> String? {
  do {
    guard let node = try Yams.compose(yaml: text) else { return "-" }
    return twinOutline(node)
  } catch {
    return nil
  }
}

private func twinOutline(_ node: Yams.Node) -> String {
  switch node {
  case .scalar(let scalar):
    scalar.style != .plain
      ? "\"\(scalar.string)\"" : scalar.string.isEmpty ? "-" : "<\(scalar.string)>"
  case .sequence(let sequence): "[\(sequence.map(twinOutline).joined(separator: ","))]"
  case .mapping(let mapping):
    "{"
      + mapping.map { "\($0.key.scalar?.string ?? "?"):\(twinOutline($0.value))" }
      .joined(separator: ",") + "}"
  case .alias: "*"
  }
}

/// Writes random documents, in all the forms that ours reads.
private struct Writer {
  var draws: Draws

  mutating func below(_ count: Int) -> Int { draws.below(count) }

  mutating func scalar() -> String {
    let words = [
      "a", "raft", "20s", "-1", "--x", "a b", "x#y", "k:v", "true", "~", "null", "1.5", "kill:one",
      "http://h:1/p?q", "ü", "a  b", "it's", "\\n", "<5", "=", "-x", "x:", "n/a",
    ]
    let word = words[below(words.count)]
    switch below(4) {
    case 0: return "'\(word.replacing("'", with: "''"))'"
    case 1: return "\"\(word.replacing("\\", with: "\\\\"))\""
    default: return word
    }
  }

  mutating func flow(_ depth: Int) -> String {
    let space = [" ", "", "  ", "\n   "][below(4)]
    switch depth > 0 ? below(4) : 3 {
    case 0:
      return "[\(space)"
        + (0..<below(4)).map { _ in flow(depth - 1) }.joined(separator: ",\(space)") + "]"
    case 1:
      return "{\(space)"
        + (0..<below(3)).map { "k\($0): \(flow(depth - 1))" }.joined(separator: " ,\(space)") + "}"
    default: return scalar()
    }
  }

  mutating func block(_ depth: Int, _ indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    let comment = ["", "", "", " # c: [", "\n\n", "\n\(margin)# d"]
    switch depth > 0 ? below(3) : 2 {
    case 0:
      return (0...below(3)).map { key in
        let end = comment[below(comment.count)]
        let step = 1 + below(3)
        return below(3) == 0
          ? "\(margin)k\(key): \(flow(2))\(end)"
          : "\(margin)k\(key):\(end)\n\(block(depth - 1, indent + step))"
      }.joined(separator: "\n")
    case 1:
      return (0...below(3)).map { _ in
        switch below(3) {
        case 0: return "\(margin)- \(flow(2))"
        case 1: return "\(margin)-\n\(block(depth - 1, indent + 2))"
        default: return "\(margin)- \(block(depth - 1, indent + 2).drop { $0 == " " })"
        }
      }.joined(separator: "\n")
    default: return margin + flow(1)
    }
  }
}

@Suite("YAML read twice, by us and by Yams")
struct YAMLTwinTests {
  static let seeds = Array(UInt64(0)..<40)

  @Test("comes to the same, or is refused by ours", arguments: seeds)
  func random(seed: UInt64) {
    var writer = Writer(draws: Draws(seed: seed))
    var readCount = 0
    for _ in 0..<250 {
      let text = writer.block(3, 0)
      guard let ours = try? YAMLNode(yaml: text) else { continue }
      readCount += 1
      #expect(outline(ours) == twinOutline(text), "seed \(seed):\n\(text)")
    }
    #expect(readCount > 100, "most of what is written is read")
  }

  @Test("with random changes comes to the same, or is refused by ours", arguments: seeds)
  func mutated(seed: UInt64) {
    var writer = Writer(draws: Draws(seed: seed, stream: 1))
    let marks = Array("[]{},:-#'\"\\&*!|>%@`? \n\t\r.ax0".unicodeScalars)
    for _ in 0..<500 {
      var text = Array(writer.block(2, 0).unicodeScalars)
      for _ in 0...writer.below(3) {
        let place = writer.below(text.count + 1)
        let mark = marks[writer.below(marks.count)]
        switch writer.below(3) {
        case 0: text.insert(mark, at: place)
        case 1 where place < text.count: text[place] = mark
        default: if place < text.count { text.remove(at: place) }
        }
      }
      var changed = String.UnicodeScalarView()
      changed.append(contentsOf: text)
      guard let ours = try? YAMLNode(yaml: String(changed)) else { continue }
      #expect(
        outline(ours) == twinOutline(String(changed)),
        "seed \(seed):\n\(String(changed).debugDescription)")
    }
  }

  @Test(
    "is the same for the files in Documentation",
    arguments: ["suite.yaml", "ci/github.yml", "ci/gitlab.yml"])
  func documentation(name: String) throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = try String(contentsOfFile: "/\(root)/Documentation/\(name)", encoding: .utf8)
    let twin = try #require(twinOutline(text))
    // Workflows are for others to read, who know block scalars too.
    if name == "suite.yaml" { #expect(outline(try YAMLNode(yaml: text)) == twin) }
    #expect(name == "suite.yaml" || text.contains("shrike suite Documentation/suite.yaml"))
  }
}
