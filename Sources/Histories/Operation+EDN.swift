public import Values

extension HistoryFile {
  /// Reads Jepsen's `history.edn`: an operation map a line, or all of them in a vector or list.
  public init(edn bytes: UnsafeRawBufferPointer) throws(SyntaxError) {
    self.init(.jepsenEDN)
    let bytes = bytes.withoutByteOrderMark
    var reader = EDNReader(bytes)
    var line = LineCounter(bytes)
    var close: UInt8?
    while try reader.skipBlanks() {
      let next = bytes[reader.position]
      let start = line.place(of: reader.position)
      if next == close { break }
      if close == nil, operations.isEmpty, let end = HistoryFile.closing(next) {
        close = end
        reader.pass()
        continue
      }
      operations.append(try reader.operation(line: start.line, column: start.column))
      lines.append(Int32(start.line))
    }
    if let close { try reader.pass(close) }
    try supplyProcesses()
    sortByIndex()
  }

  static func closing(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "["): UInt8(ascii: "]")
    case UInt8(ascii: "("): UInt8(ascii: ")")
    default: nil
    }
  }
}

extension Value {
  /// A keyword of a name, or a string where no keyword can have that name.
  fileprivate init(ednName name: String) {
    let isKeyword =
      !name.isEmpty && !name.hasPrefix(":")
      && name.utf8.allSatisfy { $0 > 0x20 && !EDNReader.isDelimiter($0) }
    self = isKeyword ? .keyword(name) : .string(name)
  }
}

extension EDNReader {
  /// Passes the next byte.
  fileprivate mutating func pass() { cursor.position += 1 }

  /// Reads an operation: a map, or a record such as `#jepsen.history.Op{…}`.
  mutating func operation(line: Int, column: Int) throws(SyntaxError) -> Operation {
    var fields = OperationFields()
    if cursor.next == UInt8(ascii: "{") {
      try takeFields(into: &fields)
    } else {
      switch try value() {
      case .tagged(_, .map(let map)), .map(let map):
        for entry in map.entries {
          let field = entry.key.name.flatMap(OperationFields.Field.init)
          let expected = fields.take(entry.value, for: field, key: entry.key)
          guard let expected else { continue }
          throw SyntaxError(
            line: line, column: column, expected: expected, found: entry.value.edn)
        }
      case let value:
        throw SyntaxError(
          line: line, column: column, expected: "a map of an operation", found: value.edn)
      }
    }
    fields.supplyFunction()
    return try fields.operation(place: -1, line: line, column: column, lacksProcesses: true)
  }

  /// Reads a map, whose brace is next, field by field: most keys never become values.
  private mutating func takeFields(into fields: inout OperationFields) throws(SyntaxError) {
    let start = cursor.position
    cursor.position += 1
    while true {
      guard try skipBlanks() else {
        throw cursor.error(expected: "'}' to end what began \(cursor.place(start))")
      }
      if cursor.next == UInt8(ascii: "}") { break }
      let (field, key) = try fieldName()
      guard try skipBlanks(), cursor.next != UInt8(ascii: "}") else {
        throw cursor.error(
          expected: "a value for each key", at: start, found: "a key without one")
      }
      let place = cursor.position
      let value = try value(depth: 1)
      if let expected = fields.take(value, for: field, key: key) {
        throw cursor.error(expected: expected, at: place, found: value.edn)
      }
    }
    cursor.position += 1
  }

  /// Reads a key, which is a value only where it names no field.
  private mutating func fieldName() throws(SyntaxError) -> (OperationFields.Field?, key: Value) {
    let start = cursor.position
    if cursor.next == UInt8(ascii: ":") {
      cursor.position += 1
      let name = try tokenRange(expected: "a keyword's name")
      if let field = OperationFields.Field(UnsafeBufferPointer(rebasing: cursor.bytes[name])) {
        return (field, .null)
      }
      cursor.position = start
    }
    let key = try value(depth: 1)
    return (key.name.flatMap(OperationFields.Field.init), key)
  }

  /// Passes the bracket that ends a history, after which nothing may come.
  mutating func pass(_ close: UInt8) throws(SyntaxError) {
    guard cursor.next == close else {
      throw cursor.error(expected: "'\(Unicode.Scalar(close))' to end the history")
    }
    cursor.position += 1
    guard try !skipBlanks() else { throw cursor.error(expected: "the end of the history") }
  }
}

/// Tells lines and columns of places in a text, asked for in ascending order.
struct LineCounter {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var line = 1
  private var lineStart = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func place(of target: Int) -> (line: Int, column: Int) {
    while position < target {
      if bytes[position] == UInt8(ascii: "\n") {
        line += 1
        lineStart = position + 1
      }
      position += 1
    }
    return (line, target - lineStart + 1)
  }
}

extension Operation {
  /// Appends this operation as an EDN map in Jepsen's style, without the end of the line.
  public func writeEDN(into bytes: inout [UInt8]) {
    bytes.appendText("{:index ")
    bytes.appendJSON(index)
    bytes.appendText(", :time ")
    bytes.appendJSON(Int(time))
    bytes.appendText(", :type :")
    bytes.append(contentsOf: type.rawValue.utf8)
    bytes.appendText(", :process ")
    switch process {
    case .client(let number): bytes.appendJSON(number)
    case .named(let name): Value(ednName: name).writeEDN(into: &bytes)
    }
    bytes.appendText(", :f ")
    Value(ednName: f).writeEDN(into: &bytes)
    bytes.appendText(", :value ")
    value.writeEDN(into: &bytes)
    if let error {
      bytes.appendText(", :error ")
      error.writeEDN(into: &bytes)
    }
    for entry in extra.entries {
      bytes.appendText(", ")
      (entry.key.name.map { Value(ednName: $0) } ?? entry.key).writeEDN(into: &bytes)
      bytes.append(UInt8(ascii: " "))
      entry.value.writeEDN(into: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}
