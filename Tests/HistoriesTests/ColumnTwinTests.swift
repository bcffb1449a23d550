import Glibc
import Histories
import Testing
import Values

@Suite("Columns beside the exact readers")
struct ColumnTwinTests {
  /// A hundred texts each; `SHRIKE_TWINS` tells how many texts there are.
  static let seeds: Range<UInt64> = {
    let count = getenv("SHRIKE_TWINS").flatMap { UInt64(String(cString: $0)) } ?? 6_000
    return 0..<max(1, count / 100)
  }()

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

  @Test("agree on every operation or on the error", arguments: seeds)
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

  @Test(
    "files that are read in halves are read as the whole is", arguments: 0..<20 as Range<UInt64>)
  func halves(seed: UInt64) throws {
    var template = Array("/tmp/shrike-halves-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      close(descriptor)
      unlink(path)
    }
    var draws = Draws(seed: seed)
    var histories = 0
    for _ in 0..<100 {
      let format: HistoryFormat = draws.element(of: [.jsonLines, .jepsenEDN, .jepsenEDN])
      var text = draws.text(of: draws.lines(4 + draws.below(60)), format)
      if draws.chance(0.2) { text = Array("\u{feff}".utf8) + text }
      #expect(ftruncate(descriptor, 0) == 0)
      #expect(pwrite(descriptor, text, text.count, 0) == text.count)
      let order: History.Order = draws.chance(0.8) ? .index : .time
      func reading(from size: Int) -> Reading {
        do {
          let columns = try HistoryColumns(
            path: path, format: format, order: order, isLean: false, byHalvesFrom: size)
          // Equal values have equal codes, also for whoever asks the table afterwards.
          var table = columns.table
          for position in 0..<columns.count {
            let value = columns.operation(at: position).value
            #expect(table.code(of: value) == columns.values[position])
          }
          #expect(table.count == columns.table.count)
          let order = columns.names.joined(separator: " ") + " \(columns.table.count)"
          return .history(
            (0..<columns.count).map { columns.operation(at: $0) }
              + [Operation(type: .info, process: .nemesis, f: order)],
            partners: columns.partners, isTruncated: columns.isTruncated)
        } catch {
          return .error("\(error)")
        }
      }
      let whole = reading(from: .max)
      if case .history = whole { histories += 1 }
      #expect(reading(from: 0) == whole, "\(String(decoding: text, as: UTF8.self))")
    }
    #expect(histories > 10)
  }
}
