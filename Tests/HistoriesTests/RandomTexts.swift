import Histories
import Values

/// Random histories as texts, with what is usual and what is not.
extension Draws {
  /// Lines of a few processes: most are a history, some are none.
  mutating func lines(_ count: Int) -> [Operation] {
    var pending: [Operation?] = [nil, nil, nil, nil]
    let processes = chance(0.9) ? [0, 1, 2, 3] : [-1, 7, 1 << 40, Int.min]
    var lines: [Operation] = []
    for _ in 0..<count {
      let place = below(4)
      if chance(0.05) {
        lines.append(
          Operation(
            type: .info, process: .named(element(of: ["nemesis", "n1", "é"])),
            f: element(of: ["kill", "start-partition-halves", "read"]), value: oddValue()))
      } else if let call = pending[place], !chance(0.005) {
        var completion = call
        completion.type = element(of: [.ok, .ok, .ok, .fail, .info])
        if completion.type != .ok, chance(0.7) { completion.error = oddValue() }
        if chance(0.3) { completion.value = plainValue() }
        lines.append(completion)
        pending[place] = nil
      } else {
        let call = Operation(
          type: .invoke, process: .client(processes[place]),
          f: element(of: ["read", "write", "cas", "compare-and-set", "é"]),
          value: chance(0.9) ? plainValue() : oddValue())
        lines.append(call)
        pending[place] = call
      }
    }
    finish(&lines)
    return lines
  }

  private mutating func finish(_ lines: inout [Operation]) {
    let withTimes = chance(0.7)
    let withIndices = chance(0.7)
    let offset = chance(0.2) ? 5 : 0
    var time: Nanoseconds = 0
    for place in lines.indices {
      time += Nanoseconds(below(3))
      if withTimes { lines[place].time = time }
      if withIndices { lines[place].index = place + offset }
      if chance(0.05) { lines[place].extra[.string(element(of: ["node", "final", "k\n"]))] = true }
      if chance(0.002) { lines[place].index = element(of: [-1, -7, 0, 1 << 50]) }
      if chance(0.002) { lines[place].time = element(of: [-1, -9, 1 << 60]) }
    }
    if chance(0.3) { lines = shuffled(lines) }
  }

  mutating func plainValue() -> Value {
    switch below(8) {
    case 0: .null
    case 1: [.integer(below(4)), .integer(below(4))]
    case 2: [.integer(below(4)), .null]
    case 3: .string(element(of: ["", "a", "x 0 1 y", "a longer text of more than sixteen bytes"]))
    case 4: [[.string("append"), .integer(below(3)), .integer(below(9))], ["r", 1, []]]
    case 5: .bool(chance(0.5))
    case 6:
      .integer(element(of: [-1, 1 << 30, -(1 << 30), (1 << 30) - 1, 999_999_999_999_999_999]))
    default: .integer(below(100))
    }
  }

  mutating func oddValue() -> Value {
    switch below(9) {
    case 0: .double(element(of: [0, -0.0, 1.5, -2e300]))
    case 1: .string(element(of: ["é", "e\u{301}", "a\nb", "\"", "\\", "→", "\u{1}"]))
    case 2: ["a": 1, "b": [1, ["c": .null]]]
    case 3: .integer(element(of: [.max, .min, 1 << 62]))
    case 4: .number("9223372036854775808")
    case 5: [[[[[[[[[[1]]]]]]]]]]
    case 6: [1.5, "a", ["x": 2]]
    case 7: []
    default: plainValue()
    }
  }

  /// What only EDN can say, as text.
  private static let ednValues = [
    "#{1 2}", "(1 2)", "\\a", "3/4", "5N", "2.5M", "##NaN", "#inst \"2020\"", "sym", ":a/b",
    "[:r 1 nil]", "#_ 1 2", "; x\n 3", "^:m 4", "+5", "017", "-0", "#:a{:b 1}", "[1 ,,\n 2]",
    "\"\n\"",
  ]

  private mutating func blanks() -> String {
    chance(0.9) ? "" : element(of: [" ", "\t", "\r", "  "])
  }

  /// A line of JSON in a random style.
  mutating func json(
    _ operation: Operation, isElle: Bool = false, _ isArray: Bool = false
  ) -> String {
    var fields = ["\"type\"\(blanks()):\(blanks())\"\(operation.type.rawValue)\""]
    switch operation.process {
    case .client(let client): fields.append("\"process\":\(blanks())\(client)")
    case .named(let name): fields.append("\"process\":\(Value.string(name).json)")
    }
    if !isElle || chance(0.7) {
      fields.append("\"f\":\(blanks())\(Value.string(operation.f).json)")
    }
    if operation.value != .null || chance(0.5) {
      fields.append("\"value\":\(blanks())\(operation.value.json)\(blanks())")
    }
    if operation.index != -1 { fields.append("\"index\":\(operation.index)") }
    if operation.time != -1 { fields.append("\"time\":\(blanks())\(operation.time)") }
    if let error = operation.error { fields.append("\"error\":\(error.json)") }
    for entry in operation.extra.entries {
      fields.append("\(Value.string(entry.key.name ?? "").json):\(entry.value.json)")
    }
    if chance(0.01) { fields.append(element(of: ["\"index\":null", "\"time\":null"])) }
    if chance(0.01) {
      fields.append(
        element(of: ["\"va\\u006cue\":1", "\"value\":1", "\"f\":3", "\"process\":1.5", "\"typ\":1"])
      )
    }
    if chance(0.3) { fields = shuffled(fields) }
    if isArray, chance(0.1) { fields.append("\"value\":[1,\n2.5]") }
    if isArray, chance(0.1) { fields[0] += "\n" }
    return blanks() + "{" + fields.joined(separator: "\(blanks()),\(blanks())") + "}" + blanks()
  }

