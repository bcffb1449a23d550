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
    try self.init(json: line, place: place, lacksFunctions: false)
  }

  /// Reads one line of JSON, in which a list without `f` may be a transaction, and the completion of
  /// one have no process.
  init(
    json line: UnsafeRawBufferPointer, place: Int, lacksFunctions: Bool
  ) throws(SyntaxError) {
    var fields = OperationFields()
    try JSONScanner.fields(of: line) { key, value in
      let field = key.field
      let name = field == nil ? Value.string(key.string ?? "") : .null
      guard let expected = fields.take(value.value, for: field, key: name) else { return }
      fields.note(
        SyntaxError(
          column: value.range.lowerBound + 1, expected: expected, found: value.value.json))
    }
    if lacksFunctions { fields.supplyFunction() }
    self = try fields.operation(place: place, lacksProcesses: lacksFunctions)
  }
}

extension JSONSlice {
  /// The field of an operation that this key names.
  fileprivate var field: OperationFields.Field? {
    let quoted = bytes
    let name = UnsafeRawBufferPointer(rebasing: quoted[1..<quoted.count - 1])
    if let field = OperationFields.Field(name.bindMemory(to: UInt8.self)) { return field }
    return name.contains(UInt8(ascii: "\\")) ? string.flatMap(OperationFields.Field.init) : nil
  }
}
