public import Values

extension Operation {
  /// Appends this operation as one line of JSON, without the end of the line.
  public func writeJSON(into bytes: inout [UInt8]) {
    bytes.appendText("{\"index\":")
    bytes.appendJSON(index)
    bytes.appendText(",\"time\":")
    bytes.appendJSON(Int(time))
    switch type {
    case .invoke: bytes.appendText(",\"type\":\"invoke\",\"process\":")
    case .ok: bytes.appendText(",\"type\":\"ok\",\"process\":")
    case .fail: bytes.appendText(",\"type\":\"fail\",\"process\":")
    case .info: bytes.appendText(",\"type\":\"info\",\"process\":")
    }
    switch process {
    case .client(let number): bytes.appendJSON(number)
    case .named(let name): bytes.appendJSON(name)
    }
    bytes.appendText(",\"f\":")
    bytes.appendJSON(f)
    bytes.appendText(",\"value\":")
    value.writeJSON(into: &bytes)
    if let error {
      bytes.appendText(",\"error\":")
      error.writeJSON(into: &bytes)
    }
    for entry in extra.entries {
      bytes.append(UInt8(ascii: ","))
      bytes.appendJSON(entry.key.name ?? entry.key.json)
      bytes.append(UInt8(ascii: ":"))
      entry.value.writeJSON(into: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// Reads one line of JSON; keys may come in any order.
  ///
  /// - Parameter place: The index of an operation that carries none.
  /// - Throws: When the line is no JSON object, or one of its fields is missing or wrong.
  public init(json line: UnsafeRawBufferPointer, place: Int) throws(SyntaxError) {
    var fields = OperationFields(of: .jsonLines)
    try JSONScanner.fields(of: line) { key, value in
      if key.isString("value") {
        fields.value = value.value
      } else if key.isString("index") {
        fields.take(value.integer.map { .integer($0) } ?? value.value, for: .index, value)
      } else if key.isString("time") {
        fields.take(value.integer.map { .integer($0) } ?? value.value, for: .time, value)
      } else if key.isString("type") {
        fields.take(value.value, for: .type, value)
      } else if key.isString("process") {
        fields.take(value.value, for: .process, value)
      } else if key.isString("f") {
        fields.take(value.value, for: .f, value)
      } else if key.isString("error") {
        fields.error = value.value
      } else if let name = key.string {
        fields.extra.append(.init(key: .string(name), value: value.value))
      }
    }
    self = try fields.operation(place: place)
  }
}

/// The fields of an operation as they are found in a file, with the first that is wrong.
struct OperationFields {
  enum Field: String {
    case index
    case time
    case type
    case process
    case f
  }

  /// The format in which errors quote values.
  let format: HistoryFormat
  var index: Int?
  var time: Nanoseconds = -1
  var type: Operation.Kind?
  var process: Process?
  var f: String?
  var value = Value.null
  var error: Value?
  var extra: [ValueMap.Entry] = []
  private var problem: SyntaxError?

  init(of format: HistoryFormat) { self.format = format }

  /// Takes one of the fields that have a fixed form.
  mutating func take(_ value: Value, for field: Field, _ place: JSONSlice) {
    take(value, for: field, column: place.range.lowerBound + 1)
  }

  mutating func take(_ value: Value, for field: Field, column: Int, line: Int = 1) {
    var expected: String?
    switch (field, value) {
    case (.index, .integer(let integer)): index = integer
    case (.index, .null), (.time, .null): break
    case (.index, _): expected = "an integer for \"index\""
    case (.time, .integer(let integer)): time = Nanoseconds(integer)
    case (.time, _): expected = "nanoseconds for \"time\""
    case (.type, _):
      type = value.name.flatMap(Operation.Kind.init)
      if type == nil { expected = "invoke, ok, fail or info for \"type\"" }
    case (.process, .integer(let number)): process = .client(number)
    case (.process, _):
      process = .named(value.name ?? value.json)
    case (.f, _): f = value.name ?? value.json
    }
    guard let expected, problem == nil else { return }
    problem = SyntaxError(
      line: line, column: column, expected: expected,
      found: format == .jsonLines ? value.json : value.edn)
  }

  /// The operation; `place` is the index of one without.
  func operation(place: Int, line: Int = 1, column: Int = 1) throws(SyntaxError) -> Operation {
    if let problem { throw problem }
    func missing(_ field: Field) -> SyntaxError {
      SyntaxError(
        line: line, column: column, expected: "an operation with the field \"\(field.rawValue)\"",
        found: "none")
    }
    guard let type else { throw missing(.type) }
    guard let process else { throw missing(.process) }
    guard let f else { throw missing(.f) }
    return Operation(
      index: index ?? place, time: time, type: type, process: process, f: f, value: value,
      error: error, extra: ValueMap(extra))
  }
}
