public import Values

extension HistoryFile {
  /// Reads Jepsen's `history.edn`: an operation map a line, or all of them in a vector or list.
  public init(edn bytes: UnsafeRawBufferPointer) throws(SyntaxError) {
    operations = []
    lines = []
    isTruncated = false
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
      let value = try reader.value()
      guard let map = value.operationMap else {
        throw SyntaxError(
          line: start.line, column: start.column, expected: "a map of an operation",
          found: value.edn)
      }
      operations.append(try Operation(map, line: start.line, column: start.column))
      lines.append(Int32(start.line))
    }
    if let close { try reader.pass(close) }
    sortByIndex()
  }

  private static func closing(_ byte: UInt8) -> UInt8? {
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

  /// The fields of an operation: a map, or a record such as `#jepsen.history.Op{…}`.
  fileprivate var operationMap: ValueMap? {
    switch self {
    case .map(let map), .tagged(_, .map(let map)): map
    default: nil
    }
  }
}

extension EDNReader {
  /// Passes the next byte.
  fileprivate mutating func pass() { cursor.position += 1 }

  /// Passes the bracket that ends a history, after which nothing may come.
  fileprivate mutating func pass(_ close: UInt8) throws(SyntaxError) {
    guard cursor.next == close else {
      throw cursor.error(expected: "'\(Unicode.Scalar(close))' to end the history")
    }
    cursor.position += 1
    guard try !skipBlanks() else { throw cursor.error(expected: "the end of the history") }
  }
}

/// Tells lines and columns of places in a text, asked for in ascending order.
private struct LineCounter {
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
  /// The operation that an EDN map describes; its index is -1 where it carries none.
  fileprivate init(_ map: ValueMap, line: Int, column: Int) throws(SyntaxError) {
    var fields = OperationFields(of: .jepsenEDN)
    for entry in map.entries {
      switch entry.key.name {
      case "value": fields.value = entry.value
      case "error": fields.error = entry.value
      case let name?:
        if let field = OperationFields.Field(rawValue: name) {
          fields.take(entry.value, for: field, column: column, line: line)
        } else {
          fields.extra.append(.init(key: .string(name), value: entry.value))
        }
      case nil: fields.extra.append(entry)
      }
    }
    self = try fields.operation(place: -1, line: line, column: column)
  }

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
