import Values

/// Histories of clients of which each waits for its answer, as JSON Lines.
struct InvariantText {
  private static let clients = 20
  private static let nodes = 5

  private(set) var bytes: [UInt8] = []
  private var lines = 0

  /// Adds of 0, 1, 2 and so on, between them reads of all there is at even distances, and in the end
  /// a read of each node.
  static func set(adds: Int, reads: Int) -> [UInt8] {
    var text = InvariantText()
    var contents: [UInt8] = []
    for element in 0..<adds {
      let digits = Array("\(element)".utf8)
      text.call(element % clients, "add", digits, answer: digits)
      if element > 0 { contents.append(UInt8(ascii: ",")) }
      contents += digits
      guard (element + 1) % (adds / reads) == 0 else { continue }
      text.call(element % clients, "read", answer: list(contents))
    }
    for node in 0..<nodes {
      text.call(
        clients + node, "read", answer: list(contents),
        beside: #","final":true,"node":"n\#(node)""#)
    }
    return text.bytes
  }

  private static func list(_ contents: [UInt8]) -> [UInt8] {
    [UInt8(ascii: "[")] + contents + [UInt8(ascii: "]")]
  }

  /// Writes an operation's invocation and completion.
  private mutating func call(
    _ client: Int, _ f: String, _ asked: [UInt8] = Array("null".utf8), answer: [UInt8],
    beside: String = ""
  ) {
    line("invoke", client, f, asked, beside)
    line("ok", client, f, answer, beside)
  }

  private mutating func line(
    _ type: String, _ client: Int, _ f: String, _ value: [UInt8], _ beside: String
  ) {
    bytes += #"{"index":\#(lines),"time":\#(lines * 1_000),"type":"\#(type)","process":\#(client),"#.utf8
    bytes += #""f":"\#(f)","value":"#.utf8
    bytes += value
    bytes += "\(beside)}\n".utf8
    lines += 1
  }
}
