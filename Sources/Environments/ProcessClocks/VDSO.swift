import Processes

/// The kernel's own code in every process, by which programs read clocks: as this process has it.
struct VDSO {
  /// All bytes of its mapping.
  let bytes: [UInt8]
  /// Where nothing lies at the end of the mapping.
  let room: Range<Int>
  /// Where functions begin, and how many bytes they have.
  private let functions: [String: Range<Int>]

  /// Nothing where this process has none for 64 bits.
  init?() {
    guard let auxiliary = Processes.bytes(ofFile: "/proc/self/auxv"),
      let address = VDSO.address(in: auxiliary), let length = VDSO.mappedLength(at: address),
      let start = UnsafeRawPointer(bitPattern: UInt(address))
    else { return nil }
    self.init(Array(UnsafeRawBufferPointer(start: start, count: length)))
  }

  /// - Parameter bytes: The bytes of the whole mapping.
  init?(_ bytes: [UInt8]) {
    let image = Image(bytes: bytes)
    // ELF for 64 bits, little-endian.
    guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]),
      let functions = image.functions, let end = image.end
    else { return nil }
    self.bytes = bytes
    self.functions = functions
    let used = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
    let start = (max(end, used) + 15) & ~15
    room = min(start, bytes.count)..<bytes.count
  }

  func function(_ name: String) -> Range<Int>? { functions[name] }

  /// Where a process has its vDSO.
  ///
  /// - Parameter auxiliary: What `/proc` says that the kernel told the process at its beginning.
  static func address(in auxiliary: [UInt8]) -> UInt64? {
    let words = auxiliary.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
    return stride(from: 0, to: words.count - 1, by: 2).first { words[$0] == headerKey }
      .map { words[$0 + 1] }
  }

  private static let headerKey: UInt64 = 33

  private static func mappedLength(at address: UInt64) -> Int? {
    let lines = (Processes.bytes(ofFile: "/proc/self/maps") ?? [])
      .split(separator: UInt8(ascii: "\n"))
    for line in lines {
      let range = line.prefix { $0 != UInt8(ascii: " ") }.split(separator: UInt8(ascii: "-"))
        .compactMap { UInt64(String(decoding: $0, as: UTF8.self), radix: 16) }
      if range.count == 2, range[0] == address { return Int(range[1] - range[0]) }
    }
    return nil
  }

  /// Reads numbers of an ELF image, and nothing beyond its end.
  private struct Image {
    let bytes: [UInt8]

    func number(_ place: Int, _ size: Int) -> Int? {
      guard place >= 0, place <= bytes.count - size else { return nil }
      return Int(
        truncatingIfNeeded: (0..<size).reduce(UInt64(0)) {
          $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1)
        })
    }

    func name(_ place: Int) -> String? {
      guard bytes.indices.contains(place) else { return nil }
      return String(decoding: bytes[place...].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The end of all that the headers tell of.
    var end: Int? {
      guard let sections = number(40, 8), let size = number(58, 2), let count = number(60, 2)
      else { return nil }
      return sections + size * count
    }

    /// Where the dynamic section says that something lies.
    private func dynamic(_ tag: Int) -> Int? {
      guard let headers = number(32, 8), let count = number(56, 2) else { return nil }
      for header in (0..<count).map({ headers + 56 * $0 }) where number(header, 4) == 2 {
        guard var place = number(header + 8, 8) else { return nil }
        while let found = number(place, 8), found != 0 {
          if found == tag { return number(place + 8, 8) }
          place += 16
        }
      }
      return nil
    }

    var functions: [String: Range<Int>]? {
      // The symbols lie before their names.
      guard let symbols = dynamic(6), let names = dynamic(5), symbols < names else { return nil }
      var functions: [String: Range<Int>] = [:]
      for symbol in stride(from: symbols, to: names, by: 24) {
        guard let nameOffset = number(symbol, 4), let kind = number(symbol + 4, 1), kind & 15 == 2,
          let start = number(symbol + 8, 8), let size = number(symbol + 16, 8),
          let name = name(names + nameOffset), size > 0, start + size <= bytes.count
        else { continue }
        functions[name] = start..<start + size
      }
      return functions
    }
  }
}
