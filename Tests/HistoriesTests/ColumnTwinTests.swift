import Histories
import Testing
import Values

@Suite("Columns beside the exact readers")
struct ColumnTwinTests {
  /// What a reader makes of a text.
  private enum Reading: Equatable {
    case history([Operation], partners: [Int32], isTruncated: Bool)
    case error(String)
  }

  private func exact(
    _ text: [UInt8], _ format: HistoryFormat, _ order: History.Order
  ) -> Reading {
    do {
      let file = try text.withUnsafeBytes { (bytes) throws(SyntaxError) in
        switch format {
        case .jepsenEDN: try HistoryFile(edn: bytes)
        case .elleJSON: try HistoryFile(elleJSON: bytes)
        default: try HistoryFile(jsonLines: bytes)
        }
      }
      let history = try file.history(named: "h", order: order)
      return .history(
        history.operations, partners: history.partners, isTruncated: file.isTruncated)
    } catch let error as SyntaxError {
      return .error(
        "h:\(error.line):\(error.column): expected \(error.expected), found \(error.found)")
    } catch {
      return .error("\(error)")
    }
  }

  private func columns(
    _ text: [UInt8], _ format: HistoryFormat, _ order: History.Order, _ capacity: Int
  ) -> Reading {
    do {
      let columns = try text.withUnsafeBytes { (bytes) throws(HistoryFileError) in
        try HistoryColumns(
          reading: bytes, named: "h", format: format, order: order, byPiecesOf: capacity)
      }
      return .history(
        (0..<columns.count).map { columns.operation(at: $0) }, partners: columns.partners,
        isTruncated: columns.isTruncated)
    } catch {
      return .error("\(error)")
    }
  }

  @Test("agree on every operation or on the error", arguments: 0..<60 as Range<UInt64>)
  func agree(seed: UInt64) {
    var draws = Draws(seed: seed)
    var histories = 0
    var errors = 0
    for _ in 0..<100 {
      let format: HistoryFormat = draws.element(of: [.jsonLines, .jepsenEDN, .elleJSON])
      let text = draws.text(of: draws.lines(1 + draws.below(30)), format)
      let order: History.Order = draws.chance(0.8) ? .index : .time
      let expected = exact(text, format, order)
      if case .history = expected { histories += 1 } else { errors += 1 }
      for capacity in [1 << 16, 16 + draws.below(200)] {
        #expect(
          columns(text, format, order, capacity) == expected,
          "\(String(decoding: text, as: UTF8.self))")
      }
    }
    #expect(histories > 10 && errors > 10)
  }
}
