import Values

/// Why a Maelstrom message body is no request or reply: which field is wrong, and how.
public struct BodyError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }

  init(_ field: String, expected: String, found: Value?) {
    description = "field \"\(field)\": expected \(expected), found \(found.map(kind) ?? "nothing")"
  }
}

/// What a value is, as error messages name it.
private func kind(of value: Value) -> String {
  switch value {
  case .null: "null"
  case .bool: "a boolean"
  case .integer: "an integer"
  case .double, .number: "a number"
  case .string: "a string"
  case .keyword: "a keyword"
  case .symbol: "a symbol"
  case .character: "a character"
  case .list: "an array"
  case .set: "a set"
  case .map: "an object"
  case .tagged: "a tagged value"
  }
}

/// The fields of a message body under construction or inspection.
struct Fields {
  var map: ValueMap

  init(_ map: ValueMap) { self.map = map }

  init(type: String, _ fields: KeyValuePairs<String, Value> = [:]) {
    map = ValueMap(
      [.init(key: "type", value: .string(type))]
        + fields.map { .init(key: .string($0.key), value: $0.value) })
  }

  func any(_ field: String) throws(BodyError) -> Value {
    guard let value = map[.string(field)] else {
      throw BodyError(field, expected: "a value", found: nil)
    }
    return value
  }

  func integer(_ field: String) throws(BodyError) -> Int {
    let value = map[.string(field)]
    guard let integer = value?.integer else {
      throw BodyError(field, expected: "an integer", found: value)
    }
    return integer
  }

  func text(_ field: String) throws(BodyError) -> String {
    let value = map[.string(field)]
    guard case .string(let text)? = value else {
      throw BodyError(field, expected: "a string", found: value)
    }
    return text
  }

  /// A list; null stands for the empty one, as in Maelstrom's own schemas.
  func list(_ field: String) throws(BodyError) -> [Value] {
    switch map[.string(field)] {
    case .list(let list)?: return list
    case .null?: return []
    case let other: throw BodyError(field, expected: "an array", found: other)
    }
  }

  func object(_ field: String) throws(BodyError) -> ValueMap {
    let value = map[.string(field)]
    guard let object = value?.map else {
      throw BodyError(field, expected: "an object", found: value)
    }
    return object
  }

  func offsets(_ field: String) throws(BodyError) -> [String: Int] {
    var offsets: [String: Int] = [:]
    for entry in try object(field).entries {
      guard case .string(let key) = entry.key, let offset = entry.value.integer else {
        throw BodyError("\(field).\(entry.keyText)", expected: "an integer", found: entry.value)
      }
      offsets[key] = offset
    }
    return offsets
  }

  func texts(_ field: String) throws(BodyError) -> [String] {
    var texts: [String] = []
    for (place, value) in try list(field).enumerated() {
      guard case .string(let text) = value else {
        throw BodyError("\(field)[\(place)]", expected: "a string", found: value)
      }
      texts.append(text)
    }
    return texts
  }
}

extension Value {
  init(offsets: [String: Int]) {
    self = .map(ValueMap(offsets.map { .init(key: .string($0.key), value: .integer($0.value)) }))
  }
}

extension ValueMap.Entry {
  /// The key as error messages show it.
  var keyText: String { key.name ?? "\(key)" }
}
