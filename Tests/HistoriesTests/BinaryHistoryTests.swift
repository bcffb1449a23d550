import Histories
import Testing
import Values

@Suite("Binary histories")
struct BinaryHistoryTests {
  private func columns(_ text: String, _ format: HistoryFormat? = nil) throws -> HistoryColumns {
    try Array(text.utf8).withUnsafeBytes {
      try HistoryColumns(reading: $0, named: "h", format: format)
    }
  }

  private func read(_ bytes: [UInt8]) throws(HistoryFileError) -> HistoryColumns {
    try bytes.withUnsafeBufferPointer { (bytes) throws(HistoryFileError) in
      try HistoryColumns(reading: UnsafeRawBufferPointer(bytes), named: "h")
    }
  }

  private func written(_ columns: HistoryColumns, _ format: HistoryFormat = .binary) -> [UInt8] {
    var bytes: [UInt8] = []
    columns.write(format) { bytes.append(contentsOf: $0) }
    return bytes
  }

  private func operations(_ columns: HistoryColumns) -> [Operation] {
    (0..<columns.count).map { columns.operation(at: $0) }
  }

  private let sample = """
    {"index":0,"time":1200,"type":"invoke","process":0,"f":"txn","value":[["append",7,1],["r",7,null]]}
    {"index":1,"time":5100,"type":"info","process":"nemesis","f":"kill","value":{"n1":"killed"}}
    {"index":3,"time":9000,"type":"info","process":0,"f":"txn","value":5000000000,"error":"timeout"}
    {"index":7,"time":9100,"type":"invoke","process":-5,"f":"read","value":"é","final":true}
    """

  @Test("are read as they were written, whatever they hold", arguments: 0..<40 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    var count = 0
    while count < 20 {
      let isEDN = draws.chance(0.5)
      let text = draws.text(of: draws.lines(draws.below(60)), isEDN ? .jepsenEDN : .jsonLines)
      let original = try? text.withUnsafeBytes {
        try HistoryColumns(reading: $0, named: "h", format: isEDN ? .jepsenEDN : .jsonLines)
      }
      guard let original else { continue }
      count += 1
      let copy = try read(written(original))
      #expect(operations(copy) == operations(original))
      #expect(copy.partners == original.partners && copy.names == original.names)
      #expect(copy.values == original.values && copy.format == .binary)
    }
  }

  @Test("hold more than a block of lines and of values")
  func blocks() throws {
    var lines: [Operation] = []
    for number in 0..<100_000 {
      lines.append(
        Operation(
          index: number, time: Nanoseconds(number) << 20, type: number % 2 == 0 ? .invoke : .ok,
          process: .client(0), f: "write",
          value: [.integer(number / 2), .string("\(number / 2)")]))
    }
    let original = HistoryColumns(try History(lines))
    let copy = try read(written(original))
    #expect(operations(copy) == lines)
    #expect(copy.partners == original.partners)
  }

  @Test("are told by their first bytes, and name their version")
  func version() throws {
    var bytes = written(try columns(sample))
    bytes.withUnsafeBytes { #expect(HistoryFormat(detecting: $0) == .binary) }
    bytes[7] = 2
    #expect {
      try read(bytes)
    } throws: {
      "\($0)" == "h: is a binary history of version 2; this Shrike reads version 1"
    }
  }

