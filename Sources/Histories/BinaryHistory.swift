import Glibc
import Values

/// The binary form of histories; `Documentation/binary-history.md` says what stands where.
enum BinaryHistory {
  static let magic: [UInt8] = [0x7f] + Array("shrike".utf8)
  static let version: UInt8 = 1
  /// How many lines, or values, a block holds at most.
  static let blockCount = 1 << 16
  static let headerSize = 24

  enum Block: UInt32 {
    case names = 1
    case values
    case lines
    case remarks
    case end
  }
}

extension HistoryColumns {
  /// Writes the binary form, piece by piece.
  ///
  /// The lines must be in the order of the file that they are from, as they are unless they were
  /// ordered by time.
  public func writeBinary<Failure: Error>(
    _ write: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    var block: [UInt8] = []
    func end(_ kind: BinaryHistory.Block) throws(Failure) {
      block.pad()
      let start = BinaryHistory.headerSize
      block.withUnsafeMutableBytes { bytes in
        let payload = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let header = UInt64(kind.rawValue) << 32
        bytes.storeBytes(of: UInt64(payload.count).littleEndian, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(
          of: BinaryChecksum.value(of: payload).littleEndian, toByteOffset: 16, as: UInt64.self)
        bytes.storeBytes(of: header.littleEndian, as: UInt64.self)
        let check = BinaryChecksum.value(of: UnsafeRawBufferPointer(rebasing: bytes[..<start]))
        bytes.storeBytes(of: (header | check & 0xffff_ffff).littleEndian, as: UInt64.self)
      }
      try writeBytes(block)
      begin()
    }
    func begin() {
      block.removeAll(keepingCapacity: true)
      block.append(contentsOf: repeatElement(0, count: BinaryHistory.headerSize))
    }
    func writeBytes(_ bytes: [UInt8]) throws(Failure) {
      try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
        try write(UnsafeRawBufferPointer(bytes))
      }
    }
    try writeBytes(BinaryHistory.magic + [BinaryHistory.version])
    begin()
    writeNames(into: &block)
    try end(.names)
    for start in stride(from: 3, to: table.count, by: BinaryHistory.blockCount) {
      table.write(start..<min(start + BinaryHistory.blockCount, table.count), into: &block)
      try end(.values)
    }
    for start in stride(from: 0, to: count, by: BinaryHistory.blockCount) {
      writeLines(start..<min(start + BinaryHistory.blockCount, count), into: &block)
      try end(.lines)
    }
    for start in stride(from: 0, to: remarks.count, by: BinaryHistory.blockCount) {
      let part = remarks[start..<min(start + BinaryHistory.blockCount, remarks.count)]
      BinaryColumn.write(part.map(\.position), asDifferences: true, into: &block)
      block.put(texts: part.map { $0.error.map { Array($0.edn.utf8) } ?? [] })
      block.put(texts: part.map { Array(Value.map($0.extra).edn.utf8) })
      try end(.remarks)
    }
    BinaryColumn.write([count], into: &block)
    try end(.end)
  }

  private func writeNames(into block: inout [UInt8]) {
    BinaryColumn.write([count, table.count], into: &block)
    block.put(texts: names.map { Array($0.utf8) })
    BinaryColumn.write(oddClients, into: &block)
  }

  private func writeLines(_ range: Range<Int>, into block: inout [UInt8]) {
    let kinds = range.map { Int(functions[$0]) << 2 | Int(types[$0].number) }
    BinaryColumn.write(kinds, into: &block)
    BinaryColumn.write(processes[range], into: &block)
    BinaryColumn.write(range.map { values[$0].raw }, into: &block)
    BinaryColumn.write(indices?[range] ?? [], asDifferences: true, into: &block)
    BinaryColumn.write(times?[range] ?? [], asDifferences: true, into: &block)
  }
}

extension ValueTable {
  /// Writes the values of a range of numbers.
  fileprivate func write(_ range: Range<Int>, into block: inout [UInt8]) {
    let entries = entries[range]
    BinaryColumn.write(entries.map(\.kind.rawValue), into: &block)
    BinaryColumn.write(entries.lazy.filter { $0.kind == .integer }.map(\.start), into: &block)
    let texts = entries.compactMap { entry -> [UInt8]? in
      switch entry.kind {
      case .string, .keyword, .symbol:
        Array(bytes[entry.start..<entry.start + Int(entry.count)])
      case .other: Array(others[entry.start].edn.utf8)
      default: nil
      }
    }
    block.put(texts: texts)
    let lists = entries.filter { $0.kind == .list }
    BinaryColumn.write(lists.map(\.count), into: &block)
    let codes = lists.flatMap { elements[$0.start..<$0.start + Int($0.count)].map(\.raw) }
    BinaryColumn.write(codes, into: &block)
  }
}

extension [UInt8] {
  /// Appends texts: the column of their lengths, their bytes, zeros up to a multiple of 8.
  fileprivate mutating func put(texts: [[UInt8]]) {
    BinaryColumn.write(texts.map(\.count), into: &self)
    for text in texts { append(contentsOf: text) }
    pad()
  }
}

extension Operation.Kind {
  /// How binary histories number kinds.
  var number: UInt8 {
    switch self {
    case .invoke: 0
    case .ok: 1
    case .fail: 2
    case .info: 3
    }
  }

  /// The kind of a number's last two bits.
  @inline(__always)
  static func numbered(_ number: Int64) -> Operation.Kind {
    switch number & 3 {
    case 0: .invoke
    case 1: .ok
    case 2: .fail
    default: .info
    }
  }
}
