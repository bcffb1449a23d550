import Diagrams
import Testing
import Values

@Suite("Pictures of transactions")
struct TransactionPictureTests {
  /// A ring of transactions of which each depends on the one before it.
  static func ring(_ count: Int, length: Int = 3) throws -> TransactionDiagram {
    let transactions = (1...count).map { number -> Value in
      let operations = (0..<length).map { step -> Value in
        step == 0
          ? ["r", .integer(number), [1, 2, 3, 4, 5, 6, 7, 8]] : ["append", "<&>", .integer(step)]
      }
      return [
        "name": .string("T\(number)"), "index": .integer(number), "process": 3,
        "type": number == 2 ? "info" : "ok", "operations": .list(operations),
      ]
    }
    let edges = (1...count).map { number -> Value in
      [
        "from": .string("T\(number)"), "to": .string("T\(number % count + 1)"),
        "type": .string(["ww", "wr", "rw", "process", "realtime"][number % 5]),
        "from-operation": .integer(number % length), "to-operation": 0, "reason": "it is so",
      ]
    }
    let witness: Value = [
      "transactions": .list(transactions), "edges": .list(edges), "reasons": ["a < b & c"],
    ]
    return try #require(
      TransactionDiagram.all(ofAnomaly: "G2-item", ["witnesses": [witness]]).first)
  }

  @Test("show each transaction, its operations and its edges, and are well-formed")
  func small() throws {
    let text = TransactionPicture([try Self.ring(2)]).text
    var check = XMLCheck()
    #expect(check.problem(in: text) == nil)
    #expect(check.texts.contains("G2-item #0"))
    #expect(check.texts.contains("T2 ?"))
    #expect(check.texts.contains("r 1 [… 3 4 5 6 7 8]"))
    #expect(check.texts.contains("op 1, process 3"))
    #expect(
      check.texts.contains("append &lt;&amp;> 1") || check.texts.contains("append &lt;&amp;&gt; 1"))
    #expect(text.contains(#"class="edge wr" d="M"#) && text.contains(#"class="edge rw" d="M"#))
    #expect(text.contains("T1 → T2: it is so"))
  }

  @Test("lay out rings so that nothing overlaps", arguments: 1...9)
  func layout(count: Int) throws {
    let text = TransactionPicture([try Self.ring(count), try Self.ring(2), try Self.ring(count)])
      .text
    let boxes = text.elements("rect").filter { $0["class"] != "ground" }.map(Box.init)
    #expect(boxes.count == 2 * count + 2)
    for (place, box) in boxes.enumerated() {
      for other in boxes[(place + 1)...] { #expect(!box.overlaps(other)) }
    }
    let width = Int(text.elements("svg")[0]["width"] ?? "") ?? 0
    #expect(boxes.allSatisfy { $0.x + $0.width < width })
    for path in text.elements("path").compactMap({ $0["d"] }) where path.contains("H") {
      // Down, to the right, up, back, down: on the right of all boxes and between none.
      let numbers = path.split { !$0.isNumber && $0 != "-" }.compactMap { Int($0) }
      let (side, below, above) = (numbers[3], numbers[2], numbers[4])
      #expect(boxes.allSatisfy { side > $0.x + $0.width } && side < width)
      for box in boxes {
        #expect(!(box.y...(box.y + box.height)).contains(below))
        #expect(!(box.y...(box.y + box.height)).contains(above))
      }
    }
  }

  @Test("of what is no witness are none")
  func nothing() {
    #expect(TransactionDiagram.all(ofAnomaly: "lost", .null).isEmpty)
    #expect(
      TransactionDiagram.all(ofAnomaly: "lost", ["witnesses": [["transactions": []]]]).isEmpty)
  }
}

private struct Box {
  var x = 0
  var y = 0
  var width = 0
  var height = 0

  init(_ attributes: [String: String]) {
    func number(_ name: String) -> Int { Int(attributes[name] ?? "") ?? 0 }
    (x, y, width, height) = (number("x"), number("y"), number("width"), number("height"))
  }

  func overlaps(_ other: Box) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height
      && other.y < y + height
  }
}

extension String {
  /// The attributes of each element of a name.
  fileprivate func elements(_ name: String) -> [[String: String]] {
    split(separator: "<").filter { $0.hasPrefix("\(name) ") }.map { tag in
      let parts = tag.prefix { $0 != ">" }.split(separator: "\"", omittingEmptySubsequences: false)
      var attributes: [String: String] = [:]
      for place in stride(from: 0, to: parts.count - 1, by: 2) {
        let key = parts[place].split(separator: " ").last.map(String.init) ?? ""
        attributes[String(key.dropLast())] = String(parts[place + 1])
      }
      return attributes
    }
  }
}