  @Test("each changed bit is found, in one line")
  func damage() throws {
    let whole = written(try columns(sample))
    for place in 7..<whole.count {
      for bit in 0..<8 {
        var bytes = whole
        bytes[place] ^= 1 << bit
        #expect {
          try read(bytes)
        } throws: { error in
          let text = "\(error)"
          return !text.contains("\n")
            && ["h: damaged: block ", "h: cut short: ", "h: is a binary history of version"]
              .contains { text.hasPrefix($0) }
        }
      }
    }
  }

  @Test("each cut is found")
  func cuts() throws {
    let whole = written(try columns(sample))
    for count in 8..<whole.count {
      #expect {
        try read(Array(whole[..<count]))
      } throws: {
        "\($0)".hasPrefix("h: cut short: the binary history ends ")
      }
    }
    #expect {
      try read(whole + [0])
    } throws: {
      "\($0)" == "h: damaged: bytes follow the binary history's end"
    }
  }

  @Test("a lean reader leaves out remarks")
  func lean() throws {
    let bytes = written(try columns(sample))
    let lean = try bytes.withUnsafeBytes {
      try HistoryColumns(reading: $0, named: "h", isLean: true)
    }
    #expect(lean.times != nil && lean.remarks.isEmpty && lean.count == 4)
    let text = try Array(sample.utf8).withUnsafeBytes {
      try HistoryColumns(reading: $0, named: "h", isLean: true)
    }
    #expect(operations(text) == operations(lean))
  }

  @Test(
    "from each written format to each other and back nothing is lost",
    arguments: 0..<20 as Range<UInt64>)
  func conversions(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    var count = 0
    while count < 20 {
      let text = draws.text(of: draws.lines(draws.below(60)), .jsonLines)
      let original = try? text.withUnsafeBytes {
        try HistoryColumns(reading: $0, named: "h", format: .jsonLines)
      }
      guard let original else { continue }
      count += 1
      let source = try read(written(original, .jsonLines))
      #expect(operations(source).map(\.value) == operations(original).map(\.value))
      let json = written(source, .jsonLines)
      for path in [[.binary], [.jepsenEDN], [.jepsenEDN, .binary], [.binary, .jepsenEDN]]
        as [[HistoryFormat]]
      {
        var copy = source
        for format in path { copy = try read(written(copy, format)) }
        #expect(written(copy, .jsonLines).elementsEqual(json))
      }
    }
  }

  /// The checksum as the documentation has it.
  private func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
      let product = (lane ^ word) &* 0x9e37_79b9_7f4a_7c15
      return product ^ (product >> 32)
    }
    var lanes: [UInt64] = [
      0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89,
    ]
    let words = stride(from: bytes.startIndex, to: bytes.endIndex, by: 8).map { start in
      (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
    }
    let whole = words.count / 4 * 4
    for (place, word) in words.enumerated() {
      let lane = place < whole ? place % 4 : 0
      lanes[lane] = step(lanes[lane], word)
    }
    return lanes.reduce(UInt64(bytes.count), step)
  }

  @Test("a history that is none is refused as one of a text is, though its checksums hold")
  func broken() throws {
    let lines = [
      Operation(index: 0, type: .invoke, process: .client(3), f: "read"),
      Operation(index: 1, type: .ok, process: .client(3), f: "read"),
    ]
    var bytes = written(HistoryColumns(try History(lines)))
    // The second block is that of the lines; its first column, of a byte a line, begins with kinds.
    func word(_ place: Int) -> Int { (0..<8).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
    let block = 8 + 24 + word(8 + 8)
    #expect(word(block) >> 32 == 3)
    func put(_ number: UInt64, _ place: Int, _ count: Int) {
      for offset in 0..<count {
        bytes[place + offset] = UInt8(truncatingIfNeeded: number >> UInt64(8 * offset))
      }
    }
    let column = block + 24
    #expect(bytes[column + 24] == 0 && bytes[column + 25] == 1)
    bytes[column + 25] = 0
    let payload = column..<column + word(block + 8)
    put(checksum(bytes[payload]), block + 16, 8)
    put(0, block, 4)
    put(checksum(bytes[block..<block + 24]), block, 4)
    #expect {
      try read(bytes)
    } throws: {
      "\($0)" == "h: op 1: process 3 invoked again while op 0 was still pending; "
        + "give each client its own process"
    }
  }

  @Test(
    "no payload crashes a reader, though its checksums hold", arguments: 0..<20 as Range<UInt64>)
  func damagedPayloads(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    let whole = written(try columns(sample))
    var histories = 0
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0...draws.below(3) {
        let place = 8 + draws.below(bytes.count - 8)
        bytes[place] = draws.element(of: [0, 1, 2, 4, 8, 255, UInt8(draws.below(256))])
      }
      repairChecksums(of: &bytes, sizesOf: whole)
      do throws(HistoryFileError) {
        let read = try read(bytes)
        _ = operations(read)
        histories += 1
      } catch {
        #expect("\(error)".hasPrefix("h: "))
      }
    }
    #expect(histories > 0 && histories < 500)
  }

  /// Makes the checksums of all blocks hold, with the sizes that they had.
  private func repairChecksums(of bytes: inout [UInt8], sizesOf whole: [UInt8]) {
    func size(_ block: Int) -> Int {
      (0..<8).reduce(0) { $0 | Int(whole[block + 8 + $1]) << (8 * $1) }
    }
    func put(_ number: UInt64, _ place: Int, _ count: Int) {
      for offset in 0..<count {
        bytes[place + offset] = UInt8(truncatingIfNeeded: number >> UInt64(8 * offset))
      }
    }
    var block = 8
    while block < whole.count {
      let end = block + 24 + size(block)
      put(UInt64(size(block)), block + 8, 8)
      put(checksum(bytes[block + 24..<end]), block + 16, 8)
      put(0, block, 4)
      put(checksum(bytes[block..<block + 24]), block, 4)
      block = end
    }
  }
}