  /// An operation in EDN, in a random style.
  mutating func edn(_ operation: Operation) -> String {
    func name(_ text: String) -> String { text == "k\n" ? "\"k\"" : ":\(text)" }
    var fields = [":type :\(operation.type.rawValue)"]
    switch operation.process {
    case .client(let client): fields.append(":process \(client)")
    case .named(let text): fields.append(":process \(name(text))")
    }
    fields.append(":f \(name(operation.f))")
    let value =
      chance(0.1) ? element(of: Draws.ednValues) : operation.value.edn
    fields.append(":value\(blanks()) \(value)\(blanks())")
    if operation.index != -1 { fields.append(":index \(operation.index)") }
    if operation.time != -1 { fields.append(":time \(operation.time)") }
    if let error = operation.error { fields.append(":error \(error.edn)") }
    for entry in operation.extra.entries {
      fields.append("\(name(entry.key.name ?? "")) \(entry.value.edn)")
    }
    if chance(0.02) {
      fields.append(
        element(of: [
          ":index nil", ":time nil", "type :ok", "\"f\" :x", ":value 1", "#_ :index #_ 9", ":typ 1",
          "[1] 2", ":a/type 3", ":type :ok", "; a comment\n", ":f \"txn\"", ":process n1",
        ]))
    }
    if chance(0.3) { fields = shuffled(fields) }
    let separator = element(of: [", ", " ", ",", " ,\n "])
    let tag = chance(0.1) ? element(of: ["#jepsen.history.Op", "#a ", "#_ {} "]) : ""
    return "\(tag){\(fields.joined(separator: separator))}"
  }

  /// A whole text, which may be damaged.
  mutating func text(of lines: [Operation], _ format: HistoryFormat) -> [UInt8] {
    var text = chance(0.05) ? "\u{feff}" : ""
    let brackets: (String, String) =
      switch format {
      case .jepsenEDN: element(of: [("", ""), ("", ""), ("[", "]"), ("(", ")\n")])
      case .elleJSON: element(of: [("", ""), ("[", "]"), (" [\n", "\n]\n")])
      default: ("", "")
      }
    if format == .jepsenEDN, chance(0.1) { text += "; a comment\n" }
    text += brackets.0
    let isArray = format == .elleJSON && brackets.0 != ""
    for (place, line) in lines.enumerated() {
      if isArray, place > 0 { text += element(of: [",", ", ", ",\n", "\n,\n ", ",\t\r\n"]) }
      text += format == .jepsenEDN ? edn(line) : json(line, isElle: format == .elleJSON, isArray)
      if isArray { continue }
      text +=
        chance(0.97)
        ? "\n" : element(of: ["\n\n", "\n \t\n", "\r\n", format == .jepsenEDN ? " " : "\n"])
    }
    text += brackets.1
    if chance(0.2), text.hasSuffix("\n") { text.removeLast() }
    var bytes = Array(text.utf8)
    if chance(0.5) { bytes = damaged(bytes) }
    return bytes
  }

  /// A text with one to three wounds: bytes changed, inserted, removed, repeated, or cut off.
  mutating func damaged(_ text: [UInt8]) -> [UInt8] {
    var text = text
    let fragments = [
      "\"", "\\", "{", "}", "[", "]", "(", ")", "#", "#_", ":", ";", "\n", ",", "-", "0", "1.5",
      "e",
      "\u{0}", "é", "nil", "null", "N", "/", "\\u0041", "1234567890123456789", "^", "\r",
    ]
    for _ in 0...below(3) {
      let place = below(text.count + 1)
      let end = min(text.count, place + below(8))
      switch below(6) {
      case 0: text.removeSubrange((chance(0.3) ? place : text.count)...)
      case 1: text.removeSubrange(place..<end)
      case 2: text.insert(contentsOf: Array(text[place..<end]), at: place)
      case 3: text.insert(UInt8(below(256)), at: place)
      case 4: text.insert(contentsOf: Array(element(of: fragments).utf8), at: place)
      default: if place < text.count { text[place] ^= 1 << UInt8(below(8)) }
      }
    }
    return text
  }
}
