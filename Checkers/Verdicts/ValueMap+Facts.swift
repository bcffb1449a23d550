public import Values

extension ValueMap {
  /// Facts under their names.
  public init(facts: KeyValuePairs<String, Value>) {
    self.init(facts.map { Entry(key: .string($0.key), value: $0.value) })
  }

  /// The fact of a name.
  public subscript(fact name: String) -> Value? {
    get { self[.string(name)] }
    set { self[.string(name)] = newValue }
  }
}
