public import Values

/// Transactions and the dependencies between them, laid out for a picture: a row a transaction, a
/// cell a micro-operation.
public struct TransactionDiagram: Hashable, Sendable {
  public struct Row: Hashable, Sendable {
    /// What the transaction is called, who executed it and where the history tells of it.
    public var name: String
    public var origin: String
    /// `ok`, `info` or `fail`.
    public var outcome: String
    public var cells: [Cell]
  }

  public struct Cell: Hashable, Sendable {
    public var text: String
    /// The micro-operation with nothing left out.
    public var full: String
  }

  /// A dependency between two rows, from and to a cell of theirs or the rows as a whole.
  public struct Arrow: Hashable, Sendable {
    public var from: Int
    public var to: Int
    public var fromCell: Int?
    public var toCell: Int?
    /// `ww`, `wr`, `rw`, `process` or `realtime`.
    public var kind: String
    public var reason: String
  }

  public var heading: String
  public var rows: [Row]
  public var arrows: [Arrow]
  /// What there is to say beneath.
  public var lines: [String]

  /// Reads a witness as it stands in a verdict.
  ///
  /// - Returns: Nothing for what is none.
  public init?(_ witness: Value, heading: String) {
    guard let transactions = witness[field: "transactions"]?.elements, !transactions.isEmpty else {
      return nil
    }
    self.heading = heading
    rows = transactions.map(Row.init)
    let names = rows.map(\.name)
    arrows = (witness[field: "edges"]?.elements ?? []).compactMap { edge in
      guard let from = names.firstIndex(of: edge[text: "from"]),
        let to = names.firstIndex(of: edge[text: "to"])
      else { return nil }
      return Arrow(
        from: from, to: to, fromCell: edge[field: "from-operation"]?.integer,
        toCell: edge[field: "to-operation"]?.integer, kind: edge[text: "type"],
        reason: edge[text: "reason"])
    }
    lines = (witness[field: "reasons"]?.elements ?? []).compactMap(\.name)
  }

  /// The witnesses of an anomaly as they stand in a verdict: its `window`.
  public static func all(ofAnomaly type: String, _ window: Value) -> [TransactionDiagram] {
    (window[field: "witnesses"]?.elements ?? []).enumerated().compactMap { number, witness in
      TransactionDiagram(witness, heading: "\(type) #\(number)")
    }
  }
}

extension TransactionDiagram.Row {
  fileprivate init(_ transaction: Value) {
    name = transaction[text: "name"]
    outcome = transaction[text: "type"]
    origin = [("op", "index"), ("process", "process")].compactMap { word, field in
      transaction[field: field].map { "\(word) \($0.json)" }
    }.joined(separator: ", ")
    cells = (transaction[field: "operations"]?.elements ?? []).map(TransactionDiagram.Cell.init)
  }
}

extension TransactionDiagram.Cell {
  /// The last elements of a list that are shown, and the characters of a value.
  private static let elementsMax = 6
  private static let charactersMax = 24

  fileprivate init(_ operation: Value) {
    text = (operation.elements ?? [operation]).map(Self.text).joined(separator: " ")
    full = operation.json
  }

  private static func text(_ part: Value) -> String {
    guard let elements = part.elements else { return word(part) }
    let shown = elements.suffix(elementsMax).map(word).joined(separator: " ")
    return elements.count > elementsMax ? "[… \(shown)]" : "[\(shown)]"
  }

  private static func word(_ value: Value) -> String {
    let text = value.name ?? value.json
    return text.count > charactersMax ? "\(text.prefix(charactersMax - 1))…" : text
  }
}

extension Value {
  fileprivate subscript(field name: String) -> Value? {
    guard case .map(let map) = self else { return nil }
    return map[.string(name)]
  }

  fileprivate subscript(text name: String) -> String { self[field: name]?.name ?? "" }
}
