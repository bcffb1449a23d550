package import Values

/// Where the parts of a message stand in the line that a node printed.
package struct Envelope {
  package var source: JSONSlice
  package var destination: JSONSlice
  package var body: JSONSlice

  /// - Returns: Nothing where the line is no message: no JSON object, or a part is missing or of the
  ///   wrong kind.
  package init?(line: UnsafeRawBufferPointer) {
    var source: JSONSlice?
    var destination: JSONSlice?
    var body: JSONSlice?
    do throws(SyntaxError) {
      try JSONScanner.fields(of: line) { key, value in
        if key.isString("src") {
          source = value
        } else if key.isString("dest") {
          destination = value
        } else if key.isString("body") {
          body = value
        }
      }
    } catch {
      return nil
    }
    guard let source, let destination, let body, source.isString, destination.isString,
      body.isObject
    else { return nil }
    self.source = source
    self.destination = destination
    self.body = body
  }
}

extension Envelope {
  /// The type of the message; empty where it has none.
  package var bodyType: String {
    var type = ""
    try? JSONScanner.fields(of: body.bytes) { key, value in
      if key.isString("type") { type = value.string ?? "" }
    }
    return type
  }
}

extension JSONSlice {
  package var isString: Bool { text[range.lowerBound] == UInt8(ascii: "\"") }

  /// What stands between the quotes of a string.
  package var unquoted: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: text[range.lowerBound + 1..<range.upperBound - 1])
  }

  /// The number of the client that a string such as `"c12"` names.
  package var clientNumber: Int? {
    let name = unquoted
    guard name.count >= 2, name.count <= 18, name[0] == UInt8(ascii: "c") else { return nil }
    var number = 0
    for byte in name.dropFirst() {
      guard case let digit = byte &- UInt8(ascii: "0"), digit < 10 else { return nil }
      number = number * 10 + Int(digit)
    }
    return number
  }
}
